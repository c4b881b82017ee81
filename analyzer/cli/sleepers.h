/*
 * The threads of a process of which every one waits without a time limit, as its trace and /proc
 * have them. For hang.c.
 */
#ifndef LH_CLI_SLEEPERS_H
#define LH_CLI_SLEEPERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "live.h"
#include "proc.h"

struct lh_sleeper {
    struct lh_live_thread wait; /* the wait in which it was found */
    size_t place;               /* in the trace */
    bool met;                   /* /proc lists it, asleep in that wait */
    bool unseen;                /* /proc did not show in what it sleeps */
    bool recorded;              /* what it waits for is known */
    bool reachable; /* whoever shares the memory at `object` can end the wait; else the process
                       alone */
    uint64_t object;
};

struct lh_sleepers {
    struct lh_sleeper *items; /* by tid */
    size_t n, room;
    size_t suspect; /* place of a thread that did not wait: looked at first the next time */
};

/*
 * Collect them from the trace. false: some thread does not wait for ever; that is cheap when it is
 * the same one as the last time.
 */
bool lh_sleepers_collect(struct lh_sleepers *sleepers, const struct lh_live *live,
                         const struct lh_proc *proc);
/* Is each still in the wait in which it was found? The trace alone is looked at. */
bool lh_sleepers_stay(const struct lh_sleepers *sleepers, const struct lh_live *live);
/*
 * Are all threads that /proc lists among them, each asleep in its wait? Fills in the rest of the
 * items; *ret_n: how many threads /proc listed.
 */
bool lh_sleepers_are_asleep(struct lh_sleepers *sleepers, const struct lh_live *live,
                            const struct lh_proc *proc, size_t *ret_n);

#endif
