#!/usr/bin/env python3
"""
Make a completion script of what the command says of itself: generate.py LOCKHOUND bash|zsh|fish

Commands and options come from `lockhound help`, kinds from `lockhound explain`; words that an option takes
are read from its line of help.
"""

import dataclasses
import re
import subprocess
import sys


@dataclasses.dataclass
class Option:
    name: str
    letter: str
    argument: str  # "" when it takes none
    help: str


@dataclasses.dataclass
class Command:
    name: str
    summary: str
    options: list


def output(lockhound, *words):
    return subprocess.run([lockhound, *words], stdout=subprocess.PIPE, text=True, check=True).stdout


def parse_options(text):
    pattern = r"^  (?:-(\w), |    )--([a-z][a-z-]*)(?: ([A-Z][A-Z=]*))? +(.*)$"
    listed = text.split("Options:\n")[1].split("\n\n")[0]
    return [Option(name, letter, argument, text) for letter, name, argument, text in
            re.findall(pattern, listed, re.MULTILINE)]


def parse_commands(lockhound):
    listed = output(lockhound, "help").split("Commands:\n")[1].split("\n\n")[0]
    commands = []
    for line in listed.splitlines():
        name, summary = line.split(None, 1)
        options = [] if name == "help" else parse_options(output(lockhound, "help", name))
        commands.append(Command(name, summary, options))
    return commands


def words_of(help_text):
    """The words in "auto (default), always or never"."""
    plain = re.sub(r" \([^)]*\)", "", help_text).rsplit(": ", 1)[-1]
    return [part.split()[0] for part in re.split(r", (?:or )?| or ", plain) if re.match(r"[a-z]+\b", part)]


class Tables:
    def __init__(self, lockhound):
        self.commands = parse_commands(lockhound)
        self.kinds = [line.split()[0] for line in output(lockhound, "explain").splitlines()]
        self.levels = ["error", "warning", "note", "none"]

    def values(self, option):
        """Words to offer for the option's argument; None: names of files; []: nothing."""
        if option.argument in ("FORMAT", "WHEN", "ACTION"):
            return words_of(option.help)
        if option.argument == "KINDS":
            return self.levels + self.kinds
        if option.argument == "FORMAT=FILE":
            return [f"{name}=" for name in self.formats()]
        return None if option.argument in ("FILE", "DIR", "TRACE") else []

    def formats(self):
        report = next(command for command in self.commands if command.name == "report")
        return words_of(next(option.help for option in report.options if option.name == "format"))

    def operands(self, command):
        """Words that follow the options; None: names of files; "program": a command line."""
        if command.name == "explain":
            return self.kinds
        if command.name == "help":
            return [other.name for other in self.commands if other.name != "help"]
        return "program" if command.name in ("run", "record") else None


# ---- bash ----

BASH = """\
# bash completion of lockhound; made from its own help. Do not edit.
_lockhound()
{{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} command=${{COMP_WORDS[1]}}
    local words=
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W "{commands} --version" -- "$current"))
        return
    fi
    case $command,$previous in
{values}
    esac
    case $command in
{options}
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
        return
    fi
    case $command in
{operands}
        *) COMPREPLY=($(compgen -f -- "$current")) ;;
    esac
}}
complete -o filenames -o bashdefault -F _lockhound lockhound
"""


def spellings(option):
    return [f"--{option.name}"] + ([f"-{option.letter}"] if option.letter else [])


def bash(tables):
    values, options, operands = [], [], []
    for command in tables.commands:
        for option in command.options:
            if not option.argument:
                continue
            pattern = "|".join(f"{command.name},{spelling}" for spelling in spellings(option))
            words = tables.values(option)
            if words is None:
                action = 'COMPREPLY=($(compgen -f -- "$current"))'
            elif option.argument == "FORMAT=FILE":
                action = f'COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$current")); compopt -o nospace 2>/dev/null'
            else:
                action = f'COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$current"))' if words else ":"
            values.append(f"        {pattern}) {action}; return ;;")
        names = " ".join(spelling for option in command.options for spelling in spellings(option))
        options.append(f'        {command.name}) words="{names}" ;;')
        words = tables.operands(command)
        if words == "program":
            operands.append(f'        {command.name}) COMPREPLY=($(compgen -c -f -- "$current")) ;;')
        elif words:
            operands.append(f'        {command.name}) COMPREPLY=($(compgen -W "{" ".join(words)}" -- "$current")) ;;')
    return BASH.format(
        commands=" ".join(command.name for command in tables.commands),
        values="\n".join(values), options="\n".join(options), operands="\n".join(operands),
    )


# ---- zsh ----

def zsh_quote(text):
    for special in "\\", "[", "]", ":":
        text = text.replace(special, "\\" + special)
    return text.replace("'", "'\\''")


def zsh_action(tables, option):
    words = tables.values(option)
    if words is None:
        return "_files -/" if option.argument == "DIR" else "_files"
    if option.argument == "KINDS":
        return "_sequence compadd - " + " ".join(words)
    return f"({' '.join(words)})" if words else " "


def zsh_specs(tables, command):
    for option in command.options:
        argument = f":{zsh_quote(option.argument)}:{zsh_action(tables, option)}" if option.argument else ""
        repeat = "*" if option.name == "report" else ""
        for spelling in spellings(option):
            yield f"'{repeat}{spelling}[{zsh_quote(option.help)}]{argument}'"
    words = tables.operands(command)
    if words == "program":
        yield "'(-)1:program:_command_names -e'"
        yield "'*::arguments:_normal'"
    elif words:
        yield f"'*:word:({' '.join(words)})'"
    else:
        yield "'*:file:_files'"


def zsh(tables):
    lines = ["#compdef lockhound", "# Made from the command's own help. Do not edit.", "_lockhound()", "{"]
    lines += ["    local -a commands", "    commands=("]
    lines += [f"        '{command.name}:{zsh_quote(command.summary)}'" for command in tables.commands]
    lines += ["    )", "    if ((CURRENT == 2)); then", "        _describe command commands", "        return"]
    lines += ["    fi", "    local command=$words[2]", "    shift words", "    ((CURRENT--))", "    case $command in"]
    for command in tables.commands:
        specs = " \\\n            ".join(zsh_specs(tables, command))
        lines.append(f"    {command.name}) _arguments -s \\\n            {specs} ;;")
    lines += ["    esac", "}", "if [[ $funcstack[1] == _lockhound ]]; then", '    _lockhound "$@"', "else"]
    lines += ["    compdef _lockhound lockhound", "fi"]
    return "\n".join(lines) + "\n"


# ---- fish ----

def fish_quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_option(tables, command, option):
    line = f"complete -c lockhound -n '__fish_seen_subcommand_from {command.name}' -l {option.name}"
    if option.letter:
        line += f" -s {option.letter}"
    if option.argument:
        words = tables.values(option)
        line += " -r" if words is None else f" -x -a {fish_quote(' '.join(words))}"
    return f"{line} -d {fish_quote(option.help)}"


def fish(tables):
    names = " ".join(command.name for command in tables.commands)
    lines = ["# fish completion of lockhound; made from its own help. Do not edit."]
    for command in tables.commands:
        lines.append(
            f"complete -c lockhound -n 'not __fish_seen_subcommand_from {names}' -f -a {command.name} "
            f"-d {fish_quote(command.summary)}"
        )
    for command in tables.commands:
        lines += [fish_option(tables, command, option) for option in command.options]
        words = tables.operands(command)
        if words == "program":
            words = ["(__fish_complete_subcommand --fcs-skip=2)"]
        if words:
            lines.append(
                f"complete -c lockhound -n '__fish_seen_subcommand_from {command.name}' "
                f"-a {fish_quote(' '.join(words))}"
            )
    return "\n".join(lines) + "\n"


def main():
    lockhound, shell = sys.argv[1:]
    print({"bash": bash, "zsh": zsh, "fish": fish}[shell](Tables(lockhound)), end="")


if __name__ == "__main__":
    main()
