"""Two threads of a forked process take locks of multiprocessing in opposite order."""

import multiprocessing
import threading


class Store:
    def __init__(self, context):
        self.lock = context.Lock()
        self.index = context.RLock()


def add(store, done):
    with store.lock:
        with store.index:  # add wants the index
            done.set()


def rebuild(store, done):
    done.wait()
    with store.index:
        store.lock.acquire()  # rebuild wants the lock
        store.lock.release()


def work(store):
    done = threading.Event()
    threads = [threading.Thread(target=function, args=(store, done)) for function in (add, rebuild)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(method):
    context = multiprocessing.get_context(method)
    store = Store(context)
    process = context.Process(target=work, args=(store,))
    process.start()
    process.join()


if __name__ == "__main__":
    main("fork")
