#!/usr/bin/env bash
# From a bare machine to a running Lockhound. `./bootstrap.sh help` says what it does.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"

readonly PACKAGES=packages.txt
BUILD=${BUILD:-build}
INTERACTIVE=no
[[ ! -t 0 ]] || INTERACTIVE=yes

usage() {
    cat <<'END'
Usage: ./bootstrap.sh COMMAND

  run    install what building needs, build, find the deadlock in a sample, draw its lock graph
  test   install what building and the tests need, build, run all tests
  build  install what building needs, build
  deps   install what building, the tests, .ci/run and bench/run need, nothing else

Environment: CC is the compiler (default cc), BUILD the build folder (default build).
Packages are installed with apt-get, through sudo when not root. On systems without apt-get the
list of what is missing is printed instead.
END
}

say() {
    printf '==> %s\n' "$*" >&2
}

die() {
    printf 'bootstrap: %s\n' "$*" >&2
    exit 1
}

# ---- what is missing -------------------------------------------------------------------------

# The lines of packages.txt that belong to one of the groups: "PACKAGE PROBE".
wanted() {
    local group package probe
    while read -r group package probe; do
        if [[ " $* " == *" $group "* ]]; then
            printf '%s %s\n' "$package" "$probe"
        fi
    done <"$PACKAGES"
}

package_installed() {
    local status
    status=$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) && [[ $status == installed ]]
}

header_present() {
    printf '#include <stdarg.h>\n#include <%s>\n' "$1" | ${CC:-cc} -E -x c - -o /dev/null 2>/dev/null
}

library_present() {
    local cache
    cache=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null) && [[ $cache == *"$1 "* ]]
}

probe_present() {
    case $1 in
        cmd:cc) command -v "${CC:-cc}" >/dev/null ;;
        cmd:*) command -v "${1#cmd:}" >/dev/null ;;
        header:*) header_present "${1#header:}" ;;
        lib:*) library_present "${1#lib:}" ;;
        py:*) python3 -c "import ${1#py:}" 2>/dev/null ;;
        *) die "$PACKAGES: unknown probe $1" ;;
    esac
}

# The lines of `wanted` that this machine lacks.
missing() {
    local package probe
    wanted "$@" | while read -r package probe; do
        if ! package_installed "$package" && ! probe_present "$probe"; then
            printf '%s %s\n' "$package" "$probe"
        fi
    done
}

# ---- installing ------------------------------------------------------------------------------

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif [[ $INTERACTIVE == yes ]]; then
        sudo "$@"
    else
        sudo -n "$@" # nobody is there to type a password
    fi
}

allow_sudo() {
    local answer
    [[ $EUID -ne 0 ]] || return 0
    command -v sudo >/dev/null || die "sudo is missing (as root, run: apt-get install $*)"
    [[ $INTERACTIVE == yes ]] || return 0
    read -r -p "Install $* with sudo apt-get? [Y/n] " answer
    [[ ${answer,,} != n* ]] || die "not installed (install them yourself, then start again)"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        apt-get install -y --no-install-recommends "$@" </dev/null >&2
}

install_debian() {
    local packages=("$@")
    say "missing: ${packages[*]}"
    allow_sudo "${packages[@]}"
    as_root apt-get update </dev/null >&2 || say "apt-get update failed; going on with the lists as they are"
    apt_install "${packages[@]}" ||
        die "apt-get install failed (what it printed above says why)"
}

tell_missing() {
    local package probe
    printf 'bootstrap: no apt-get here; these are missing (with the names of their Debian packages):\n' >&2
    while read -r package probe; do
        printf '  %-8s %-28s %s\n' "${probe%%:*}" "${probe#*:}" "$package" >&2
    done
    exit 1
}

# Install what the groups need. The network is touched only when something is missing.
need() {
    local lines packages
    lines=$(missing "$@")
    [[ -n $lines ]] || return 0
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        tell_missing <<<"$lines"
    fi
    mapfile -t packages < <(cut -d' ' -f1 <<<"$lines")
    install_debian "${packages[@]}"
}

# The same, but one can go on without: the tests skip what they do not find.
want() {
    (need "$@") || say "going on without; the tests that need these are skipped"
}

# ---- building --------------------------------------------------------------------------------

# meson remembers the compiler for the life of a build folder: another one starts it afresh.
configure() {
    local compiler_file=$BUILD/.compiler compiler=${CC:-cc}
    if [[ ! -f $BUILD/meson-private/coredata.dat ]]; then
        meson setup "$BUILD"
    elif [[ $(cat "$compiler_file" 2>/dev/null) == "$compiler" ]]; then
        meson setup --reconfigure "$BUILD" >/dev/null || meson setup --wipe "$BUILD"
    else
        meson setup --wipe "$BUILD"
    fi
    printf '%s\n' "$compiler" >"$compiler_file"
}

build() {
    say "configuring and building in $BUILD"
    configure </dev/null >&2
    ninja -C "$BUILD" </dev/null >&2
}

# ---- the two jobs ----------------------------------------------------------------------------

run_sample() {
    local graph=$BUILD/lock-graph.svg status=0
    local command=("$BUILD/analyzer/cli/lockhound" run --graph "$graph" -- "$BUILD/samples/opposite_order")
    say "${command[*]}"
    "${command[@]}" || status=$?
    [[ $status -eq 66 ]] || die "lockhound exited with $status, not with 66 (\"found something\")"
    [[ -s $graph ]] || die "the lock graph $graph was not written"
    say "exit status 66: a lock-order inversion was found, as it should be. The lock graph is in $graph"
}

# Reads meson's own logs of a run, one JSON object a line, and counts. A test in the second log counts
# as it ended there.
count_results() {
    python3 - "$@" <<'END'
import json, sys

results = {}
for path in sys.argv[1:]:
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            test = json.loads(line)
            results[test["name"]] = test["result"]
passed = sum(result in ("OK", "EXPECTEDFAIL") for result in results.values())
skipped = sum(result == "SKIP" for result in results.values())
failed = len(results) - passed - skipped
print(f"{passed} passed, {failed} failed, {skipped} skipped")
sys.exit(1 if failed or not passed else 0)
END
}

# The names of the tests that failed, one a line.
failed_tests() {
    python3 - "$1" <<'END'
import json, sys

with open(sys.argv[1], encoding="utf-8", errors="replace") as log:
    for test in map(json.loads, log):
        if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP"):
            print(test["name"].rsplit(" / ", 1)[-1])
END
}

# Few tests that failed are tried once more, one at a time: many of them watch programs hang, beside each
# other. What then passes is said, for it is a defect all the same.
try_again() {
    local log=$1 again=$2 failed
    mapfile -t failed < <(failed_tests "$log")
    ((${#failed[@]} >= 1 && ${#failed[@]} <= 3)) || return 0
    say "failed, tried once more: ${failed[*]}"
    meson test -C "$BUILD" --no-rebuild --print-errorlogs --num-processes 1 --logbase testlog-again \
        "${failed[@]}" </dev/null ||
        return 0
    [[ ! -f $again ]] || say "UNSTABLE, passed at the second try only (to be mended): ${failed[*]}"
}

run_tests() {
    local log=$BUILD/meson-logs/testlog.json again=$BUILD/meson-logs/testlog-again.json status=0
    rm -f "$log" "$again"
    meson test -C "$BUILD" --no-rebuild --print-errorlogs </dev/null || status=$?
    [[ -f $log ]] || die "meson test ended with $status and ran nothing"
    if [[ $status -ne 0 ]]; then
        try_again "$log" "$again"
    fi
    printf '\n'
    if [[ -f $again ]]; then
        count_results "$log" "$again" || exit 1
        return
    fi
    count_results "$log" || exit 1
    [[ $status -eq 0 ]] || die "meson test ended with $status though no test failed"
}

case ${1:-help} in
    run)
        need build
        build
        run_sample
        ;;
    test)
        need build
        want test
        build
        run_tests
        ;;
    build)
        need build
        build
        ;;
    deps)
        need build test extra
        ;;
    help | -h | --help)
        usage
        ;;
    *)
        usage >&2
        die "unknown command $1"
        ;;
esac
