"""What was measured: rows of one case under one setup, with medians and quartiles; as TSV."""

import statistics

HEAD = [
    "part", "case", "setup", "quantity", "unit", "repetitions", "quartile1", "median", "quartile3",
    "ratio_quartile1", "ratio_median", "ratio_quartile3", "note",
]


def quartiles(values):
    if len(values) == 1:
        return values[0], values[0], values[0]
    first, middle, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, middle, third


class Row:
    """`values`: one a repetition; `bare`: those of the bare program in the same repetitions."""

    def __init__(self, part, case, setup, quantity, unit, values, bare=None, note=""):
        self.part, self.case, self.setup = part, case, setup
        self.quantity, self.unit, self.note = quantity, unit, note
        self.count = len(values)
        self.low, self.median, self.high = quartiles(values) if values else (None, None, None)
        self.ratio_low = self.ratio = self.ratio_high = None
        pairs = [one / base for one, base in zip(values, bare or []) if base > 0]
        if pairs:
            self.ratio_low, self.ratio, self.ratio_high = quartiles(pairs)

    def cells(self):
        numbers = [self.low, self.median, self.high, self.ratio_low, self.ratio, self.ratio_high]
        words = ["" if one is None else f"{one:.6g}" for one in numbers]
        return [self.part, self.case, self.setup, self.quantity, self.unit, str(self.count), *words, self.note]


class Rows(list):
    def of(self, part, quantity=None):
        return [row for row in self if row.part == part and quantity in (None, row.quantity)]

    def find(self, part, case, setup, quantity):
        for row in self:
            if (row.part, row.case, row.setup, row.quantity) == (part, case, setup, quantity):
                return row
        return None


def write_tsv(rows, path):
    with open(path, "w", encoding="utf-8") as out:
        out.write("\t".join(HEAD) + "\n")
        for row in rows:
            out.write("\t".join(row.cells()) + "\n")


def number(value):
    """Three digits that matter, and not more."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def ratio(row):
    """`1.9 (1.8-2.0)`: median and quartiles; of one repetition just that."""
    if row is None or row.ratio is None:
        return row.note if row is not None and row.note else "-"
    if row.count == 1:
        return number(row.ratio)
    return f"{number(row.ratio)} ({number(row.ratio_low)}-{number(row.ratio_high)})"


def print_table(head, lines):
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    for line in [head, *lines]:
        cells = [line[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:])]
        print("  " + "  ".join(cells).rstrip(), flush=True)
