#!/bin/sh
# split_debug.sh OBJCOPY PROGRAM STRIPPED DEBUG: the program without symbols, and its debug file apart,
# tied together by .gnu_debuglink as distributions do.
set -e
objcopy=$1 program=$2 stripped=$3 debug=$4
"$objcopy" --only-keep-debug "$program" "$debug"
"$objcopy" --strip-all --remove-section=.comment "$program" "$stripped"
"$objcopy" --add-gnu-debuglink="$debug" "$stripped"
