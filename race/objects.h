/*
 * What orders threads: for each lock, semaphore or atomic variable, what those knew who released
 * it. Found by address; begun when it is first released.
 */
#ifndef LH_RACE_OBJECTS_H
#define LH_RACE_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clocks.h"
#include "hot.h"
#include "watched.h"

/* What a lock needs comes first: it fits into one line of a cache. */
struct lh_object {
    uintptr_t addr; /* 0: ended; atomic */
    struct lh_object *next;
    uint32_t lock;
    struct lh_clocks clocks, strict;
    uint64_t releasers;      /* atomic variable: whose release sequences go on (atomics.c) */
    uint32_t round, arrived; /* barrier: how many came so far in this round */
};

/* Which of its two clocks an edge is good for. */
enum lh_edge { LH_EDGE_FULL = 1, LH_EDGE_STRICT = 2, LH_EDGE_BOTH = 3 };

/* The object at an address, locked. NULL: there is none, and none is to be (or can be) made. */
struct lh_object *lh_object_lock(struct lh_hot *hot, uintptr_t addr, bool make);
void lh_object_unlock(struct lh_object *object);

extern uint32_t lh_births __attribute__((visibility("hidden")));

/* Objects made so far, and one: never 0. Acquire pairs with the release where one is made. */
static inline uint32_t lh_object_births(void)
{
    return __atomic_load_n(&lh_births, __ATOMIC_ACQUIRE) + 1;
}

/* Did the thread see that there is no object at this address? lh_object_births() then, else 0. */
static inline uint32_t lh_object_is_none(const struct lh_race_thread *thread, uintptr_t addr)
{
    const struct lh_no_object *none = &thread->no_objects[lh_cache_place(addr, LH_NO_OBJECT_CACHE)];
    uint32_t births = lh_object_births();

    return none->addr == addr && none->births == births ? births : 0;
}

/* With the object locked. */
void lh_object_learn(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge);
/* What was in it is forgotten. */
void lh_object_store(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge);
void lh_object_add(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge);

/* Memory is given back, and what lies there. */
void lh_objects_end(uintptr_t start, size_t size);

void lh_objects_forked(void);

#endif
