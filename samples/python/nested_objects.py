"""Objects whose methods call each other, each under its own RLock."""
import threading


class Node:
    def __init__(self):
        self.lock = threading.RLock()  # made here
        self.other = None

    def update(self):
        with self.lock:  # update takes its own
            self.other.refresh()

    def refresh(self):
        with self.lock:  # refresh wants the other's
            pass


both = threading.Barrier(2)
a, b = Node(), Node()
a.other, b.other = b, a


def work(node):
    with node.lock:
        both.wait()
        node.update()


threads = [threading.Thread(target=work, args=(node,)) for node in (a, b)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
