"""The twin: both threads take the locks in one order."""
import threading

paper = threading.Lock()
stamp = threading.Lock()


def work():
    for _ in range(100):
        with paper, stamp:
            pass


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
