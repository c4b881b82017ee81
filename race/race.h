/*
 * The race detector: what compiler instrumentation (-fsanitize=thread) tells of memory accesses,
 * judged by what the shim knows of threads and locks. This header is all that interpose/ sees of
 * it.
 *
 * Nothing here costs a program without instrumentation more than a look at lh_race_on.
 */
#ifndef LH_RACE_RACE_H
#define LH_RACE_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lh_race_past;
struct lh_self;

/* Instrumented code is in the process. Set once, by the first __tsan_init(); atomic. */
extern bool lh_race_on __attribute__((visibility("hidden")));

static inline bool lh_racing(void)
{
    /* Relaxed: set before any instrumented code runs; who sees it late has nothing to order yet. */
    return __builtin_expect(__atomic_load_n(&lh_race_on, __ATOMIC_RELAXED), 0);
}

/*
 * Edges of happens-before, by the address of the object. Those of mutexes, rwlocks and spin locks
 * are luck: the next run may take the locks in another order. They count for what is proven to be a
 * race, not for what is suspect (check.h).
 */
void lh_race_lock_acquired(const void *lock, bool shared);
void lh_race_lock_releasing(const void *lock, bool shared);

/* Edges that are meant as such: semaphores, once, join by hand. */
void lh_race_acquire(const void *object);
void lh_race_release(const void *object);

/* A condition's signal and what it woke. */
void lh_race_signal(const void *cond);
void lh_race_woken(const void *cond);

/* A barrier: all that arrive happen before all that leave, round by round. `parties`: how many it
 * waits for, 0 when unknown. Returns the round. */
uint32_t lh_race_barrier_arrive(const void *barrier, uint32_t parties);
void lh_race_barrier_leave(const void *barrier, uint32_t round);

/* The set of held locks changed otherwise. */
void lh_race_held_changed(void);

/* What the calling thread has done and knows: for a thread that it creates or that joins it. */
struct lh_race_past *lh_race_past_take(void);
void lh_race_past_join(struct lh_race_past *past);
void lh_race_past_drop(struct lh_race_past *past);

/* See to it that all is found and told that the calling thread did so far: before what follows is
 * asked for inside the guard. */
void lh_race_settle(void);

/* The calling thread begins, ends. `past` is its creator's, or NULL. Outside, inside the guard. */
void lh_race_thread_begin(struct lh_race_past *past);
struct lh_race_past *lh_race_thread_end(struct lh_self *self);

/* Memory is given back. `free`: that counts as a write to it, at the code address. */
void lh_race_memory_ends(uintptr_t start, size_t size, uintptr_t free);
/* The same where other memory may take its place, and what lies there goes on. */
void lh_race_memory_moves(uintptr_t start, size_t size, uintptr_t free);

/* A heap block begins, with room for more than was asked for. */
void lh_race_block(uintptr_t start, size_t size, size_t room, uintptr_t pc);

/* In a forked child, with the one thread that is left. */
void lh_race_forked(void);

#endif
