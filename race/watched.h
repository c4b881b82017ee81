/*
 * The threads that are watched. Each has a slot: its place in all vector clocks. A slot is used
 * again after its thread ended, and its clock goes on, so vector clocks stay as short as there are
 * threads at a time.
 */
#ifndef LH_RACE_WATCHED_H
#define LH_RACE_WATCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "clocks.h"
#include "heap.h"
#include "hot.h"
#include "report.h"
#include "trace.h"
#include "words.h"

#define LH_CONTEXT_CACHE   8 /* log2 of the number of places */
#define LH_ACCESS_CACHE    10
#define LH_OBJECT_CACHE    6
#define LH_LOCKSET_CACHE   6
#define LH_NO_OBJECT_CACHE 4
#define LH_RENEWAL_CACHE   10
#define LH_STORED          16u
#define LH_UNSETTLED       16u
#define LH_UNTOLD          8u

/* The place of a key in a cache of 1 << bits places. */
static inline uint32_t lh_cache_place(uint64_t key, unsigned bits)
{
    return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> (64 - bits));
}

/* Where an access is made: its number is asked for by all that makes it up (accesses.h). */
struct lh_place {
    uint64_t where; /* code address << 16 | size << 8 | enum lh_access_flags */
    uint32_t context, lockset;
};

struct lh_race_thread {
    uint32_t slot;
    uint32_t clock;                  /* its own, as in the epoch */
    struct lh_clocks clocks, strict; /* LH_SLOT_MAX + 1 wide */
    struct lh_hot *hot;              /* while it runs; under the race lock */
    bool live;
    bool fenced;                              /* it passed a release fence: `fence` holds */
    struct lh_clocks fence, fence_strict;     /* what it knew at its last release fence */
    struct lh_clocks pending, pending_strict; /* what its relaxed loads saw */
    struct lh_race_thread *next_free;

    struct lh_context_cache {
        uintptr_t pc;
        uint32_t parent, context;
    } contexts[1 << LH_CONTEXT_CACHE];
    struct lh_access_cache {
        uint64_t place;
        uint32_t context, lockset, number;
    } accesses[1 << LH_ACCESS_CACHE];
    struct lh_lockset_cache {
        uint64_t hash;
        uint32_t number;
    } locksets[1 << LH_LOCKSET_CACHE];
    struct lh_object *objects[1 << LH_OBJECT_CACHE];
    struct lh_renewal {
        uint64_t record; /* the cell's word that names it; 0: none */
        uint64_t word;   /* atomic: the last such access */
        uintptr_t addr;
        struct lh_place place;
        uint32_t access;      /* number of the place */
        uint32_t version;     /* of the record, as it was when the access was judged */
        uint32_t count, told; /* renewed alone, atomic; how many of these the record counts */
        uint16_t at;          /* where in the record the entry lies */
        uint16_t alone;       /* atomic: renewed without a look at the entry: its bits; 0: not so */
    } renewals[1 << LH_RENEWAL_CACHE];
    struct lh_no_object {
        uintptr_t addr;  /* where there was no object ... */
        uint32_t births; /* ... when so many had been made (objects.c) */
    } no_objects[1 << LH_NO_OBJECT_CACHE];
    struct lh_renewal *unsettled[LH_UNSETTLED]; /* renewed alone, and not looked at again */
    uint32_t n_unsettled;
    uint64_t met; /* two sets with a lock in common, in 32 bits each; 0: none (visit.c) */

    /* Entries that were stored without locking their cell (stored.h). */
    struct lh_stored {
        struct lh_cell *cell;
        uintptr_t addr;
        uint64_t word;
        uint32_t access;
    } stored[LH_STORED];
    uint32_t next_stored, n_stored;
    uint32_t passed_on; /* atomic: its clock when another learnt what it knows (deferred.h) */

    struct lh_thread_heap heap;

    /* Races found while the recorder was at work in the thread (untold.h). */
    struct lh_untold {
        struct lh_finding found;
        uintptr_t addr;
        uint64_t word;
        struct lh_cell *cell;
        uint32_t withdraws;
    } untold[LH_UNTOLD];
    uint32_t n_untold;
};

/* `addr`: of the first byte that is accessed. */
static inline struct lh_renewal *lh_renewal_of(struct lh_race_thread *thread, uintptr_t addr)
{
    return &thread->renewals[lh_cache_place(addr, LH_RENEWAL_CACHE)];
}

/* The thread's clock moves on: what it does from now on is after what it has released. */
void lh_race_tick(struct lh_hot *hot);

/* From now on there may be more than one thread, or fiber. */
void lh_race_watch_from_now(void);

/* A thread of the trace that begins with what the calling one knows, and runs nowhere yet. NULL: no
 * memory. Inside, like what follows. */
struct lh_race_thread *lh_race_thread_new(struct lh_hot *creator, uint32_t uid);
/* The calling thread goes on as another one; NULL: as none that is watched. */
void lh_race_bind(struct lh_hot *hot, struct lh_race_thread *thread);

/* What the thread that runs has done and knows; and the one that runs learns it. */
struct lh_race_past;
struct lh_race_past *lh_race_past_of(struct lh_hot *hot);
void lh_race_past_learn(struct lh_hot *hot, const struct lh_race_past *past);

/* The calling thread is watched from now on, if the process has come so far. */
bool lh_race_watch(struct lh_hot *hot);

/* The calling thread has begun here, watched or not yet. */
bool lh_race_known(struct lh_hot *hot);

#endif
