/* What the end of memory is to the locks in it: blocks, mappings, stack frames. */
#ifndef LH_INTERPOSE_LOCK_MEMORY_H
#define LH_INTERPOSE_LOCK_MEMORY_H

#include <stdint.h>

struct lh_freed;
struct lh_lock;
struct lh_self;

/*
 * Memory is given back: every instance in [start, start + size) has ended. Where `freed` is not
 * NULL, the memory can be read still, and what somebody holds there is put into it.
 */
void lh_locks_end_range(const struct lh_self *self, uintptr_t start, uintptr_t size,
                        struct lh_freed *freed);
/* The same under the recorder lock. */
void lh_locks_end_range_locked(const struct lh_self *self, uintptr_t start, uintptr_t size,
                               struct lh_freed *freed);

/* What rests in the range leaves the table. Under the recorder lock. */
void lh_locks_settle_range(uintptr_t start, uintptr_t size);

/*
 * Memory may be about to move: take the instances in [start, start + size) out of the table, so
 * that what others put there meanwhile is not taken for them. Returns them as a list. Then put back
 * those below `kept_end`, the others have ended. Both under the recorder lock.
 */
struct lh_lock *lh_locks_park(const struct lh_self *self, uintptr_t start, uintptr_t size,
                              struct lh_freed *freed);
void lh_locks_unpark(struct lh_lock *parked, uintptr_t kept_end);

/* Frames of this thread below `sp` are gone, and the locks in them. */
void lh_locks_end_frames(struct lh_self *self, uintptr_t sp, struct lh_freed *freed);

/* The thread's stack is gone. Under the recorder lock. */
void lh_locks_end_stack(struct lh_self *self, struct lh_freed *freed);

#endif
