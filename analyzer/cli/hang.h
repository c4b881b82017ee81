/*
 * Is a process hung: does every thread of it wait, without a time limit, for a lock or a thread of
 * its own, so that nobody is left to end one of the waits? Judged from outside: the trace says what
 * the threads wait for, /proc that they are asleep in it.
 *
 * A thread that is in the same wait at two looks has run nothing of the program in between, and has
 * woken nobody. When all threads are asleep in their waits at both, no wake is on its way, and none
 * will be: but for signal handlers, other processes, and what is not recorded. Those are the doubts
 * of trace.h.
 *
 * One thread at a time may use a struct lh_hang. Nothing here prints.
 */
#ifndef LH_CLI_HANG_H
#define LH_CLI_HANG_H

#include <stdbool.h>
#include <stdint.h>

#include "live.h"
#include "proc.h"

struct lh_hang;

enum lh_look {
    LH_LOOK_GONE,     /* the process has ended, or executed another program */
    LH_LOOK_ABLE,     /* some thread can go on, as far as can be seen */
    LH_LOOK_WAITING,  /* all wait; the grace time is not over */
    LH_LOOK_HUNG,     /* all have waited for the grace time */
    LH_LOOK_IN_DOUBT, /* the same, but something may wake one of them: the mark says what */
};

/*
 * Begin to watch the process that writes the trace at path. Errors of lh_live_open(); -ESRCH: it
 * does not run any more; -EPERM: the trace is another user's, and the process is not.
 */
int lh_hang_new(const char *path, struct lh_hang **ret);
void lh_hang_free(struct lh_hang *hang);

/*
 * `now`: CLOCK_MONOTONIC in ns; `grace` in ns, at least 1. HUNG and IN_DOUBT are answered again at
 * each look until a thread goes on.
 */
enum lh_look lh_hang_look(struct lh_hang *hang, uint64_t now, uint64_t grace);
/* The process may be gone: does its trace still say what was HUNG or IN_DOUBT at the last look? */
bool lh_hang_stays(const struct lh_hang *hang);

/* What is to be noted in the trace after the last look; all 0 when that is nothing. */
const struct lh_mark *lh_hang_mark(const struct lh_hang *hang);
const char *lh_hang_path(const struct lh_hang *hang);
const struct lh_trace_header *lh_hang_header(const struct lh_hang *hang);
const struct lh_proc *lh_hang_proc(const struct lh_hang *hang);
const struct lh_live *lh_hang_live(const struct lh_hang *hang);
/* Does the process have the trace mapped? Else it executed another program, or is another one. */
bool lh_hang_is_writer(const struct lh_hang *hang);

#endif
