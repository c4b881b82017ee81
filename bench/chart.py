"""Charts as SVG, with nothing but text."""

import os

import svg

COLOURS = {
    "bare": "#444444", "nop": "#999999", "lockhound": "#0072b2", "full": "#56b4e9",
    "tsan": "#e69f00", "helgrind": "#d55e00", "drd": "#cc79a7",
}


def ratios(rows, part, quantity, title):
    """A line a case, a dot a setup at its ratio to bare, a bar from quartile to quartile."""
    chosen = [row for row in rows.of(part, quantity) if row.ratio is not None and row.setup != "bare"]
    cases = list(dict.fromkeys(row.case for row in chosen))
    if not cases:
        return None
    most = max(row.ratio_high for row in chosen)
    axis = svg.LogAxis(0.5, max(10, most), 190, 860)
    height = 70 + 20 * len(cases)
    picture = svg.Picture(900, height + 30)
    picture.text(10, 20, title, size=15)
    for value in axis.ticks():
        picture.line(axis.at(value), 50, axis.at(value), height - 10, "#dddddd" if value != 1 else "#444444")
        picture.text(axis.at(value), height + 5, f"{value:g}x", anchor="middle")
    for i, case in enumerate(cases):
        y = 65 + 20 * i
        picture.text(180, y + 4, case, anchor="end")
        for row in chosen:
            if row.case == case:
                colour = COLOURS.get(row.setup, "#000000")
                picture.line(axis.at(row.ratio_low), y, axis.at(row.ratio_high), y, colour, 2)
                picture.dot(axis.at(row.ratio), y, colour)
    picture.legend([(name, COLOURS.get(name, "#000000")) for name in dict.fromkeys(row.setup for row in chosen)], 38)
    return picture.write()


def growth(title, x_name, y_name, series):
    """Lines in a log-log plane; `series`: {name: [(x, y), ...]}."""
    points = [point for line in series.values() for point in line]
    if not points:
        return None
    x_axis = svg.LogAxis(min(x for x, _ in points), max(x for x, _ in points), 80, 700)
    y_axis = svg.LogAxis(min(y for _, y in points), max(y for _, y in points), 420, 70)
    picture = svg.Picture(760, 480)
    picture.text(10, 20, title, size=15)
    for value in x_axis.ticks():
        picture.line(x_axis.at(value), 70, x_axis.at(value), 420, "#dddddd")
        picture.text(x_axis.at(value), 438, f"{value:g}", anchor="middle")
    for value in y_axis.ticks():
        picture.line(80, y_axis.at(value), 700, y_axis.at(value), "#dddddd")
        picture.text(74, y_axis.at(value) + 4, f"{value:g}", anchor="end")
    picture.text(390, 465, x_name, anchor="middle")
    picture.text(80, 62, y_name)
    names = []
    for colour, (name, line) in zip(list(COLOURS.values())[2:] * 3, series.items()):
        spots = [(x_axis.at(x), y_axis.at(y)) for x, y in sorted(line)]
        for (x1, y1), (x2, y2) in zip(spots, spots[1:]):
            picture.line(x1, y1, x2, y2, colour, 2)
        for x, y in spots:
            picture.dot(x, y, colour)
        names.append((name, colour))
    picture.legend(names, 42)
    return picture.write()


def write_all(rows, folder):
    """Writes what there are rows for; the paths."""
    wanted = {
        "micro.svg": ratios(rows, "micro", "cpu", "Processor time of one operation, times that of the bare program"),
        "programs.svg": ratios(rows, "programs", "cpu", "Processor time of programs, times that of the bare program"),
    }
    for row in rows:
        if row.part.startswith("growth/"):
            wanted.setdefault(row.part.split("/")[1] + ".svg", row.part)
    paths = []
    for name, text in wanted.items():
        if text and text.startswith("growth/"):
            text = growth_of(rows, text)
        if text:
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "w", encoding="utf-8") as out:
                out.write(text)
    return paths


def growth_of(rows, part):
    """Rows of a part growth/NAME: case is the x, setup the line."""
    chosen = rows.of(part)
    series = {}
    for row in chosen:
        if row.median and row.median > 0:
            series.setdefault(f"{row.setup}, {row.unit}", []).append((float(row.case), row.median))
    return growth(chosen[0].note, chosen[0].quantity, "", series)
