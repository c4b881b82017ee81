#!/usr/bin/env python3
"""
The timeline of a full trace, read back as a viewer would.

    timeline.py LOCKHOUND SAMPLES
"""

import collections
import json
import os
import sys

import harness
from harness import require

FAILED = 125
PROGRAMS = ("opposite_order", "condition_inversion", "hand_over_hand", "reader_writer", "semaphore_as_signal")


class Timeline:
    def __init__(self, lockhound, samples, folder):
        self.lockhound = os.path.abspath(lockhound)
        self.samples = os.path.abspath(samples)
        self.folder = folder

    def __call__(self, *words):
        return harness.run([self.lockhound, *words], cwd=self.folder)

    def record(self, program, *options):
        trace = f"{program}.trace"
        ended = self("record", *options, "-o", trace, "--", os.path.join(self.samples, program))
        require(ended.exit == 0, ended.show())
        return trace

    def of(self, *traces):
        ended = self("timeline", *traces, "-o", "timeline.json")
        require(ended.exit == 0 and not ended.stderr, ended.show())
        with open(os.path.join(self.folder, "timeline.json"), encoding="utf-8") as file:
            return json.load(file)["traceEvents"]


def lanes(events):
    found = collections.defaultdict(list)
    for event in events:
        if event["ph"] != "M":
            found[event["pid"], event["tid"]].append(event)
    return found


def check_bars(lane, name):
    """Every bar ends, none ends that has not begun, and time runs forward."""
    stack, last = [], 0
    for event in lane:
        if event["ph"] not in "BE":
            continue
        require(event["ts"] >= last, f"{name}: time runs backwards at {event}")
        last = event["ts"]
        if event["ph"] == "B":
            stack.append(event)
        else:
            require(stack, f"{name}: ends what has not begun: {event}")
            stack.pop()
    require(not stack, f"{name}: never ends: {stack}")


def bars_at(lane, time):
    """The bars of a lane that are there at a time."""
    stack = []
    for event in lane:
        if event["ph"] == "B" and event["ts"] <= time:
            stack.append(event)
        elif event["ph"] == "E" and event["ts"] <= time:
            stack.pop()
    return [event["name"] for event in stack]


def check_flows(events):
    """Each arrow has two ends, in different lanes, goes forward, and begins within a bar."""
    ends = collections.defaultdict(dict)
    for event in events:
        if event["ph"] in "sf":
            require(event["ph"] not in ends[event["id"]], f"two ends alike: {event}")
            ends[event["id"]][event["ph"]] = event
    found = lanes(events)
    for arrow in ends.values():
        start, end = arrow["s"], arrow["f"]
        require(start["tid"] != end["tid"] and start["ts"] <= end["ts"], str(arrow))
        require(bars_at(found[start["pid"], start["tid"]], start["ts"]), f"from nowhere: {arrow}")
        require(bars_at(found[end["pid"], end["tid"]], end["ts"]), f"to nowhere: {arrow}")
    return len(ends)


def bars_nest_and_arrows_have_two_ends(timeline):
    for program in PROGRAMS:
        events = timeline.of(timeline.record(program, "--full"))
        for name, lane in lanes(events).items():
            check_bars(lane, f"{program} {name}")
        flows = check_flows(events)
        require(program != "opposite_order" or flows == 2, f"{program}: {flows} arrows")


def each_acquisition_is_a_bar(timeline):
    """As many as `lockhound locks` counts."""
    for program in "opposite_order", "hand_over_hand":
        trace = timeline.record(program, "--full")
        ended = timeline("locks", "--format", "json", trace)
        counted = sum(lock["acquisitions"] for lock in json.loads(ended.stdout))
        bars = [
            event for event in timeline.of(trace)
            if event["ph"] == "B" and event["cat"] == "lock" and "continued" not in event["args"]
        ]
        require(len(bars) == counted > 0, f"{program}: {len(bars)} bars of {counted} acquisitions")


def lanes_are_named_like_threads(timeline):
    events = timeline.of(timeline.record("opposite_order", "--full"))
    names = {event["tid"]: event["args"]["name"].split()[0] for event in events if event.get("name") == "thread_name"}
    require(names == {1: "main", 2: "boy", 3: "girl"}, str(names))
    bars = [event["name"] for event in lanes(events)[events[0]["pid"], 2] if event["ph"] == "B"]
    require(bars == ["drum", "sticks"], str(bars))


def a_wait_is_a_bar_of_its_own(timeline):
    events = timeline.of(timeline.record("condition_inversion", "--full"))
    waits = [event for event in events if event.get("cat") == "wait" and event["ph"] == "B"]
    require(any(event["name"] == "wait for filled" for event in waits), str(waits))


def several_processes_are_side_by_side(timeline):
    traces = [timeline.record(program, "--full") for program in PROGRAMS[:2]]
    events = timeline.of(*traces)
    names = [event["args"]["name"] for event in events if event.get("name") == "process_name"]
    require([os.path.basename(name) for name in names] == list(PROGRAMS[:2]), str(names))
    require(len({event["pid"] for event in events}) == 2, "the processes are mixed up")


def a_trace_without_all_events_is_refused(timeline):
    ended = timeline("timeline", timeline.record("opposite_order"), "-o", "timeline.json")
    require(ended.exit == FAILED and b"record --full" in ended.stderr, ended.show())
    require(not os.path.exists(os.path.join(timeline.folder, "timeline.json")), "a file was left behind")


TESTS = (
    bars_nest_and_arrows_have_two_ends,
    each_acquisition_is_a_bar,
    lanes_are_named_like_threads,
    a_wait_is_a_bar_of_its_own,
    several_processes_are_side_by_side,
    a_trace_without_all_events_is_refused,
)


def main():
    return harness.main_of_all(TESTS, lambda folder: Timeline(*sys.argv[1:3], folder))


if __name__ == "__main__":
    sys.exit(main())
