"""Three items are put into a Queue for two, and nobody gets one."""
import queue
import threading

line = queue.Queue(2)  # made here


def fill():
    for number in range(3):
        line.put(number)  # puts


thread = threading.Thread(target=fill)
thread.start()
thread.join()
