/*
 * Wrong uses of locks, noted where they happen. What the shim knows of a lock can lag behind (an
 * acquisition in a signal handler that interrupted it is not recorded), so a wrong use is noted
 * only when the lock's own state, as glibc keeps it, says the same.
 *
 * This file: taking, releasing, destroying, ending with. Beside it: misuse_wait.h (conditions and
 * joins) and misuse_memory.h (objects and their memory).
 */
#ifndef LH_INTERPOSE_MISUSE_H
#define LH_INTERPOSE_MISUSE_H

#include "locks.h"
#include "self.h"

/* What trace/misuses.def says of each kind. */
struct lh_misuse {
    enum lh_misuse_kind kind;
    uint32_t stack;
    uint32_t owner, owner_stack, depth;
    uint32_t other;      /* the index of a lock that stays named, or the uid of a thread */
    uint32_t owner_lock; /* likewise */
    uint32_t n_stacks;
    const uint32_t *stacks;
};

/*
 * Note it, or count one more; `lock` may be NULL. true: it is new, and other locks that it names
 * are to be marked as named. Under the recorder lock.
 */
bool lh_misuse_note(struct lh_self *self, struct lh_lock *lock, const struct lh_misuse *misuse);

/* Fill in owner, owner_stack and depth as far as they can be told. Under the recorder lock. */
void lh_misuse_find_owner(const struct lh_lock *lock, struct lh_misuse *ret);

/* A lock that is held: the object, to be looked at outside of a call with it. NULL: it is gone,
 * maybe by a system call that nobody saw. Keeps errno. */
const void *lh_held_object(const struct lh_lock *lock);

/* An unlock of a lock that this thread does not hold; before the real call. */
void lh_misuse_unlock(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                      struct lh_site site);

/* A robust mutex is about to be unlocked. */
void lh_misuse_unlock_robust(struct lh_self *self, struct lh_lock *lock, struct lh_site site);

/* A call that takes the lock came back with an error. */
void lh_misuse_refused(struct lh_self *self, struct lh_lock *lock, uint32_t stack, int result);

/* A destroy call; before the real one. */
void lh_misuse_destroy(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                       struct lh_site site);

/* The same of an init call. */
void lh_misuse_init(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                    struct lh_site site);

/*
 * The thread ends for Python, which lets those go on who join it: what it holds of Python's locks,
 * nobody releases. Its native end comes later, or never, if the process exits first.
 */
void lh_misuse_python_end(struct lh_self *self);
/* The thread ends with what is in its held set. Under the recorder lock. */
void lh_misuse_thread_end(struct lh_self *self);
/* So does the process. Under the recorder lock. */
void lh_misuse_process_end(struct lh_self *self);

void lh_misuse_forked(void);

#endif
