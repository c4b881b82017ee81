"""The main thread joins a worker while it holds the lock that the worker wants."""
import threading

lock = threading.Lock()


def work():
    with lock:  # work wants it
        pass


thread = threading.Thread(target=work)
with lock:  # main takes it
    thread.start()
    thread.join()  # main joins
