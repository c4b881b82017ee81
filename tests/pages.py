#!/usr/bin/env python3
"""Hold the pages to the program: tables of names, the options that `lockhound help` lists, fields of JSON.

Usage: pages.py SOURCE_ROOT LOCKHOUND
"""

import os
import re
import subprocess
import sys


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def rows(text, macro):
    """The arguments of each row of a .def table; none of ours has a comma in its first three."""
    return [
        [field.strip().strip('"') for field in row.split(",", 3)]
        for row in re.findall(rf"^{macro}\((.*)\)", text, re.MULTILINE)
    ]


def options_of_library(root):
    page = read(root, "docs", "man", "liblockhound.7")
    entries = dict(re.findall(r"^\.It Cm (\w+)(.*?)(?=^\.(?:It|El))", page, re.MULTILINE | re.DOTALL))
    table = rows(read(root, "trace", "options.def"), "OPTION")
    for _, name, default, _ in table:
        if name not in entries:
            yield f"liblockhound.7 does not describe the option {name}"
        elif not re.search(rf"^Default:(\n\.Pa)? {re.escape(default)}", entries[name], re.MULTILINE):
            yield f"liblockhound.7 does not give {default} as the default of {name}"
    for name in entries.keys() - {name for _, name, *_ in table}:
        yield f"liblockhound.7 describes {name}, which is no option"


def filters(root):
    page = read(root, "docs", "man", "lockhound.1")
    for _, name, *_ in rows(read(root, "analyzer", "filters.def"), "FILTER"):
        if name not in page:
            yield f"lockhound.1 does not name the filter {name}"


def listed_options(text):
    """Of the list of options alone: the examples have other programs' options."""
    return set(re.findall(r"^  (?:-\w, |    )--([a-z][a-z-]+)", text, re.MULTILINE)) - {"help"}


def commands(lockhound):
    """As `lockhound help` lists them."""
    result = subprocess.run([lockhound, "help"], stdout=subprocess.PIPE, text=True, check=True)
    listed = result.stdout.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines() if line.split()[0] != "help"]


def pages_of_commands(root, lockhound):
    overview = read(root, "docs", "man", "lockhound.1")
    installed = read(root, "docs", "meson.build")
    for command in commands(lockhound):
        if f".It Xr lockhound-{command} 1" not in overview:
            yield f"lockhound.1 does not name the command {command}"
        if f"'man/lockhound-{command}.1'" not in installed:
            yield f"docs/meson.build does not install lockhound-{command}.1"


def options_of_commands(root, lockhound):
    for command in commands(lockhound):
        result = subprocess.run(
            [lockhound, "help", command], stdout=subprocess.PIPE, text=True, check=True
        )
        page = read(root, "docs", "man", f"lockhound-{command}.1")
        described = set()
        for items in re.findall(r"^\.It (Fl .*)$", page, re.MULTILINE):
            described |= set(re.findall(r"Fl -([a-z][a-z-]+)", items))
        listed = listed_options(result.stdout)
        for option in listed - described:
            yield f"lockhound-{command}.1 does not describe --{option}"
        for option in described - listed:
            yield f"lockhound-{command}.1 describes --{option}, which `lockhound help {command}` lacks"


def fields_of_json(root):
    """Every field that the code puts into a report."""
    page = read(root, "docs", "json.md")
    for name in sorted(os.listdir(os.path.join(root, "reports"))):
        if not re.match(r"(json|locks).*\.c$", name):
            continue
        text = re.sub(r"\s+", " ", read(root, "reports", name))
        for field in re.findall(r'lh_json_put\( ?\w+, "(\w+)"', text):
            if f"`{field}`" not in page:
                yield f"docs/json.md does not describe the field {field} of {name}"


def main():
    root, lockhound = sys.argv[1:]
    problems = [
        *options_of_library(root),
        *filters(root),
        *pages_of_commands(root, lockhound),
        *options_of_commands(root, lockhound),
        *fields_of_json(root),
    ]
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
