"""A Lock released by another thread than the one that took it: a signal, which Python allows."""
import threading

signal = threading.Lock()
signal.acquire()


def work():
    signal.release()


thread = threading.Thread(target=work)
thread.start()
signal.acquire()
thread.join()
