"""join() of a Queue whose consumer forgets to say that it is done."""
import queue
import threading

line = queue.Queue()  # made here


def consume():
    line.get()


threading.Thread(target=consume, daemon=True).start()
line.put(1)
line.join()  # joins
