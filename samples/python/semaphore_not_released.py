"""Three threads take a place each, and two places are all there are."""
import threading

places = threading.Semaphore(2)  # made here


def work():
    places.acquire()  # takes a place


threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
