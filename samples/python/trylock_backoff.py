"""Who cannot have the second lock at once gives back the first: no deadlock."""
import threading

paper = threading.Lock()
stamp = threading.Lock()


def approve():
    with paper:
        if stamp.acquire(blocking=False):
            stamp.release()


def archive():
    with stamp:
        if paper.acquire(False):
            paper.release()


for work in (approve, archive):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
