"""A Lock taken twice by one thread."""
import threading

lock = threading.Lock()


def inner():
    with lock:  # inner wants it
        return 1


def outer():
    with lock:  # outer takes it
        return inner()


thread = threading.Thread(target=outer)
thread.start()
thread.join()
