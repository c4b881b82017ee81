"""Depositors wait for room in an account from which its only drawer draws no more."""
import threading


class Account:
    LIMIT = 100

    def __init__(self):
        self.balance = 0
        self.changed = threading.Condition()  # made here

    def deposit(self, amount):
        with self.changed:
            while self.balance + amount > self.LIMIT:
                self.changed.wait()  # waits for room
            self.balance += amount
            self.changed.notify_all()

    def draw(self, amount):
        with self.changed:
            while self.balance < amount:
                self.changed.wait()
            self.balance -= amount
            self.changed.notify_all()


def deposit_often(account):
    for _ in range(10):
        account.deposit(30)  # deposits


def draw_sometimes(account):
    for _ in range(3):
        account.draw(50)


account = Account()
threads = [threading.Thread(target=deposit_often, args=(account,)) for _ in range(2)]
threads.append(threading.Thread(target=draw_sometimes, args=(account,)))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
