#!/usr/bin/env python3
"""Writes a C file with many places that lock: sites.py COUNT FILE."""

import sys

PER_FUNCTION = 100

HEAD = """\
/* Written by bench/micro/sites.py. */
#include "sites.h"

#define SITE                     \\
    pthread_mutex_lock(mutex);   \\
    ++*guarded;                  \\
    pthread_mutex_unlock(mutex); \\
    if (--count == 0)            \\
        return 0;
#define TEN SITE SITE SITE SITE SITE SITE SITE SITE SITE SITE
"""

FUNCTION = """
static __attribute__((noinline)) size_t f%d(pthread_mutex_t *mutex, size_t *guarded, size_t count)
{
    %s
    return count;
}
"""

TAIL = """
void sites_visit(pthread_mutex_t *mutex, size_t *guarded, size_t count)
{
    for (size_t i = 0; count; i++)
        count = functions[i](mutex, guarded, count);
}
"""


def main():
    functions = int(sys.argv[1]) // PER_FUNCTION
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write(HEAD)
        for i in range(functions):
            out.write(FUNCTION % (i, " ".join(["TEN"] * (PER_FUNCTION // 10))))
        names = ", ".join(f"f{i}" for i in range(functions))
        out.write(f"\nstatic size_t (*const functions[])(pthread_mutex_t *, size_t *, size_t) = {{{names}}};\n")
        out.write(TAIL)


main()
