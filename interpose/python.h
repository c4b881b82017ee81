/*
 * Python code in this process: its call chains as stacks, and what it is about to do with a lock.
 * The interpreter is found and read by python_frames.h; a version that is not known there has C
 * stacks only.
 */
#ifndef LH_INTERPOSE_PYTHON_H
#define LH_INTERPOSE_PYTHON_H

#include <stdbool.h>
#include <stdint.h>

#include "race.h"
#include "self.h"
#include "site.h"

/* The interpreter's code; none when there is no interpreter of a known version. */
extern struct lh_python_code {
    uintptr_t start, size;
    bool late; /* it ran before it was found */
} lh_python_code;

/*
 * Is this a call of the interpreter? Its semaphores are the locks of Python code, and nothing else
 * in it calls the functions of semaphores.
 */
static inline bool lh_python_calls(struct lh_site site)
{
    uintptr_t size = __atomic_load_n(&lh_python_code.size, __ATOMIC_RELAXED);

    return __builtin_expect(
        site.pc - __atomic_load_n(&lh_python_code.start, __ATOMIC_RELAXED) < size, 0);
}

/* The code that multiprocessing has its locks from (python_shared.h); none: it is not in use, or
 * part of the interpreter. */
extern struct lh_python_extension {
    uintptr_t start, size;
} lh_python_extension;

/* Is it Python code that uses a semaphore here? Then the GIL is held, but for a wait. */
static inline bool lh_python_asks(struct lh_site site)
{
    if (__builtin_expect(!__atomic_load_n(&lh_python_code.size, __ATOMIC_RELAXED), 1))
        return false;
    uintptr_t size = __atomic_load_n(&lh_python_extension.size, __ATOMIC_RELAXED);

    return lh_python_calls(site) ||
           site.pc - __atomic_load_n(&lh_python_extension.start, __ATOMIC_RELAXED) < size;
}

/*
 * Of mutexes and conditions, the interpreter has the GIL and its like. Threads hand it on all the
 * time, each waits for it for a while only, and who is slow with it makes all of them slow: its
 * calls are left alone, unless their order in time is asked for.
 */
static inline bool lh_python_hands_on(struct lh_site site)
{
    return lh_python_calls(site) && !lh_racing();
}

/* It may have taken something before it was found. */
static inline bool lh_python_is_late(void)
{
    /* Relaxed: the size, which was looked at before, was stored after it. */
    return __atomic_load_n(&lh_python_code.late, __ATOMIC_RELAXED);
}

/* Look for an interpreter among what the program began with. Not inside the guard. */
void lh_python_find(void);
/* Is this code, which makes a semaphore, an interpreter that was loaded later? */
void lh_python_look_at(uintptr_t pc);
/* Something was unloaded: perhaps the interpreter. */
void lh_python_check_loaded(void);
/* What a new trace says of it: enum lh_mode_bits. Under the recorder lock. */
uint32_t lh_python_modes(void);

/* What a function of Python's library does with a lock, as its name and its caller's say. */
enum lh_python_act {
    LH_PYTHON_ACT_NONE,
    LH_PYTHON_ACT_WAIT,   /* Condition.wait(): the lock is the one that it sleeps on */
    LH_PYTHON_ACT_NOTIFY, /* Condition.notify() asks whether its lock is held */
    LH_PYTHON_ACT_WAKE,   /* Condition.notify() releases what a waiter sleeps on */
    LH_PYTHON_ACT_TAKEN,  /* Semaphore.acquire() is done */
    LH_PYTHON_ACT_END,    /* a Thread takes itself off the list: its code has run */
};

/* A thread's. */
struct lh_python_thread {
    uint32_t uid, forks;       /* of the thread and the process that all of this is about */
    const void *object;        /* its Thread object; NULL: it is not known. Others look at it */
    bool looked;               /* for the Thread object */
    char name[LH_THREAD_NAME]; /* as Python has it; "": not known */
    uint32_t stack;            /* of its last call with the GIL */
    bool has_gil;              /* at its last call */
    bool ended;                /* as Python has it; the native thread goes on for a moment */
    uint8_t act;               /* enum lh_python_act of its last call */
    uint8_t flags;             /* enum lh_attempt_flags of its last call, if it tries a lock */
    uint8_t tried_flags;
    uint32_t wait_kind;    /* enum lh_wait_kind: what it sleeps for, when it sleeps on `tried` */
    struct lh_lock *tried; /* the lock that it tried in vain */
    struct lh_lock *wait_lock; /* stands for the object that it waits for */
    struct lh_lock *signalled; /* released last, and for the first time by one not its holder */
    struct lh_lock *released;  /* the lock that it released last */
    struct lh_python_cache {
        uint64_t key;
        uint32_t stack;
        uint8_t act, flags;
    } cache[256];
};

/* The thread's own; NULL: no memory. */
struct lh_python_thread *lh_python_thread(struct lh_self *self);

/* Is the thread at an end, as Python has it? */
static inline bool lh_python_has_ended(const struct lh_self *self)
{
    return self->python && self->python->uid == self->uid && self->python->ended;
}

/* The stack of its last call with the GIL; LH_NO_STACK: none is known. */
static inline uint32_t lh_python_last_stack(const struct lh_self *self)
{
    return self->python && self->python->uid == self->uid ? self->python->stack : LH_NO_STACK;
}

/*
 * The id of the stack of Python code that the calling thread is in. Without the GIL: that of its
 * last call with it. LH_NO_STACK: none is known.
 */
uint32_t lh_python_stack(struct lh_self *self);

/* A Thread object begins: the name that it will have. `name` is a str, cut to what fits. */
void lh_python_name_thread(const void *thread_object, const void *name);

void lh_python_forked(void);

#endif
