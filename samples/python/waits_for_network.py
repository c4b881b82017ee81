"""A chat thread waits for a datagram when the timeout of the run ends it all: no finding."""
import socket
import threading

chat = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
chat.bind(("127.0.0.1", 0))


def listen():
    chat.recvfrom(1024)


thread = threading.Thread(target=listen)
thread.start()
thread.join()
