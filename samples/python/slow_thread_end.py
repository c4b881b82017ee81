"""join() returns when a thread has ended for Python: here the C library never gets done with it.

A destructor of thread-local data, called after Python's part of the end, sleeps for ever."""
import ctypes
import threading

lock = threading.Lock()
rlock = threading.RLock()
c_library = ctypes.CDLL(None)
key = ctypes.c_uint()
assert c_library.pthread_key_create(ctypes.byref(key), c_library.pause) == 0


def work():
    c_library.pthread_setspecific(key, ctypes.c_void_p(1))
    lock.acquire()  # takes the lock
    rlock.acquire()  # takes the rlock


thread = threading.Thread(target=work, daemon=True)
thread.start()
thread.join()
print("taken" if lock.locked() else "free")
