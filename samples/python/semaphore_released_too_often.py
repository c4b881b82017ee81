"""A BoundedSemaphore released once too often: Python itself says so."""
import threading

places = threading.BoundedSemaphore(1)
with places:
    pass
try:
    places.release()
except ValueError as error:
    print(error)
