"""One line on a terminal that says what is being measured; nothing elsewhere."""

import sys


class Progress:
    def __init__(self):
        self.on = sys.stderr.isatty()

    def say(self, text):
        if self.on:
            sys.stderr.write("\r\033[K" + text[:100])
            sys.stderr.flush()

    def clear(self):
        if self.on:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
