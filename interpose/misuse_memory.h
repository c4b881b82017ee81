/*
 * Wrong uses of locks that come from the life of their memory: used after the destroy call or
 * before any init call, given back while somebody holds them.
 */
#ifndef LH_INTERPOSE_MISUSE_MEMORY_H
#define LH_INTERPOSE_MISUSE_MEMORY_H

#include "misuse.h"

/* ---- use after destroy ---- */

/* A destroy call has succeeded: the instance has ended, and what is used there now is wrong. */
void lh_misuse_destroyed(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                         struct lh_site site);

/* An instance has just begun that no init call announced. Under the recorder lock. */
void lh_misuse_first_use(struct lh_self *self, struct lh_lock *lock, uint32_t stack);

/* Where the mutex was destroyed, as its owner. Under the recorder lock. */
void lh_misuse_find_destroyer(const struct lh_lock *lock, struct lh_misuse *ret);

/* ---- freed while held ---- */

#define LH_FREED_MAX 8u

/* Locks in memory that is being given back, which somebody held at that moment. */
struct lh_freed {
    uint32_t n;
    bool overwritten; /* the memory may have been used for something else by now */
    struct lh_freed_lock {
        struct lh_lock *lock;
        uint32_t wait_stack; /* of the thread that waits for it */
        struct lh_misuse misuse;
    } locks[LH_FREED_MAX];
};

/* Nothing was found yet. */
static inline void lh_freed_begin(struct lh_freed *freed, bool overwritten)
{
    freed->n = 0;
    freed->overwritten = overwritten;
}

/* Its memory is about to go. Under the recorder lock. */
void lh_freed_look(struct lh_freed *freed, const struct lh_self *self, struct lh_lock *lock);

/* The memory is gone by the call at this stack. */
void lh_freed_note(struct lh_self *self, struct lh_freed *freed, enum lh_misuse_kind kind,
                   uint32_t stack);
/* The same under the recorder lock. */
void lh_freed_note_locked(struct lh_self *self, struct lh_freed *freed, enum lh_misuse_kind kind,
                          uint32_t stack);

/* A library may be about to go: look at every lock in one. Takes the recorder lock. */
void lh_freed_look_at_modules(struct lh_freed *freed, const struct lh_self *self);
/* Keep those that have ended since. */
void lh_freed_keep_ended(struct lh_freed *freed);

#endif
