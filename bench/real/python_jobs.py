"""python_jobs.py COUNT: jobs (JSON, zlib, SHA-256) by a queue and by a pool; prints us for each."""
import concurrent.futures
import hashlib
import json
import queue
import sys
import threading
import time
import zlib

WORKERS = 4
DOCUMENT = {"name": "job", "values": list(range(200)), "text": "all work and no play " * 40}


class Totals:
    def __init__(self):
        self.lock = threading.Lock()
        self.jobs = self.bytes = 0

    def add(self, size):
        with self.lock:
            self.jobs += 1
            self.bytes += size


def work(number, totals):
    text = json.dumps(dict(DOCUMENT, number=number)).encode()
    packed = zlib.compress(text, 6)
    hashlib.sha256(text * 8).hexdigest()
    assert json.loads(zlib.decompress(packed))["number"] == number
    totals.add(len(packed))


def serve(jobs, totals):
    for number in iter(jobs.get, None):
        work(number, totals)
        jobs.task_done()


def by_queue(count, totals):
    jobs = queue.Queue(maxsize=64)
    threads = [threading.Thread(target=serve, args=(jobs, totals)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for number in range(count):
        jobs.put(number)
    jobs.join()
    for _ in threads:
        jobs.put(None)
    for thread in threads:
        thread.join()


def by_pool(count, totals):
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for future in [pool.submit(work, number, totals) for number in range(count)]:
            future.result()


def measure(count):
    totals = Totals()
    begin = time.perf_counter()
    by_queue(count // 2, totals)
    by_pool(count - count // 2, totals)
    assert totals.jobs == count
    return (time.perf_counter() - begin) / count * 1e6


print(measure(int(sys.argv[1])))
