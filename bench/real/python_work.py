"""python_work.py COUNT: workers take texts from a queue and count their words under a lock."""

import collections
import queue
import sys
import threading

TEXT = "the quick brown fox jumps over the lazy dog and the dog sleeps on " * 20


def work(texts, counts, lock):
    while True:
        text = texts.get()
        if text is None:
            return
        found = collections.Counter(text.split())
        with lock:
            counts.update(found)


def main():
    texts, counts, lock = queue.Queue(maxsize=16), collections.Counter(), threading.Lock()
    workers = [threading.Thread(target=work, args=(texts, counts, lock)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for i in range(int(sys.argv[1])):
        texts.put(f"{TEXT} {i % 100}")
    for _ in workers:
        texts.put(None)
    for worker in workers:
        worker.join()
    print(counts["the"])


main()
