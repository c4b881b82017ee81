"""Four threads share two places."""
import threading

places = threading.Semaphore(2)
bounded = threading.BoundedSemaphore(1)


def work():
    for _ in range(20):
        with places:
            with bounded:
                pass


threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
