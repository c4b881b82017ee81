"""A lock of multiprocessing that a thread takes while it holds it."""

import multiprocessing

lock = multiprocessing.Lock()


def inner():
    with lock:  # inner wants it
        pass


def outer():
    with lock:
        inner()


if __name__ == "__main__":
    outer()
