#include "proc_text.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* A number in the base at *at, which moves behind it. */
static bool take_number(const char **at, int base, uint64_t *ret)
{
    char *end;

    /* Neither blanks nor a sign: strtoull() would take both. */
    if (!((**at >= '0' && **at <= '9') || (base == 16 && **at >= 'a' && **at <= 'f')))
        return false;
    errno = 0;
    *ret = strtoull(*at, &end, base);
    *at = end;
    return errno == 0;
}

static bool take(const char **at, char expected)
{
    if (**at != expected)
        return false;
    (*at)++;
    return true;
}

/* ---- stat ---- */

#define FIELD_PARENT  4
#define FIELD_THREADS 20

/* A program may call itself ") S (": what follows the last parenthesis has none. */
bool lh_proc_stat(const char *text, struct lh_proc_stat *ret)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')'), *at;
    struct lh_proc_stat stat = {0};
    uint64_t parent, threads;
    size_t length;

    if (!open || !close || close < open || close[1] != ' ' || close[2] == '\0' || close[3] != ' ')
        return false;
    length = (size_t)(close - open - 1);
    if (length >= sizeof(stat.name))
        length = sizeof(stat.name) - 1;
    memcpy(stat.name, open + 1, length);
    stat.state = close[2];
    at = close + 4;
    if (!take_number(&at, 10, &parent) || parent > UINT32_MAX)
        return false;
    stat.parent = (uint32_t)parent;
    for (int field = FIELD_PARENT; field < FIELD_THREADS; field++) {
        at = strchr(at, ' ');
        if (!at)
            return false;
        at++;
    }
    if (!take_number(&at, 10, &threads) || threads > UINT32_MAX)
        return false;
    stat.threads = (uint32_t)threads;
    *ret = stat;
    return true;
}

/* ---- status ---- */

/* What follows "\nNAME:" and blanks; NULL: no such line. */
static const char *find_line(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    if (!found)
        return NULL;
    found += strlen(name);
    return found + strspn(found, " \t");
}

static bool line_number(const char *text, const char *name, int base, uint64_t *ret)
{
    const char *at = find_line(text, name);

    return at && take_number(&at, base, ret);
}

/* The second of those of the line: real, effective, saved, of the file system. */
static bool effective_user(const char *text, uint64_t *ret)
{
    const char *at = find_line(text, "\nUid:");

    return at && take_number(&at, 10, ret) && take(&at, '\t') && take_number(&at, 10, ret);
}

/* The name of the program is escaped there: no line but the kernel's own begins with these. */
bool lh_proc_status(const char *text, struct lh_proc_status *ret)
{
    uint64_t tracer, threads, user, handled;

    if (!line_number(text, "\nTracerPid:", 10, &tracer) || !effective_user(text, &user) ||
        !line_number(text, "\nThreads:", 10, &threads) ||
        !line_number(text, "\nSigCgt:", 16, &handled))
        return false;
    *ret = (struct lh_proc_status){(uint32_t)tracer, (uint32_t)threads, (uint32_t)user, handled};
    return true;
}

/* ---- syscall ---- */

bool lh_proc_call(const char *text, struct lh_proc_call *ret)
{
    struct lh_proc_call call = {.number = LH_CALL_RUNNING};
    uint64_t number;

    if (strncmp(text, "running", 7) == 0) {
        *ret = call;
        return true;
    }
    if (strncmp(text, "-1 ", 3) == 0) {
        call.number = LH_CALL_NONE;
        *ret = call;
        return true;
    }
    if (!take_number(&text, 10, &number) || number > INT32_MAX)
        return false;
    call.number = (int)number;
    for (int i = 0; i < 6; i++) {
        if (!take(&text, ' ') || !take(&text, '0') || !take(&text, 'x') ||
            !take_number(&text, 16, &call.argument[i]))
            return false;
    }
    *ret = call;
    return true;
}

bool lh_proc_waits_in_futex(const struct lh_proc_call *call, bool *ret_private)
{
    unsigned operation = (unsigned)call->argument[1];

    if (call->number != SYS_futex || call->argument[3] != 0)
        return false;
    *ret_private = (operation & FUTEX_PRIVATE_FLAG) != 0;
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_WAIT_REQUEUE_PI:
    case 13: /* FUTEX_LOCK_PI2, newer than some headers */
        return true;
    default:
        return false;
    }
}

/* ---- maps ---- */

bool lh_proc_map(const char *line, struct lh_proc_map *ret)
{
    struct lh_proc_map map;
    uint64_t skipped;

    if (!take_number(&line, 16, &map.start) || !take(&line, '-') ||
        !take_number(&line, 16, &map.end) || !take(&line, ' ') || strnlen(line, 5) < 5)
        return false;
    map.shared = line[3] == 's';
    line += 4;
    if (!take(&line, ' ') || !take_number(&line, 16, &skipped) || !take(&line, ' ') ||
        !take_number(&line, 16, &skipped) || !take(&line, ':') ||
        !take_number(&line, 16, &skipped) || !take(&line, ' ') ||
        !take_number(&line, 10, &map.inode))
        return false;
    map.path = line + strspn(line, " ");
    *ret = map;
    return true;
}
