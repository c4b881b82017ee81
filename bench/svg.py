"""The few shapes that the charts are made of."""

import math
from xml.sax.saxutils import escape


class LogAxis:
    """From values to places."""

    def __init__(self, low, high, start, end):
        self.low, self.high = math.log10(low), math.log10(max(high, low * 1.01))
        self.start, self.end = start, end

    def at(self, value):
        share = (math.log10(max(value, 1e-12)) - self.low) / (self.high - self.low)
        return self.start + min(1, max(0, share)) * (self.end - self.start)

    def ticks(self):
        """Powers of ten, and where there are few of them 2 and 5 times those."""
        steps = [1] if self.high - self.low > 3 else [1, 2, 5]
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        values = [step * 10.0**power for power in powers for step in steps]
        return [value for value in values if self.low - 1e-9 <= math.log10(value) <= self.high + 1e-9]


class Picture:
    def __init__(self, width, height):
        self.width, self.height = width, height
        self.shapes = []

    def line(self, x1, y1, x2, y2, colour, width=1):
        self.shapes.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'
        )

    def dot(self, x, y, colour):
        self.shapes.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>')

    def text(self, x, y, words, anchor="start", size=12):
        self.shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'
        )

    def legend(self, names, y):
        x = 190
        for name, colour in names:
            self.dot(x, y - 4, colour)
            self.text(x + 8, y, name)
            x += 30 + 7 * len(name)

    def write(self):
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            'font-family="sans-serif" fill="#222222">\n'
            f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>\n'
        )
        return head + "\n".join(self.shapes) + "\n</svg>\n"
