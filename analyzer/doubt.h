/*
 * Why a process of which every thread waits is not called stalled: what the watcher's bits of
 * trace.h say to people.
 */
#ifndef LH_ANALYZER_DOUBT_H
#define LH_ANALYZER_DOUBT_H

#include <stdint.h>

#include "model.h"
#include "pool.h"

/* "its handler of SIGUSR1 may wake a thread": one line, in the pool. NULL: no memory. */
const char *lh_doubt_text(struct lh_pool *pool, uint32_t doubts, uint64_t signals);

/* What a watcher found goes into the process. Returns 0 or -ENOMEM. */
int lh_process_mark(struct lh_pool *pool, struct lh_process *process, bool stalled, uint32_t doubts,
                    uint64_t doubt_signals);

#endif
