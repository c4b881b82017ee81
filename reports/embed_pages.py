#!/usr/bin/env python3
"""Make a C file of the pages of docs/kinds/: embed_pages.py KINDS.DEF PAGE... > FILE.

A kind without a page, and a page without a kind, is an error: the build stops.
"""

import os
import re
import sys


def literal(text):
    """A C string literal, one line of source a line of text."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("?", "\\?")
    lines = escaped.encode("ascii", "strict").decode().splitlines()
    return "\n".join(f'        "{line}\\n"' for line in lines)


def main():
    table, *paths = sys.argv[1:]
    with open(table, encoding="utf-8") as file:
        kinds = dict(re.findall(r'^KIND\((\w+), "([a-z-]+)"', file.read(), re.MULTILINE))
    pages = {}
    for path in paths:
        with open(path, encoding="utf-8") as file:
            pages[os.path.basename(path).removesuffix(".md")] = file.read()
    problems = [f"{name}: no page docs/kinds/{name}.md" for name in kinds.values() if name not in pages]
    problems += [f"docs/kinds/{name}.md: no such kind" for name in pages if name not in kinds.values()]
    if problems:
        sys.exit("\n".join(problems))
    print('#include "kind_pages.h"\n\nconst char *lh_kind_page(enum lh_kind kind)\n{')
    print("    static const char *const pages[LH_KINDS] = {")
    for constant, name in kinds.items():
        print(f"        [LH_KIND_{constant}] =\n{literal(pages[name])},")
    print('    };\n\n    return (unsigned)kind < LH_KINDS ? pages[kind] : "";\n}')


if __name__ == "__main__":
    main()
