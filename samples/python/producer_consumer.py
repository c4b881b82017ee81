"""Producer and consumer over a Condition, and over a Queue: both end."""
import queue
import threading

items = []
changed = threading.Condition()
line = queue.Queue(2)


def produce():
    for number in range(50):
        with changed:
            while len(items) >= 2:
                changed.wait()
            items.append(number)
            changed.notify()
        line.put(number)
    line.put(None)


def consume():
    for _ in range(50):
        with changed:
            while not items:
                changed.wait()
            items.pop()
            changed.notify()
        line.get()
        line.task_done()
    line.get()


threads = [threading.Thread(target=work) for work in (produce, consume)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
