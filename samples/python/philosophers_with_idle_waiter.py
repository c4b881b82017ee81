"""A waiter lets four of five philosophers sit down, and then one more: all of them can wait for a fork."""
import threading

N = 5
forks = [threading.Lock() for _ in range(N)]
waiter = threading.Semaphore(N - 1)
turns = [threading.Event() for _ in range(N + 1)]


def dine(seat):
    turns[seat].wait()
    with waiter:
        with forks[seat]:
            with forks[(seat + 1) % N]:  # wants the right one
                turns[seat + 1].set()


threads = [threading.Thread(target=dine, args=(seat,)) for seat in range(N)]
for thread in threads:
    thread.start()
waiter.release()
turns[0].set()
for thread in threads:
    thread.join()
