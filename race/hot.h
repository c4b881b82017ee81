/*
 * What the entry points need of the calling thread, in its initial-exec TLS: nothing here is
 * touched by another thread.
 */
#ifndef LH_RACE_HOT_H
#define LH_RACE_HOT_H

#include <stdbool.h>
#include <stdint.h>

#define LH_DEFERRED 8u

struct lh_fiber;
struct lh_race_thread;

/* A function that is entered and not left. */
struct lh_frame {
    uintptr_t pc;       /* where it returns to */
    uintptr_t sp;       /* stack pointer when it said so */
    uintptr_t function; /* an address in it */
    uint32_t context;   /* number of the calling context in it; 0: not asked for yet */
};

struct lh_hot {
    uint64_t epoch;             /* clock and slot as in a word; 0: its accesses are not watched */
    const uintptr_t *shadow;    /* shadow.h: the table of regions */
    struct lh_frame *frames;    /* the outermost; before it lies one that is never left */
    struct lh_frame *frame;     /* one past the innermost */
    struct lh_frame *frame_end; /* there is no room from here on */
    const uint32_t *clocks;     /* by slot: what it knows of the others */
    const uint32_t *strict;     /* the same without the edges of locks */
    struct lh_race_thread *thread; /* NULL: not begun */
    uintptr_t inside;              /* not 0: in the detector; the frame address of who entered */
    uint32_t lockset;              /* number of the set of held locks */
    uint64_t guard;                /* uid of the lock, where it holds one, and for itself; 0 */
    bool lockset_stale;            /* the held set changed */
    bool gone;                     /* past its end, or never to begin */
    uint32_t frames_lost;          /* entered when there was no room */
    uint32_t ignore_reads, ignore_writes; /* depth of annotations */
    struct lh_fiber *fiber, *own_fiber;   /* that runs; the thread itself. NULL: not asked yet */
    uint32_t n_deferred;                  /* atomic: edges that a signal handler left behind */
    struct lh_deferred {
        uintptr_t addr;
        bool release;
    } deferred[LH_DEFERRED];
};

extern __thread struct lh_hot lh_hot
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

/*
 * Enter the detector. false: this thread is in it already (a signal handler interrupted it there).
 * One that was left by siglongjmp() is told by its frame, as lh_enter() does.
 */
bool lh_hot_enter_again(struct lh_hot *hot, uintptr_t frame);
static inline bool lh_hot_enter(struct lh_hot *hot)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    if (__builtin_expect(hot->inside != 0, 0))
        return lh_hot_enter_again(hot, frame);
    hot->inside = frame;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return true;
}

/* The same where there is another way to go on: false also for one that was left. */
static inline bool lh_hot_try(struct lh_hot *hot)
{
    if (__builtin_expect(hot->inside != 0, 0))
        return false;
    hot->inside = (uintptr_t)__builtin_frame_address(0);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return true;
}

/* Room for the thread's frames. false: no memory, or it is past its end. */
bool lh_race_frames(struct lh_hot *hot);
void lh_race_drop_frames(struct lh_hot *hot);
/* The parts of it: the thread has none from now on; those that it, or a fiber, had are not used. */
void lh_race_no_frames(struct lh_hot *hot);
void lh_race_free_frames(struct lh_frame *frames);

/* What handlers left behind meanwhile. */
void lh_hot_catch_up(struct lh_hot *hot);

static inline void lh_hot_leave(struct lh_hot *hot)
{
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    hot->inside = 0;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (__builtin_expect(hot->n_deferred != 0, 0))
        lh_hot_catch_up(hot);
}

#endif
