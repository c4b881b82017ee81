#!/usr/bin/env python3
"""
Ask each shell's completion for every command and option that `lockhound help` lists.

    completion.py LOCKHOUND GENERATOR BASH ZSH FISH      the last three: the scripts
"""

import importlib.util
import os
import shutil
import subprocess
import sys


def load(generator, lockhound):
    spec = importlib.util.spec_from_file_location("generate", generator)
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate"] = module
    spec.loader.exec_module(module)
    return module.Tables(lockhound)


def ask(words):
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, "LC_ALL": "C.UTF-8"})
    if done.returncode != 0 or done.stderr:
        sys.exit(f"{words[:2]}: status {done.returncode}\n{done.stderr}")
    return done.stdout


def bash(script, words):
    """What is offered for the last of the words."""
    quoted = " ".join(f"'{word}'" for word in words)
    return ask(["bash", "-c", f"source '{script}'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
                "_lockhound; printf '%s\\n' \"${COMPREPLY[@]}\""]).split("\n")


def fish(script, words):
    line = " ".join(words)
    return [row.split("\t")[0] for row in
            ask(["fish", "--no-config", "-c", f"source '{script}'; complete -C '{line}'"]).split("\n")]


ZSH = """
function _arguments() { print -rl -- "$@" }
function _describe() { print -rl -- ${(P)2} }
function compdef() { }
source "$1"
words=("${@:2}") CURRENT=$#words
_lockhound
"""


def zsh(script, words):
    """The specifications that _arguments is given: "--format[text, json]:FORMAT:(text json)"."""
    return ask(["zsh", "-f", "-c", ZSH, "zsh", script, *words]).split("\n")


def require(word, offered, what):
    if word not in offered:
        sys.exit(f"{what}: {word} is not offered: {offered}")


def check_listing(shell, script, tables):
    """bash and fish: what they offer is a list of words."""
    offered = shell(script, ["lockhound", ""])
    for command in tables.commands:
        require(command.name, offered, shell.__name__)
        options = shell(script, ["lockhound", command.name, "--"])
        for option in command.options:
            require(f"--{option.name}", options, f"{shell.__name__} {command.name}")
            for value in tables.values(option) or []:
                values = shell(script, ["lockhound", command.name, f"--{option.name}", ""])
                require(value, values, f"{shell.__name__} {command.name} --{option.name}")
    for kind in tables.kinds:
        require(kind, shell(script, ["lockhound", "explain", ""]), shell.__name__)


def check_zsh(script, tables):
    offered = [row.split(":")[0] for row in zsh(script, ["lockhound", ""])]
    for command in tables.commands:
        require(command.name, offered, "zsh")
        specs = zsh(script, ["lockhound", command.name, ""])
        names = [spec.split("[")[0].lstrip("*") for spec in specs]
        for option in command.options:
            require(f"--{option.name}", names, f"zsh {command.name}")
            spec = specs[names.index(f"--{option.name}")]
            for value in tables.values(option) or []:
                require(value, spec.replace("(", " ").replace(")", " ").split(), spec)


def check_tables(tables):
    """The help could be read: a change of its wording must not empty the lists."""
    expected = {
        ("run", "format"): ["text", "json", "sarif", "junit", "github", "gitlab"],
        ("run", "color"): ["auto", "always", "never"],
        ("run", "on-deadlock"): ["exit", "report", "abort"],
        ("graph", "format"): ["dot", "svg", "png", "pdf"],
        ("locks", "format"): ["text", "json"],
        ("run", "report"): ["sarif="],
        ("diff", "fail-on"): ["error", "none", "deadlock"],
    }
    for (command_name, option_name), words in expected.items():
        command = next(command for command in tables.commands if command.name == command_name)
        option = next(option for option in command.options if option.name == option_name)
        for word in words:
            require(word, tables.values(option), f"{command_name} --{option_name}")


def main():
    lockhound, generator, *scripts = sys.argv[1:]
    tables = load(generator, lockhound)
    check_tables(tables)
    for shell, script in zip((bash, zsh, fish), scripts):
        if not shutil.which(shell.__name__):
            print(f"{shell.__name__}: left out (not installed)")
        elif shell is zsh:
            check_zsh(script, tables)
            print("zsh: as expected")
        else:
            check_listing(shell, script, tables)
            print(f"{shell.__name__}: as expected")


if __name__ == "__main__":
    main()
