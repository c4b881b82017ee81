"""A thread waits for an Event that nobody sets."""
import threading

started = threading.Event()  # made here


def work():
    started.wait()  # waits for ever


thread = threading.Thread(target=work)
thread.start()
thread.join()
