"""The twin: a state under the lock, and a wait only while it is not set."""
import threading

ready = threading.Condition()
notified = threading.Event()
is_ready = False


def answer():
    global is_ready
    with ready:
        is_ready = True
        ready.notify()
    notified.set()


def ask():
    notified.wait()
    with ready:
        while not is_ready:
            ready.wait()


threads = [threading.Thread(target=work) for work in (ask, answer)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
