/*
 * Wrong uses of locks, noted where they happen. What the shim knows of a lock can lag behind (an
 * acquisition in a signal handler that interrupted it is not recorded), so a wrong use is noted
 * only when the lock's own state, as glibc keeps it, says the same.
 */
#ifndef LH_INTERPOSE_MISUSE_H
#define LH_INTERPOSE_MISUSE_H

#include "locks.h"
#include "self.h"

/* An unlock of a lock that this thread does not hold; before the real call. */
void lh_misuse_unlock(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                      struct lh_site site);

/* A destroy call; before the real one. */
void lh_misuse_destroy(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                       struct lh_site site);

/* The thread ends with what is in its held set. Under the recorder lock. */
void lh_misuse_thread_end(struct lh_self *self);

void lh_misuse_forked(void);

#endif
