"""A thread ends without releasing its Lock, and the next one waits for it."""
import threading

lock = threading.Lock()


def careless():
    lock.acquire()  # takes it


def waiter():
    lock.acquire()  # waits for ever


for work in (careless, waiter):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
