"""Two threads take two Semaphores of 1 in opposite order, and meet."""
import threading

paper = threading.Semaphore()
stamp = threading.BoundedSemaphore(1)
both = threading.Barrier(2)


def approve():
    with paper:  # approve takes paper
        both.wait()
        with stamp:  # approve wants stamp
            pass


def archive():
    with stamp:  # archive takes stamp
        both.wait()
        with paper:  # archive wants paper
            pass


threads = [threading.Thread(target=work) for work in (approve, archive)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
