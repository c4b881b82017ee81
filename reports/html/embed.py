#!/usr/bin/env python3
"""Put the page's style and script into a C file: embed.py OUTPUT FILE.css... FILE.js...

Files of a kind follow each other in the order given; all scripts share one strict scope. Both are
wrapped so that the page is well-formed XML too.
"""

import base64
import hashlib
import sys


def joined(paths):
    texts = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    return "".join(texts)


def array(name, text):
    data = text.encode() + b"\0"
    lines = [",".join(str(byte) for byte in data[i : i + 24]) for i in range(0, len(data), 24)]
    return f"const char {name}[] = {{\n" + ",\n".join(lines) + "};\n"


def checksum(name, text):
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f'const char {name}[] = "{digest}";\n'


def main(output, *paths):
    style = joined(path for path in paths if path.endswith(".css"))
    script = joined(path for path in paths if path.endswith(".js"))
    for text in style, script:
        if "]]>" in text or "</s" in text or not text.isascii():
            sys.exit(f"{paths}: ends its own element, or is not ASCII")
    style = f"/*<![CDATA[*/\n{style}/*]]>*/"
    script = f"//<![CDATA[\n(function () {{\n'use strict';\n{script}}}());\n//]]>"
    with open(output, "w", encoding="ascii") as file:
        file.write('/* Made by reports/html/embed.py. */\n#include "html_parts.h"\n\n')
        for name, text in ("style", style), ("script", script):
            file.write(array(f"lh_html_{name}", text))
            file.write(checksum(f"lh_html_{name}_sum", text))


if __name__ == "__main__":
    main(*sys.argv[1:])
