"""Each philosopher takes the left fork, and waits for the right one."""
import threading

N = 5
forks = [threading.Lock() for _ in range(N)]
all_sit = threading.Barrier(N)


def dine(seat):
    with forks[seat]:  # takes the left one
        all_sit.wait()
        with forks[(seat + 1) % N]:  # wants the right one
            pass


threads = [threading.Thread(target=dine, args=(seat,)) for seat in range(N)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
