"""Two threads take two locks in opposite order, but the first has ended when the other begins: silent."""
import threading

paper = threading.Lock()
stamp = threading.Lock()


def approve():
    with paper:  # approve takes paper
        with stamp:  # approve wants stamp
            pass


def archive():
    with stamp:  # archive takes stamp
        with paper:  # archive wants paper
            pass


for work in (approve, archive):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
