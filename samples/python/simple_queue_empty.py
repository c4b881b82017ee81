"""The worker waits for more work than it gets."""
import queue
import threading

line = queue.SimpleQueue()  # made here


def work():
    for _ in range(3):
        line.get()  # gets


thread = threading.Thread(target=work)
thread.start()
line.put(1)
line.put(2)
thread.join()
