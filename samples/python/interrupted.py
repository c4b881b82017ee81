"""Ctrl-C ends a wait for an Event, as ever."""
import os
import signal
import threading

signal.signal(signal.SIGINT, signal.default_int_handler)  # also where it was ignored
never = threading.Event()
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    never.wait()
except KeyboardInterrupt:
    print("interrupted")
