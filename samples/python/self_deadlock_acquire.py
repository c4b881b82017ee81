"""A Lock taken twice by the only thread."""
import threading

lock = threading.Lock()
lock.acquire()  # first
lock.acquire()  # second
