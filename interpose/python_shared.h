/*
 * Locks of multiprocessing: semaphores in shared memory, which an extension of the interpreter's
 * opens and uses, and tries with the GIL before it waits, as the interpreter does. A process knows
 * them by their address from sem_open() on, a forked child from its parent.
 */
#ifndef LH_INTERPOSE_PYTHON_SHARED_H
#define LH_INTERPOSE_PYTHON_SHARED_H

#include <semaphore.h>
#include <stdbool.h>

#include "locks.h"
#include "self.h"
#include "site.h"

/* Is this, which opens a semaphore, that extension? Not inside the guard. */
bool lh_python_shares(struct lh_site site);

/* It opened one: `created` with this value, or else one that another process created. */
void lh_python_shared_opened(struct lh_self *self, const sem_t *sem, bool created, unsigned value,
                             struct lh_site site);
/* It is unmapped. */
void lh_python_shared_closed(const sem_t *sem);

/* The process has not seen the beginning of this lock. false: it is none of these. */
bool lh_python_shared_adopt(struct lh_lock *lock);

#endif
