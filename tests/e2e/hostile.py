#!/usr/bin/env python3
"""
A program whose every name is hostile - file, threads, functions, sources, a semaphore, a template of
more than 10,000 characters - recorded and reported in every format. What comes out is read back by
parsers, and carries the names as text.

    hostile.py LOCKHOUND SCHEMA
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as tree

import harness
import html_markup
from harness import Skip, require

FINDINGS = 66
# Markup, entities, commands of GitHub, of terminals, what is no UTF-8, what XML cannot say.
EVIL = (b"</script><b a='1' c=\"2\">&amp;&#0; ]]> --> %0A::error::x, y: z\n::warning::w\r\t"
        b"\x1b[31m\x01\x7f \xff\xc3( \xe2\x80\xae \xef\xbf\xbe \\u0000 ${{ x }} $(id) `id`")
PIECE = "</script><b a='1' c=\"2\">&amp;&#0; ]]> -->"
LONG = 10000

SOURCE = rb"""
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

template <class A, class B> struct both {};
template <int N> struct deep { typedef both<typename deep<N - 1>::type, typename deep<N - 1>::type> type; };
template <> struct deep<0> { typedef int type; };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t *semaphore;
static int turn;
LINE
template <class T> __attribute__((noinline)) void mutex_first()
{
    pthread_mutex_lock(&mutex);
    sem_wait(semaphore);
    sem_post(semaphore);
    pthread_mutex_unlock(&mutex);
}

extern "C" __attribute__((noinline)) void semaphore_first()
{
    sem_wait(semaphore);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    sem_post(semaphore);
}

extern "C" void *one(void *unused)
{
    pthread_setname_np(pthread_self(), "<b>\"'&\n\x1b[1m\xff]]>");
    mutex_first<deep<10>::type>();
    __atomic_store_n(&turn, 1, __ATOMIC_RELEASE); /* pairs with the load in two */
    return unused;
}

extern "C" void *two(void *unused)
{
    pthread_setname_np(pthread_self(), "::error::%0A,x");
    while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    semaphore_first();
    return unused;
}

int main(int, char **argv)
{
    pthread_t threads[2];

    semaphore = sem_open(argv[1], O_CREAT | O_EXCL, 0600, 1);
    if (semaphore == SEM_FAILED)
        return 1;
    sem_unlink(argv[1]);
    pthread_create(&threads[0], nullptr, one, nullptr);
    pthread_create(&threads[1], nullptr, two, nullptr);
    pthread_join(threads[0], nullptr);
    pthread_join(threads[1], nullptr);
    sem_close(semaphore);
    return 0;
}
"""


class Place:
    def __init__(self, lockhound, schema, folder):
        self.lockhound = os.path.abspath(lockhound)
        self.schema = os.path.abspath(schema)
        self.folder = os.fsencode(folder)
        self.evil = EVIL.replace(b"/", b"|")

    def path(self, name):
        return os.path.join(self.folder, name)

    def call(self, *words, status=0):
        done = subprocess.run(words, capture_output=True, cwd=self.folder, timeout=harness.PATIENCE, check=False,
                              stdin=subprocess.DEVNULL)
        ended = harness.Ended(harness.exit_status(done.returncode), done.stdout, done.stderr)
        require(ended.exit == status, f"{words[:3]}\n{ended.show()}")
        return ended

    def build(self, debug):
        """With debug data the sources are hostile, without it the symbols are."""
        compiler, objcopy = shutil.which("c++"), shutil.which("objcopy")
        if not compiler or not objcopy:
            raise Skip("no C++ compiler or no objcopy")
        evil = "".join(f"\\{byte:03o}" for byte in b"/src/" + EVIL + b".c").encode()
        with open(self.path(b"hostile.cpp"), "wb") as file:
            file.write(SOURCE.replace(b"LINE", b'#line 7 "' + evil + b'"'))
        self.call(compiler, "-O1", "-w", *(["-g"] if debug else []), "-pthread", "-c", "hostile.cpp", "-o", "plain.o")
        names = []
        for symbol in b"semaphore_first", b"two":
            names += ["--redefine-sym", symbol + b"=" + symbol + b" " + EVIL.replace(b"=", b"~")]
        self.call(objcopy, *names, "plain.o", "evil.o")
        program = self.path(self.evil[:200] + (b"-g" if debug else b""))
        self.call(compiler, "-rdynamic", "-pthread", "evil.o", "-o", program)
        return program

    def record(self, program):
        trace = self.path(b"traces/" + os.path.basename(program) + b".trace")
        os.makedirs(self.path(b"traces"), exist_ok=True)
        name = b"/" + self.evil[:150] + b"%d" % os.getpid()
        self.call(self.lockhound, "record", "--full", "-o", trace.replace(b"%", b"%%"), "--", program, name)
        require(os.path.exists(trace), f"traces: {glob.glob(self.path(b'traces/*'))}")
        return trace

    def ask(self, *words, status=0):
        """What a command says on standard output: text that is strictly UTF-8."""
        return self.call(self.lockhound, *words, "-o", "-", status=status).stdout.decode()

    def report(self, trace, kind):
        return self.ask("report", "--all", "--format", kind, trace, status=FINDINGS)


def frames_of(report):
    for finding in report["findings"]:
        for thread in finding["threads"]:
            for held in thread["holds"] + [thread["wants"]]:
                yield from held["stack"]


def reads_json(place, trace, debug):
    """Every name is there, as text."""
    report = json.loads(place.report(trace, "json"))
    frames = list(frames_of(report))
    name, piece = ("file", PIECE) if debug else ("function", PIECE.replace("=", "~"))
    require(any(piece in (frame[name] or "") for frame in frames), f"{name}: {harness.describe(report)}")
    require(any(PIECE.replace("/", "|") in frame["module"] for frame in frames), "the program's name")
    require(any(len(frame["function"] or "") > LONG for frame in frames), "the long name")
    require(any(PIECE.replace("/", "|") in lock["name"] for finding in report["findings"] for lock in finding["locks"]),
            "the semaphore's name")
    json.loads(place.ask("locks", "--format", "json", trace))
    timeline = place.path(b"timeline.json")
    place.call(place.lockhound, "timeline", trace, "-o", timeline)
    with open(timeline, encoding="utf-8") as file:
        json.load(file)


def reads_sarif(place, trace):
    report = json.loads(place.report(trace, "sarif"))
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        return
    with open(place.schema, encoding="utf-8") as file:
        problems = [error.message[:300] for error in jsonschema.Draft4Validator(json.load(file)).iter_errors(report)]
    require(not problems, f"SARIF: {problems}")


def reads_xml(place, trace):
    suite = tree.fromstring(place.report(trace, "junit").encode())[0]
    require(int(suite.get("failures")) == 1, "JUnit")
    page = place.path(b"page.html")
    place.call(place.lockhound, "report", "--all", "--format", "html", "-o", page, trace, status=FINDINGS)
    html_markup.check(os.fsdecode(page))
    picture = place.path(b"locks.svg")
    place.call(place.lockhound, "graph", trace, "-o", picture)
    root = tree.parse(picture).getroot()
    require(not [element for element in root.iter() if element.tag.endswith("}b") or element.tag.endswith("}script")],
            "the picture has elements of a name's making")


def reads_lines(place, trace):
    for line in place.report(trace, "github").splitlines():
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        require(match, f"GitHub: {line[:300]!r}")
        fields = dict(field.split("=", 1) for field in match[2].split(","))
        require(set(fields) <= {"file", "line", "title"}, f"GitHub: {fields}")
        urllib.parse.unquote(fields.get("file", ""), errors="strict")
    issues = json.loads(place.report(trace, "gitlab"))
    require(len(issues) == 1 and issues[0]["location"]["path"], f"GitLab: {issues}")
    for text in place.report(trace, "text"), place.ask("locks", trace):
        found = re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
        require(not found, f"text: {found}")


def reads_dot(place, trace):
    dot = shutil.which("dot")
    if not dot:
        return
    place.call(place.lockhound, "graph", trace, "-o", place.path(b"locks.dot"))
    plain = place.call(dot, "-Tplain", place.path(b"locks.dot")).stdout.decode()
    require(len(re.findall(r"^node ", plain, re.M)) == 2 and len(re.findall(r"^edge ", plain, re.M)) == 2, plain)


def reads_files_of_ours(place, trace):
    known = place.path(b"known")
    place.call(place.lockhound, "baseline", trace, "-o", known)
    place.call(place.lockhound, "report", "--baseline", known, trace)
    place.call(place.lockhound, "diff", trace, trace)


def hostile_names_of_symbols_break_no_format(place):
    check(place, debug=False)


def hostile_names_of_sources_break_no_format(place):
    check(place, debug=True)


def check(place, debug):
    trace = place.record(place.build(debug))
    reads_json(place, trace, debug)
    reads_sarif(place, trace)
    reads_xml(place, trace)
    reads_lines(place, trace)
    reads_dot(place, trace)
    reads_files_of_ours(place, trace)


TESTS = (hostile_names_of_symbols_break_no_format, hostile_names_of_sources_break_no_format)


def main():
    return harness.main_of_all(TESTS, lambda folder: Place(*sys.argv[1:3], folder))


if __name__ == "__main__":
    sys.exit(main())
