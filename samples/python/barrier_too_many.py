"""Three threads come to a Barrier for two: the third one waits for a fourth."""
import threading

pair = threading.Barrier(2)  # made here


def work():
    pair.wait()  # arrives


threads = [threading.Thread(target=work) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
