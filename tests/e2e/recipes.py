#!/usr/bin/env python3
"""
The recipes of docs/ci.md, run as they stand: each marked block in a fresh project of its own.

    recipes.py LOCKHOUND LIBRARY SOURCE_ROOT

A mark is the comment before a block: <!-- KIND: status=N [needs=COMMAND] -->. The block's last command
must end with that status, the ones before it with 0.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

import harness
from harness import Skip, require

MARK = re.compile(r"<!-- (\w+): status=(\d+)(?: needs=([\w-]+))? -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)

PROJECT = {
    "meson.build": """\
project('bank', 'c')
test('bank', executable('test_bank', 'test_bank.c', dependencies: dependency('threads')))
""",
    "CMakeLists.txt": """\
cmake_minimum_required(VERSION 3.10)
project(bank C)
find_package(Threads REQUIRED)
add_executable(test_bank test_bank.c)
target_link_libraries(test_bank Threads::Threads)
enable_testing()
add_test(NAME bank COMMAND test_bank)
""",
    "Makefile": "check:\n\t./test_bank\n",
    "test_bank.py": """\
import subprocess

def test_bank():
    subprocess.run(["./test_bank"], check=True)
""",
}


class Recipes:
    def __init__(self, lockhound, library, root):
        self.lockhound = os.path.abspath(lockhound)
        self.library = os.path.abspath(library)
        self.root = root
        with open(os.path.join(root, "docs", "ci.md"), encoding="utf-8") as file:
            self.blocks = MARK.findall(file.read())

    def project(self, folder):
        """A project, and a folder for $PATH with the command in it."""
        project, commands = os.path.join(folder, "project"), os.path.join(folder, "bin")
        os.makedirs(project)
        os.makedirs(commands)
        os.symlink(self.lockhound, os.path.join(commands, "lockhound"))
        samples = os.path.join(self.root, "samples")
        shutil.copy(os.path.join(samples, "handshake.h"), project)
        with open(os.path.join(samples, "opposite_order.c"), encoding="utf-8") as file:
            program = "#define _GNU_SOURCE\n" + file.read()
        for name, text in {**PROJECT, "test_bank.c": program}.items():
            with open(os.path.join(project, name), "w", encoding="utf-8") as file:
                file.write(text)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MESON_")}
        environment["PATH"] = f"{commands}:{environment['PATH']}"
        return project, environment


def shell(script, project, environment, status):
    """As CI systems run a step: the first command that fails ends it."""
    ended = harness.run(["bash", "-eo", "pipefail", "-c", script], cwd=project, env=environment)
    require(ended.exit == status, f"{script}\nexpected status {status}\n{ended.show()}")
    return ended


def reports_are_sound(project):
    """What a block has written can be read."""
    for folder, _, names in os.walk(project):
        for name in names:
            path = os.path.join(folder, name)
            if name == "lockhound.xml":
                xml.etree.ElementTree.parse(path)
            elif name.endswith(".sarif") or (name.startswith("gl") and name.endswith(".json")):
                with open(path, encoding="utf-8") as file:
                    require(json.load(file), path)


def run_block(recipes, folder, block, status):
    project, environment = recipes.project(folder)
    lines = block.replace("\\\n", " ").strip().splitlines()
    lines.insert(-1, "echo the last command:")
    ended = shell("\n".join(lines), project, environment, status)
    require(b"the last command:" in ended.stdout, f"an earlier command failed\n{ended.show()}")
    reports_are_sound(project)


def yaml_of(block):
    try:
        import yaml  # pylint: disable=import-outside-toplevel
    except ImportError as missing:
        raise Skip("there is no module yaml") from missing
    return yaml.safe_load(block)


def run_steps(recipes, folder, steps, status):
    """All but the last step end with 0. What installs Lockhound is left out: it is here."""
    project, environment = recipes.project(folder)
    steps = [step for step in steps if "install-lockhound" not in step]
    for step in steps[:-1]:
        shell(step, project, environment, 0)
    ended = shell(steps[-1], project, environment, status)
    reports_are_sound(project)
    return project, ended


def run_github(recipes, folder, block, status):
    job = yaml_of(block)["jobs"]["lockhound"]
    steps = [step["run"] for step in job["steps"] if "run" in step]
    project, ended = run_steps(recipes, folder, steps, status)
    require(b"\n::warning file=test_bank.c,line=" in b"\n" + ended.stdout, ended.show())
    uploaded = [step["with"]["sarif_file"] for step in job["steps"] if "upload-sarif" in step.get("uses", "")]
    with open(os.path.join(project, uploaded[0]), encoding="utf-8") as file:
        place = json.load(file)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    require(place["artifactLocation"]["uri"] == "test_bank.c", str(place))


def run_gitlab(recipes, folder, block, status):
    job = yaml_of(block)["locks"]
    project, _ = run_steps(recipes, folder, job["script"], status)
    for report in job["artifacts"]["reports"].values():
        require(os.path.getsize(os.path.join(project, report)) > 2, f"{report} is empty")


def run_systemd(recipes, folder, block, status):
    """systemd reads it without a complaint, and its environment does what the text says."""
    project, environment = recipes.project(folder)
    state = os.path.join(folder, "state")
    os.makedirs(state)
    shell("cc -g -O1 -pthread -o test_bank test_bank.c", project, environment, 0)
    if shutil.which("systemd-analyze"):
        verify_unit(folder, project, block)
    settings = re.findall(r"^Environment=(\w+)=(.*)$", block, re.MULTILINE)
    require([name for name, _ in settings] == ["LD_PRELOAD", "LOCKHOUND_OPTIONS"], str(settings))
    values = dict(settings)
    require(values["LD_PRELOAD"].endswith("/" + os.path.basename(recipes.library)), str(values))
    options = values["LOCKHOUND_OPTIONS"].replace("%%", "%").replace("/var/lib/bank", state)
    preloaded = {**environment, "LD_PRELOAD": recipes.library, "LOCKHOUND_OPTIONS": options}
    ended = harness.run([os.path.join(project, "test_bank")], cwd="/", env=preloaded)
    require(ended.exit == 0, ended.show())
    shell(f"lockhound report {state}", project, environment, status)


def verify_unit(folder, project, block):
    units = os.path.join(folder, "units")
    os.makedirs(os.path.join(units, "bank.service.d"))
    with open(os.path.join(units, "bank.service"), "w", encoding="utf-8") as file:
        file.write(f"[Service]\nExecStart={project}/test_bank\n")
    with open(os.path.join(units, "bank.service.d", "lockhound.conf"), "w", encoding="utf-8") as file:
        file.write(block)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", os.path.join(units, "bank.service")],
        capture_output=True, text=True, timeout=harness.PATIENCE, check=False,
        env={**os.environ, "SYSTEMD_UNIT_PATH": units + ":"},
    )
    complaints = [line for line in done.stderr.splitlines() if "lockhound.conf" in line]
    require(not complaints, "\n".join(complaints))


RUNNERS = {"run": run_block, "github": run_github, "gitlab": run_gitlab, "systemd": run_systemd}


def main():
    recipes = Recipes(*sys.argv[1:4])
    worst = 0
    if {kind for kind, *_ in recipes.blocks} != set(RUNNERS):
        print("docs/ci.md lacks a recipe")
        return 1
    for kind, status, needs, block in recipes.blocks:
        def test(folder, kind=kind, status=status, needs=needs, block=block):
            if needs and not shutil.which(needs):
                raise Skip(f"{needs} is not installed")
            RUNNERS[kind](recipes, folder, block, int(status))

        result = harness.main(test, f"{kind} {block.strip().splitlines()[-1]}")
        worst = worst if result in (0, harness.SKIP) else 1
    return worst


if __name__ == "__main__":
    sys.exit(main())
