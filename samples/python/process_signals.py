"""Locks and queues of multiprocessing that processes hand to each other."""

import multiprocessing
import threading

JOBS = 20


def work(jobs, answers, begin, end):
    begin.wait()
    for job in iter(jobs.get, None):
        answers.put(job * 2)
    end.wait()


def release(lock):
    lock.release()


def feed(jobs):
    for number in range(JOBS):
        jobs.put(number)
    jobs.put(None)


def ask(context, answered, own):
    for _ in range(2):
        answered.acquire()
        with own:  # the other way round from below, but another process releases what was taken
            process = context.Process(target=release, args=(answered,))
            process.start()
            process.join()


def look(answered, own, asked):
    asked.wait()
    with own:
        answered.acquire()


def hand_over(context):
    answered, own, asked = context.Lock(), context.Lock(), threading.Event()
    looker = threading.Thread(target=look, args=(answered, own, asked))
    looker.start()
    asker = threading.Thread(target=ask, args=(context, answered, own))
    asker.start()
    asker.join()
    asked.set()
    looker.join()


def main(method):
    context = multiprocessing.get_context(method)
    jobs, answers = context.Queue(1), context.Queue(1)
    begin, end = context.Event(), context.Barrier(2)
    process = context.Process(target=work, args=(jobs, answers, begin, end))
    process.start()
    begin.set()
    feeder = threading.Thread(target=feed, args=(jobs,))
    feeder.start()
    assert sum(answers.get() for _ in range(JOBS)) == JOBS * (JOBS - 1)
    end.wait()
    feeder.join()
    process.join()
    hand_over(context)


if __name__ == "__main__":
    main("fork")
    main("spawn")
