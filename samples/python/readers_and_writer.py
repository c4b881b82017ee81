"""Readers and a writer by semaphores: the first reader takes the room, the last one releases it.

One reader comes after the other, so each is the first and the last."""
import threading

counter = threading.Semaphore(1)
room = threading.Semaphore(1)
turns = [threading.Event() for _ in range(4)]
readers = 0


def read(turn):
    global readers
    turns[turn].wait()
    counter.acquire()
    readers += 1
    if readers == 1:
        room.acquire()
    counter.release()
    counter.acquire()
    readers -= 1
    if readers == 0:
        room.release()
    counter.release()
    turns[turn + 1].set()


def write(turn):
    turns[turn].wait()
    room.acquire()
    room.release()
    turns[turn + 1].set()


threads = [threading.Thread(target=work, args=(turn,)) for turn, work in enumerate((read, write, read))]
for thread in threads:
    thread.start()
turns[0].set()
for thread in threads:
    thread.join()
