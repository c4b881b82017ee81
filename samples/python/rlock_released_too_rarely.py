"""An RLock taken twice and released once by a thread that ends."""
import threading

lock = threading.RLock()


def work():
    lock.acquire()  # takes it
    lock.acquire()
    lock.release()


thread = threading.Thread(target=work)
thread.start()
thread.join()
print("free" if lock.acquire(blocking=False) else "taken")
