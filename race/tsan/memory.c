/* Functions that touch memory of the program: their accesses count as those of the caller. */
#include <stdbool.h>

#include "calls.h"
#include "instrumented.h"
#include "real.h"

/* Whose accesses count: in a macro, as it needs the caller of the intercepted function. */
#define COUNTS() (lh_tsan_active() && lh_is_instrumented(LH_CALLER))

#define READS(start, size)  lh_tsan_range(start, size, false, LH_CALLER)
#define WRITES(start, size) lh_tsan_range(start, size, true, LH_CALLER)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

LH_INTERCEPT void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    if (COUNTS()) {
        READS(from, size);
        WRITES(to, size);
    }
    return REAL(memcpy)(to, from, size);
}

LH_INTERCEPT void *memmove(void *to, const void *from, size_t size)
{
    if (COUNTS()) {
        READS(from, size);
        WRITES(to, size);
    }
    return REAL(memmove)(to, from, size);
}

LH_INTERCEPT void *memset(void *to, int value, size_t size)
{
    if (COUNTS())
        WRITES(to, size);
    return REAL(memset)(to, value, size);
}

LH_INTERCEPT int memcmp(const void *a, const void *b, size_t size)
{
    if (COUNTS()) {
        READS(a, size);
        READS(b, size);
    }
    return REAL(memcmp)(a, b, size);
}

LH_INTERCEPT size_t strlen(const char *text)
{
    size_t length = REAL(strlen)(text);

    if (COUNTS())
        READS(text, length + 1);
    return length;
}

LH_INTERCEPT char *strcpy(char *restrict to, const char *restrict from)
{
    if (COUNTS()) {
        size_t size = REAL(strlen)(from) + 1;
        READS(from, size);
        WRITES(to, size);
    }
    return REAL(strcpy)(to, from);
}

LH_INTERCEPT char *strncpy(char *restrict to, const char *restrict from, size_t size)
{
    if (COUNTS()) {
        READS(from, least(strnlen(from, size) + 1, size));
        WRITES(to, size);
    }
    return REAL(strncpy)(to, from, size);
}

LH_INTERCEPT char *strcat(char *restrict to, const char *restrict from)
{
    if (COUNTS()) {
        size_t before = REAL(strlen)(to), size = REAL(strlen)(from) + 1;
        READS(from, size);
        READS(to, before + 1);
        WRITES(to + before, size);
    }
    return REAL(strcat)(to, from);
}

/* Up to where they differ, or end. */
static size_t compared(const char *a, const char *b, size_t limit)
{
    size_t i = 0;

    while (i < limit && a[i] == b[i] && a[i])
        i++;
    return least(i + 1, limit);
}

LH_INTERCEPT int strcmp(const char *a, const char *b)
{
    if (COUNTS()) {
        size_t size = compared(a, b, SIZE_MAX);
        READS(a, size);
        READS(b, size);
    }
    return REAL(strcmp)(a, b);
}

LH_INTERCEPT int strncmp(const char *a, const char *b, size_t limit)
{
    if (COUNTS()) {
        size_t size = compared(a, b, limit);
        READS(a, size);
        READS(b, size);
    }
    return REAL(strncmp)(a, b, limit);
}
