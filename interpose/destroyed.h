/*
 * Objects that were destroyed and not initialized since: where the call was, and what the object
 * looked like after it. A bounded table; the oldest entry makes room. Whatever ends memory, and an
 * init call, takes entries out. All under the recorder lock unless said otherwise.
 */
#ifndef LH_INTERPOSE_DESTROYED_H
#define LH_INTERPOSE_DESTROYED_H

#include <stdbool.h>
#include <stdint.h>

#include "self.h"
#include "trace.h"

struct lh_destroyed {
    uintptr_t addr; /* 0: free */
    uint32_t kind;  /* enum lh_lock_kind */
    uint32_t thread, stack;
    uint32_t birth_stack, birth_flags;
    uint16_t next;  /* of the same page bucket; 0: none */
    uint64_t print; /* of what it looked like then */
};

/* Of what the object looks like: other bytes have another one, but for a chance of 2^-64. */
uint64_t lh_destroyed_print(const void *object, enum lh_lock_kind kind);

void lh_destroyed_add(const struct lh_destroyed *entry);

/* NULL: not destroyed, as far as is known. Valid until the next call. */
const struct lh_destroyed *lh_destroyed_find(uintptr_t addr);

/* Does the object still look as it did after the destroy call? */
bool lh_destroyed_is_untouched(const struct lh_destroyed *entry);

/* Any thread: false is certain for memory that this thread may give back. */
bool lh_destroyed_may_be_in(uintptr_t start, uintptr_t size);

void lh_destroyed_forget(uintptr_t addr);
void lh_destroyed_forget_range(uintptr_t start, uintptr_t size);

void lh_destroyed_forked(void);

#endif
