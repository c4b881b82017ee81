/*
 * A call that may move memory. Whether it will cannot be known before, and afterwards the old place
 * may be another thread's: so the locks in it are out of the table while the call runs. Any thread;
 * keeps errno.
 */
#ifndef LH_INTERPOSE_MOVING_H
#define LH_INTERPOSE_MOVING_H

#include <stddef.h>
#include <stdint.h>

struct lh_freed;
struct lh_lock;

/*
 * Before the real call. Nearly always NULL: there is no lock in the memory. What somebody holds
 * there goes into `freed`, to be noted if it does not stay.
 */
struct lh_lock *lh_moving_begin(const void *start, size_t size, struct lh_freed *freed);

/* After it: locks below `kept_end` are where they were, the others have ended. */
void lh_moving_end(struct lh_lock *locks, uintptr_t kept_end);

#endif
