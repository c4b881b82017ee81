/*
 * Who signalled a condition or posted a semaphore last, and where: when a thread waits in vain, the
 * report says why nobody comes (struct lh_trace_waker).
 */
#ifndef LH_INTERPOSE_WAKERS_H
#define LH_INTERPOSE_WAKERS_H

#include "locks.h"
#include "self.h"

/* Before the real call. Two threads that do so at once: one of them is noted. */
void lh_waker_note(struct lh_self *self, struct lh_lock *lock, enum lh_event_type event,
                   uint32_t stack);

/* The lock's slot goes to another one. Under the recorder lock. */
void lh_waker_forget(struct lh_lock *lock);

void lh_wakers_forked(void);

#endif
