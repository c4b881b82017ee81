"""Two threads take two locks in opposite order; the second waits until the first is done."""
import threading


class Account:
    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()  # made here


def transfer(source, target):
    source.lock.acquire()  # takes source
    target.lock.acquire()  # wants target
    target.lock.release()
    source.lock.release()


def later(source, target):
    first_done.wait()
    transfer(source, target)


def first(source, target):
    transfer(source, target)
    first_done.set()


first_done = threading.Event()
a, b = Account("a"), Account("b")
threads = [threading.Thread(target=first, args=(a, b)), threading.Thread(target=later, args=(b, a))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
