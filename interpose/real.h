/*
 * The functions that the shim stands in front of, as the next object in search order has them.
 * Resolved once, by symbol version, before the first wrapper does anything else.
 */
#ifndef LH_INTERPOSE_REAL_H
#define LH_INTERPOSE_REAL_H

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <threads.h>
#include <unistd.h>

struct lh_real {
#define HOOK(function, version, family, required) __typeof__(function) *function;
#include "hooks.def"
#undef HOOK
    size_t (*malloc_usable_size)(void *);  /* of whoever provides free(); may be NULL */
    int (*dl_find_object)(void *, void *); /* _dl_find_object(); may be NULL */
};

extern struct lh_real lh_real;
extern bool lh_real_ready;

/* Resolve everything. May be called again, and from within itself. */
void lh_real_resolve(void);

/* For wrappers that run without a thread state: make sure the table can be used. */
static inline void lh_real_need(void)
{
    /* Pairs with the release in lh_real_resolve(). */
    if (__builtin_expect(!__atomic_load_n(&lh_real_ready, __ATOMIC_ACQUIRE), 0))
        lh_real_resolve();
}

#endif
