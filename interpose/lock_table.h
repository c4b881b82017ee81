/*
 * Where the instances of locks stand, live or resting: by address, by grain of memory (256 bytes),
 * and by the thread on whose stack they lie. Read without the recorder lock, changed under it.
 */
#ifndef LH_INTERPOSE_LOCK_TABLE_H
#define LH_INTERPOSE_LOCK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct lh_lock;

/* What lives at an address; lock-free: a miss proves nothing. NULL: none was found. */
struct lh_lock *lh_lock_live_at(uintptr_t addr);
/* The same, certain, under the recorder lock. */
struct lh_lock *lh_lock_live_at_locked(uintptr_t addr);

/* What stands in the table at an address, live or resting; lock-free: a miss proves nothing. */
struct lh_lock *lh_lock_at(uintptr_t addr);
/* The same, certain, under the recorder lock. */
struct lh_lock *lh_lock_at_locked(uintptr_t addr);

/*
 * What stands in [start, start + size), at most `most`: their number. Without the recorder lock;
 * -1: not certain, too many, or more than LH_FEW_GRAINS grains of 256 bytes.
 */
#define LH_FEW_GRAINS 64u
int lh_locks_in(uintptr_t start, uintptr_t size, struct lh_lock **ret, int most);

/* ---- under the recorder lock ---- */

/* Its `home` and `slot` are set. false: no memory. */
bool lh_lock_table_add(struct lh_lock *lock);
void lh_lock_table_remove(struct lh_lock *lock);

/* Calls `act` for all that stand in a range that is not empty; it may take its lock out. */
void lh_lock_table_each(uintptr_t start, uintptr_t size, void (*act)(struct lh_lock *, void *),
                        void *data);

void lh_lock_table_forked(void);

#endif
