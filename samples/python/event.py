"""An Event in place of a Condition: who comes late does not wait."""
import threading

started = threading.Event()


def work():
    started.wait()


threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
started.set()
for thread in threads:
    thread.join()
