#!/usr/bin/env python3
"""
Read the reports that write_formats.c makes as others would read them: JSON and XML parsers, the
published schema of SARIF, and the rules of workflow commands.

    read_formats.py WRITE_FORMATS SCHEMA
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree

try:
    import jsonschema
except ImportError:
    # The package may be installed for the system's interpreter alone.
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    print("skipped: there is no module jsonschema")
    sys.exit(77)

SETS = ("hostile", "long", "empty", "gated")
# The pieces of write_formats.c that every format must carry as text, whatever else it does to them.
PIECES = ("</script><b a='1' c=\"2\">&amp;&#0; ]]> -->", "${{ x }} $(id) `id`")


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", errors="strict", newline="") as file:
        return file.read()


def every_string(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from every_string(item)
    elif isinstance(value, list):
        for item in value:
            yield from every_string(item)
    elif isinstance(value, str):
        yield value


def require_pieces(text, what):
    for piece in PIECES:
        assert piece in text, f"{what}: {piece!r} is not in it"


def json_is_read_back(folder):
    for name in SETS:
        report = json.loads(read(folder, f"{name}.json"))
        assert report["lockhound"], name
        if name == "hostile":
            require_pieces(report["findings"][0]["message"], "json")
        if name == "gated":
            assert report["findings"][0]["baseline"] == "known"
            assert report["findings"][0]["reason"] == "start-up only"
            assert report["suppressed"] == 1 and len(report["suppressed_findings"]) == 1
            assert report["suppressed_findings"][0]["suppressed"] == "deadlock:bank (x.supp:1)"
            assert report["vanished"][0]["fingerprint"] == "fedcba9876543210"
            assert report["unused_suppressions"] == ["race:nothing (x.supp:2)"]


def uris(value):
    if isinstance(value, dict):
        if isinstance(value.get("uri"), str):
            yield value["uri"]
        for item in value.values():
            yield from uris(item)
    elif isinstance(value, list):
        for item in value:
            yield from uris(item)


def sarif_passes_the_schema(folder, schema):
    validator = jsonschema.Draft4Validator(schema)
    for name in SETS:
        report = json.loads(read(folder, f"{name}.sarif"))
        problems = [f"{list(error.path)}: {error.message[:300]}" for error in validator.iter_errors(report)]
        assert not problems, f"{name}.sarif: {problems}"
        for uri in uris(report):
            assert re.fullmatch(r"(file://)?([A-Za-z0-9\-._~/]|%[0-9A-F]{2})+", uri), uri[:200]
            urllib.parse.urlsplit(uri)


def sarif_tells_the_threads(folder):
    run = json.loads(read(folder, "gated.sarif"))["runs"][0]
    known, suppressed, absent = run["results"]
    assert [result.get("baselineState") for result in run["results"]] == ["unchanged", None, "absent"]
    assert known["suppressions"] == []
    assert suppressed["suppressions"][0]["justification"] == "deadlock:bank (x.supp:1)"
    assert absent["ruleId"] == "self-deadlock"
    flows = known["codeFlows"][0]["threadFlows"]
    assert len(flows) == 2, "each thread has its flow"
    for flow in flows:
        steps = [place["location"] for place in flow["locations"]]
        lines = [place["physicalLocation"]["region"]["startLine"] for place in steps]
        assert len(steps) == 4 and lines[0] == lines[2] == 80, "from worker() inwards, twice"
        assert "holds" in steps[1]["message"]["text"] and "wants" in steps[3]["message"]["text"]
    assert len(known["stacks"]) == len(known["relatedLocations"]) == 4
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    for rule in rules:
        assert "## How to fix it" in rule["help"]["markdown"], rule["id"]
        assert rule["name"] == rule["id"].title().replace("-", ""), rule["name"]
    notes = run["invocations"][0]["toolExecutionNotifications"]
    assert any("race:nothing" in note["message"]["text"] for note in notes)
    assert json.loads(read(folder, "hostile.sarif"))["runs"][0]["invocations"][0]["exitCode"] == 3


def junit_is_well_formed(folder):
    for name in SETS:
        text = read(folder, f"{name}.junit")
        suite = xml.etree.ElementTree.fromstring(text.encode())[0]
        cases = suite.findall("testcase")
        skipped = [case for case in cases if case.find("skipped") is not None]
        failed = [case for case in cases if case.find("failure") is not None]
        assert int(suite.get("tests")) == len(cases) > 0, name
        assert int(suite.get("failures")) == len(failed), name
        assert int(suite.get("skipped")) == len(skipped), name
        if name == "hostile":
            require_pieces(cases[0].get("name"), "junit name")
            require_pieces("".join(failed[0].itertext()).replace("\n", " "), "junit text")
        if name == "gated":
            reasons = {case.find("skipped").get("message") for case in skipped}
            assert reasons == {"start-up only", "deadlock:bank (x.supp:1)"}, reasons


def commands(text):
    """What GitHub's runner reads: one command a line, properties split before they are unescaped."""
    assert "\r" not in text
    for line in text.splitlines():
        match = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert match, f"no command, or something that breaks out of it: {line[:200]!r}"
        properties = dict(field.split("=", 1) for field in match[2].split(","))
        assert set(properties) <= {"file", "line", "title"}, properties.keys()
        yield match[1], {key: urllib.parse.unquote(value) for key, value in properties.items()}, match[3]


def github_annotations_do_not_break_out(folder):
    for name in SETS:
        text = read(folder, f"{name}.github")
        for line in text.split("\n")[:-1]:
            assert re.match("::(error|warning|notice) ", line), line[:200]
        found = list(commands(text))
        if name == "empty":
            assert not found
        if name == "hostile":
            assert len(found) == 1 and found[0][1]["title"] == "lock-order-inversion"
            require_pieces(urllib.parse.unquote(found[0][2]).replace("\n", " "), "github")


def gitlab_has_what_gitlab_wants(folder):
    for name in SETS:
        issues = json.loads(read(folder, f"{name}.gitlab"))
        assert isinstance(issues, list) and len(issues) == (0 if name == "empty" else 1)
        for issue in issues:
            assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
            assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
            assert issue["location"]["lines"]["begin"] >= 1 and issue["location"]["path"]


def text_has_no_control_characters(folder):
    for name in SETS:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", read(folder, f"{name}.text")), name


def main():
    write_formats, schema_path = sys.argv[1:]
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    with tempfile.TemporaryDirectory(prefix="lockhound-") as folder:
        subprocess.run([write_formats, folder], check=True, timeout=120)
        for test in (
            json_is_read_back,
            sarif_tells_the_threads,
            junit_is_well_formed,
            github_annotations_do_not_break_out,
            gitlab_has_what_gitlab_wants,
            text_has_no_control_characters,
        ):
            test(folder)
            print(f"{test.__name__}: as expected")
        sarif_passes_the_schema(folder, schema)
        print("sarif_passes_the_schema: as expected")


if __name__ == "__main__":
    main()
