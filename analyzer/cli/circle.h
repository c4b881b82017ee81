/*
 * Threads that wait for each other through semaphores used as locks, while others of the process go
 * on. Anybody may post a semaphore, so the thread that closes such a circle cannot know that it is
 * a deadlock. One that has stood for the grace time is taken for it, when each semaphore in it was
 * a lock so far: it began with 1, was taken and given back, and always by the same thread. It is in
 * doubt while another thread that can go on has given one of them back before.
 *
 * One thread at a time may use a struct lh_circle. Nothing here prints.
 */
#ifndef LH_CLI_CIRCLE_H
#define LH_CLI_CIRCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "live.h"

struct lh_circle {
    uint64_t since;   /* ns; when the oldest wait for such a semaphore was first seen; 0: none */
    uint64_t look;    /* ns; when to look next: looking costs more than the waits are worth */
    uint64_t pause;   /* ns */
    uint64_t threads; /* hash of the waits in the circle that was found; 0: none was */
};

enum lh_circling {
    LH_CIRCLE_NONE,
    LH_CIRCLE_STANDS,   /* for the grace time */
    LH_CIRCLE_IN_DOUBT, /* the same, but somebody may come and post */
};

/* `now`: CLOCK_MONOTONIC in ns; `grace` in ns, at least 1; `path`: of the trace. */
enum lh_circling lh_circle_look(struct lh_circle *circle, const struct lh_live *live,
                                const char *path, uint64_t now, uint64_t grace);

#endif
