"""An RLock released once more than taken: Python itself says so."""
import threading

lock = threading.RLock()


def work():
    lock.acquire()
    lock.release()
    try:
        lock.release()
    except RuntimeError as error:
        print(error)


thread = threading.Thread(target=work)
thread.start()
thread.join()
