"""fork() while another thread holds a lock: in the child it stays locked for ever."""
import os
import threading

lock = threading.Lock()
taken = threading.Event()
forked = threading.Event()


def work():
    with lock:  # work takes it
        taken.set()
        forked.wait()


thread = threading.Thread(target=work)
thread.start()
taken.wait()
child = os.fork()
if child == 0:
    lock.acquire(timeout=0.1)  # the child wants it
    os._exit(0)
forked.set()
os.waitpid(child, 0)
thread.join()
