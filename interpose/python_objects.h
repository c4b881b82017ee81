/*
 * What Python code synchronizes with, beside the interpreter's locks: Condition, Event, Semaphore,
 * Barrier, Queue, Future, the end of a Thread. Python's library builds them of locks; here they get
 * an entry in the lock table each (LH_LOCK_OBJECT), and a thread that sleeps on one of their locks
 * is noted to wait for the object.
 *
 * All of it is called by the thread concerned, inside the shim's guard, for semaphores of the
 * interpreter; behind lh_python_stack() for the same call.
 */
#ifndef LH_INTERPOSE_PYTHON_OBJECTS_H
#define LH_INTERPOSE_PYTHON_OBJECTS_H

#include <semaphore.h>

#include "op.h"
#include "python.h"

/* The interpreter was unloaded. */
void lh_python_objects_forget(void);

/* A lock was made, which is in the table already. */
void lh_python_born(struct lh_self *self, const sem_t *sem, uint32_t stack, struct lh_site site);
/* It is about to end. */
void lh_python_ends(struct lh_self *self, const sem_t *sem);

/* A lock is about to be used, the beginning of which was not seen: a forked child knows nothing of
 * those that its parent made. `lock` may be NULL. */
void lh_python_know(struct lh_lock *lock);

/*
 * Python code that locks tries first, with the GIL, and waits only when that fails. What the try is
 * for: enum lh_attempt_flags; LH_ATTEMPT_TRY: it will not wait, or nobody knows.
 */
uint32_t lh_python_attempt(struct lh_self *self);

/* The lock was tried; `taken`: and taken. */
void lh_python_tried(struct lh_self *self, struct lh_lock *lock, uint32_t stack, bool taken);

/* How the lock that is waited for now was tried. */
uint32_t lh_python_tried_flags(struct lh_self *self, const struct lh_lock *lock, uint32_t flags);
/* lh_block_begin() for what the lock stands for. */
struct lh_block lh_python_block(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                                uint32_t flags);
/* The wait is over; `taken`: and not for its time limit. */
void lh_python_woken(struct lh_self *self, struct lh_lock *lock, uint32_t stack, bool taken);

/* A lock that belongs to no object is about to be released by its holder. false: it is another. */
bool lh_python_releases_plain(struct lh_self *self, struct lh_lock *lock);
/* The lock is about to be released by its holder, or another. */
void lh_python_releases(struct lh_self *self, struct lh_lock *lock, uint32_t stack, bool is_held);

#endif
