#!/usr/bin/env bash
# Layout, static analysis and scripts of the whole tree. `ninja -C build lint` runs it.
# Usage: lint.sh SOURCE_ROOT BUILD_FOLDER
# A tool that is not installed is named and left out; exit status 1 when any tool complains.
set -uo pipefail

cd "${1:?usage: lint.sh SOURCE_ROOT BUILD_FOLDER}" || exit 2
build=$2
failed=()

sources() {
    find trace interpose race include analyzer reports samples tests bench -name "*.$1" | sort
}

# check TOOL COMMAND...: run the command if the tool is there.
check() {
    local name=$1
    shift
    if ! command -v "$name" >/dev/null; then
        printf 'lint: %-13s left out (not installed)\n' "$name"
    elif "$@"; then
        printf 'lint: %-13s ok\n' "$name"
    else
        printf 'lint: %-13s FAILED\n' "$name"
        failed+=("$name")
    fi
}

# Only what the build compiles has the flags that clang-tidy needs.
compiled() {
    python3 - "$build/compile_commands.json" <<'END'
import json, os, sys

with open(sys.argv[1]) as file:
    for command in json.load(file):
        path = os.path.relpath(os.path.join(command["directory"], command["file"]))
        if path.split("/")[0] in ("trace", "interpose", "race", "analyzer", "reports") and path.endswith(".c"):
            print(path)
END
}

# What gcc accepts and clang does not know must not stop clang-tidy. Its counts of what it was told
# to leave out are no news.
tidy() {
    compiled | sort -u |
        xargs -r -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option \
            2> >(grep -vE '^[0-9]+ warnings? (and [0-9]+ errors? )?generated' >&2)
}

formatted() {
    local file status=0
    for file in "${c_files[@]}"; do
        if ! clang-format --dry-run -Werror "$file" 2>/dev/null; then
            printf '%s: run clang-format -i on it\n' "$file"
            status=1
        fi
    done
    return $status
}

mapfile -t c_files < <(sources c; sources h; sources cpp)
mapfile -t scripts < <(grep -lE '^#!.*\b(ba)?sh$' -r bootstrap.sh .ci tests bench)

# Left out of cppcheck: varFuncNullUB, for NULL is a pointer in every C library; legacyUninitvar and
# ctuuninitvar, guesses beside uninitvar that take a buffer to be filled for one to be read.
check clang-format formatted
check cppcheck cppcheck --quiet --std=c11 --language=c --enable=warning,performance,portability \
    --inline-suppr --error-exitcode=1 --suppress=missingInclude \
    --suppress=varFuncNullUB --suppress=legacyUninitvar --suppress=ctuuninitvar -D__x86_64__ "-DElfW(type)=Elf64_##type" \
    -I trace -I interpose -I race -I analyzer -I reports trace interpose race analyzer reports
check shellcheck shellcheck "${scripts[@]}"
check clang-tidy tidy
check mandoc mandoc -Tlint -Wwarning docs/man/*.[1-9]

if ((${#failed[@]})); then
    printf 'lint: failed: %s\n' "${failed[*]}"
    exit 1
fi
