"""python_lock.py COUNT: `with lock: pass` so often; prints ns for each."""
import sys
import threading
import time


def measure(count):
    lock = threading.Lock()
    begin = time.perf_counter()
    for _ in range(count):
        with lock:
            pass
    return (time.perf_counter() - begin) / count * 1e9


print(measure(int(sys.argv[1])))
