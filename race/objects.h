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

struct lh_object {
    uintptr_t addr; /* 0: ended; atomic */
    struct lh_object *next;
    uint32_t lock;
    uint32_t round, arrived; /* barrier: how many came so far in this round */
    uint64_t releasers;      /* atomic variable: whose release sequences go on (atomics.c) */
    struct lh_clocks clocks, strict;
};

/* Which of its two clocks an edge is good for. */
enum lh_edge { LH_EDGE_FULL = 1, LH_EDGE_STRICT = 2, LH_EDGE_BOTH = 3 };

/* The object at an address, locked. NULL: there is none, and none is to be (or can be) made. */
struct lh_object *lh_object_lock(struct lh_hot *hot, uintptr_t addr, bool make);
void lh_object_unlock(struct lh_object *object);

/* With the object locked. */
void lh_object_learn(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge);
/* What was in it is forgotten. */
void lh_object_store(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge);
void lh_object_add(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge);

/* Draw an edge when the thread leaves the detector, in which it is now. */
void lh_race_defer(struct lh_hot *hot, uintptr_t addr, bool release);

/* Memory is given back, and what lies there. */
void lh_objects_end(uintptr_t start, size_t size);

void lh_objects_forked(void);

#endif
