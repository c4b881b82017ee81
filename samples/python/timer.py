"""A Timer, and one that is cancelled."""
import threading

done = threading.Event()
threading.Timer(0.01, done.set).start()
late = threading.Timer(1000, print)
late.start()
late.cancel()
done.wait()
