#!/usr/bin/env python3
"""
The markup of HTML reports, read by a strict parser: the pages are well-formed XML as well.

    html_markup.py LOCKHOUND HTML_WRITE BUILD_FOLDER
"""

import base64
import hashlib
import json
import re
import sys
import xml.etree.ElementTree as tree

import harness
from harness import require
from html_pages import MADE, Pages

XHTML = "{http://www.w3.org/1999/xhtml}"
LARGEST = 2_000_000
# Everything that the markup is made of, without the picture of the graph.
ELEMENTS = set(
    "html head meta title style body a header h1 h2 h3 span nav ul li div main section p b i code "
    "details summary dl dt dd noscript script aside table thead tbody tr th td ol".split()
)


def texts_of(root, name):
    return ["".join(element.itertext()) for element in root.iter(XHTML + name)]


def checksum(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def inner(page, name):
    """The text between tags as a browser sees it, byte for byte."""
    return re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)


def check_policy(page, root):
    policy = next(meta.get("content") for meta in root.iter(XHTML + "meta") if meta.get("http-equiv"))
    require("default-src 'none'" in policy and "unsafe" not in policy, f"policy: {policy}")
    for name in "script", "style":
        (text,) = inner(page, name)
        require(f"{name}-src 'sha256-{checksum(text)}'" in policy, f"the {name}'s sum is not in: {policy}")


def check_elements(root):
    for element in root.iter():
        if element.tag.startswith("{http://www.w3.org/2000/svg}"):
            continue
        require(element.tag.removeprefix(XHTML) in ELEMENTS, f"element {element.tag}")
        for attribute in element.keys():
            require(not attribute.startswith("on") and attribute != "style", f"{element.tag} {attribute}")
    for element in root.iter():
        for attribute, value in element.items():
            if attribute.split("}")[-1] in ("href", "src"):
                require(value.startswith("#"), f"{element.tag} leads to {value}")


def check_links(root):
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    require(len(ids) == len(set(ids)), "an id is there twice")
    for link in root.iter(XHTML + "a"):
        require(not link.get("href") or link.get("href")[1:] in ids, f"a link to nowhere: {link.get('href')}")


def numbers_in_range(data):
    stacks, locks, frames = len(data["stacks"]), len(data["locks"]), len(data["frames"])
    shown = [one for one in data["filtered"] if one]
    for finding in data["findings"] + shown + data["suppressed"] + data["timeout"]:
        for thread in finding[0]:
            for held in thread[4] + ([thread[5]] if thread[5] else []):
                require(held[0] is None or held[0] < locks, f"lock {held[0]} of {locks}")
                require(held[1] is None or held[1] < stacks, f"stack {held[1]} of {stacks}")
    for stack in data["stacks"]:
        require(all(frame < frames for frame in stack[2:]), f"{stack} of {frames} frames")
    for frame in data["frames"]:
        require(len(frame) < 4 or frame[3] < len(data["excerpts"]), f"frame {frame}")


def check(path):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    try:
        root = tree.fromstring(page)
    except tree.ParseError as broken:
        raise harness.Failure(f"{path} is not well-formed: {broken}") from broken
    check_policy(page, root)
    check_elements(root)
    check_links(root)
    data = json.loads(next(s.text for s in root.iter(XHTML + "script") if s.get("id") == "data"))
    for letter, name in ("f", "findings"), ("u", "suppressed"), ("t", "timeout"):
        shown = [one for one in root.iter(XHTML + "details") if (one.get("id") or "").startswith(letter)]
        require(len(data[name]) == len(shown), f"cards and data differ: {name}")
    numbers_in_range(data)
    require(len(page.encode()) < LARGEST, f"{path} has {len(page)} characters")
    return root, page


def pages_are_well_formed_and_lead_nowhere_else(pages):
    for name in MADE:
        check(pages.made(name))
    check(pages.filtered())


def a_real_inversion_is_told_with_its_source_lines(pages):
    root, page = check(pages.inversion())
    require("It can deadlock." in texts_of(root, "h2"), "the verdict")
    require(any("drum (opposite_order.c:9)" in text for text in texts_of(root, "h3")), "the message")
    require("pthread_mutex_lock(\\u0026drum);" in page, "the source lines")
    require("exit status 0" in page and "opposite_order.c:17" in page, "exit status and place")


def names_that_are_markup_stay_names(pages):
    root, page = check(pages.hostile_program())
    require("&lt;b id=injected&gt;" in page, "the thread's name is not there")
    require("<b id=injected" not in page and "<img" not in page and "<svg onload" not in page, "a name is markup")
    require(len(texts_of(root, "script")) == 2, "another script")


TESTS = (
    pages_are_well_formed_and_lead_nowhere_else,
    a_real_inversion_is_told_with_its_source_lines,
    names_that_are_markup_stay_names,
)


def main():
    def test(folder):
        pages = Pages(*sys.argv[1:4], folder)
        for one in TESTS:
            one(pages)

    return harness.main(test, "html_markup")


if __name__ == "__main__":
    sys.exit(main())
