"""A pool inside a thread, and threads inside a pool."""
import threading
from concurrent.futures import ThreadPoolExecutor

total = 0
lock = threading.Lock()


def add(number):
    global total
    with lock:
        total += number


def use_threads(number):
    thread = threading.Thread(target=add, args=(number,))
    thread.start()
    thread.join()


def use_pool():
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(use_threads, range(10)))


thread = threading.Thread(target=use_pool)
thread.start()
thread.join()
print(total)
