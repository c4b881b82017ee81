"""Many threads that take one lock inside another: what the interpreter does meanwhile is no news."""
import threading

outer = threading.Lock()
inner = threading.Lock()


def work():
    for _ in range(30):
        with outer:
            with inner:
                sum(range(1000))


for _ in range(8):
    threads = [threading.Thread(target=work) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
