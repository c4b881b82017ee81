"""Two threads take two locks in opposite order. Here one waits until the other is done, so it never hangs."""
import threading

paper = threading.Lock()  # paper is made
stamp = threading.Lock()
approved = threading.Event()


def approve():
    with paper:  # approve takes paper
        with stamp:  # approve wants stamp
            pass
    approved.set()


def archive():
    approved.wait()
    with stamp:  # archive takes stamp
        with paper:  # archive wants paper
            pass


threads = [threading.Thread(target=work) for work in (approve, archive)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
