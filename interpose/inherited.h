/*
 * Locks that other threads held when the process forked. The child has them locked, and nobody in
 * it who could release them: when it wants one, that is noted, and judged like a deadlock.
 */
#ifndef LH_INTERPOSE_INHERITED_H
#define LH_INTERPOSE_INHERITED_H

#include "locks.h"
#include "self.h"

/* Where the thread calls fork(); {0, 0}: not known. */
void lh_inherited_at(struct lh_site site);

/* In the parent, around the fork: note what others hold, and forget it. */
void lh_inherited_before_fork(struct lh_self *self);
void lh_inherited_after_fork(void);
/* In the child: it holds from now on. */
void lh_inherited_forked(void);

extern bool lh_inherited_any;
/* For lh_inherited_wait(): the process was forked while others held locks. */
void lh_inherited_look(struct lh_self *self, struct lh_lock *lock, uint32_t stack, uint32_t flags);

/* The thread waits for the lock, as is published by now. May not return (verdict.h). */
static inline void lh_inherited_wait(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                                     uint32_t flags)
{
    if (__builtin_expect(lh_inherited_any && lock, 0))
        lh_inherited_look(self, lock, stack, flags);
}

#endif
