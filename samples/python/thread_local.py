"""Each thread has data of its own."""
import threading

own = threading.local()


def work(number):
    own.value = number
    for _ in range(100):
        own.value += 1


threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
