"""A dialogue over a Condition in which the answer comes before the question is waited for."""
import threading

ready = threading.Condition()  # made here
notified = threading.Event()


def answer():
    with ready:
        ready.notify()  # notifies in vain
    notified.set()


def ask():
    notified.wait()
    with ready:
        ready.wait()  # waits for ever


threads = [threading.Thread(target=work) for work in (ask, answer)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
