"""A task waits for another task of the pool, which has no thread left to run it."""
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(max_workers=1)


def inner():
    return 1


def outer():
    return pool.submit(inner).result()  # waits for inner


print(pool.submit(outer).result())  # waits for outer
