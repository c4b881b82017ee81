/*
 * The dependencies of this run: who wanted what while holding what, each recorded the first time.
 *
 * A dependency is known by a 64-bit hash of what it says (held locks in order with their modes and
 * stacks, units of semaphores, the lock wanted, its mode and stack). Each thread remembers the ones
 * it has noted in this segment (dep_table.h), so that a repeated one costs a few nanoseconds.
 *
 * What can be in no cycle any more is forgotten: an ended lock gets no new dependencies, so when it
 * was never held while another was wanted, nothing leads on from it; and so on through the ended
 * locks around it. Of dependencies that differ in nothing but which ended lock of one birth they
 * concern, LH_LIKE_MAX are kept. So the trace grows with what is new, not with time.
 */
#ifndef LH_INTERPOSE_DEPS_H
#define LH_INTERPOSE_DEPS_H

#include "dep_table.h"
#include "hash.h"
#include "locks.h"
#include "self.h"

#define LH_LIKE_MAX    64u /* dependencies kept that differ in ended locks only */
#define LH_VARIANT_MAX 64u /* dependencies kept that differ in stacks only */

/* For lh_dep_note(): this thread does not know it (dep_table.h: `below`, `key`). */
void lh_dep_record(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                   enum lh_hold_mode mode, uint32_t flags, uint64_t below, uint64_t key);

/* Hash of a held set that ends with this lock, given the hash of the set below it. */
static inline uint64_t lh_held_prefix(uint64_t below, const struct lh_lock *lock, uint32_t stack,
                                      enum lh_hold_mode mode)
{
    /* One multiplication, as this runs at each acquisition; a bijection of what is put in, so that
     * only different sets below can collide. */
    uint64_t hash =
        (below ^ lock->uid ^ (uint64_t)stack << 31 ^ (uint64_t)mode << 63) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/* For the two below; `prefix`: of the held set. */
static inline void lh_dep_note_with(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                                    enum lh_hold_mode mode, uint32_t flags, uint64_t prefix)
{
    uint64_t below = prefix ^ self->segment_key ^ self->units_key;
    uint64_t key = lh_dep_key(below, lock->uid, stack, mode << 7 | flags);

    if (__builtin_expect(!lh_dep_met(self, below, key), 0))
        lh_dep_record(self, lock, stack, mode, flags, below, key);
}

/*
 * The thread wants the lock; `flags`: enum lh_attempt_flags. A condition stands for what is wanted,
 * too, by those who wait for it and by those who signal it; its mode is exclusive, so that the bit
 * of LH_ATTEMPT_SIGNAL and that of the mode do not meet.
 */
static inline void lh_dep_note(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                               enum lh_hold_mode mode, uint32_t flags)
{
    if (self->n_held && lock->owner != self->uid)
        lh_dep_note_with(self, lock, stack, mode, flags, self->held[self->n_held - 1].prefix);
}

/*
 * The thread may wait to write, while it holds nothing. That blocks nobody but where readers wait
 * behind a writer that waits: there a reader can wait for another one because of it.
 */
static inline void lh_dep_note_writer(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                                      uint32_t flags)
{
    if (!self->n_held && lock->owner != self->uid && lock->slot->flags & LH_LOCK_WRITER_FIRST)
        lh_dep_note_with(self, lock, stack, LH_MODE_EXCLUSIVE, flags, 0);
}

/* The lock is marked ended: forget what no cycle can use. Under the recorder lock. */
void lh_deps_lock_ended(struct lh_lock *lock);

void lh_deps_forked(void);

#endif
