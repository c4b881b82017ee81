"""A daemon thread waits, and holds a lock, when the program ends."""
import threading

lock = threading.Lock()
begun = threading.Event()
never = threading.Event()


def work():
    with lock:
        begun.set()
        never.wait()


threading.Thread(target=work, daemon=True).start()
begun.wait()
