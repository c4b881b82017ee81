"""Writers take turns, by a Condition and whose turn it is: 2, 3 and 4 of them."""
import threading


def write(turns, number, count):
    for _ in range(20):
        with turns["changed"]:
            turns["changed"].wait_for(lambda: turns["turn"] == number)
            turns["turn"] = (number + 1) % count
            turns["changed"].notify_all()


for count in (2, 3, 4):
    turns = {"turn": 0, "changed": threading.Condition()}
    threads = [threading.Thread(target=write, args=(turns, number, count)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
