/*
 * Models made in memory for tests of analyses: one process with threads, segments, locks,
 * dependencies, and what threads hold and wait for at the end.
 *
 *     struct mb *b = mb_new();
 *     uint32_t one = mb_thread(b), two = mb_thread(b);     -- segments that may run side by side
 *     uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");
 *     MB_DEP(b, one, X(c), X(a));                          -- wanted c with a held
 *     MB_DEP(b, two, X(a), X(c));
 *     struct lh_findings *findings = mb_inversions(b, NULL);
 *     mb_free(b);                                          -- findings too
 *
 * Tests fail by assertion when memory runs out.
 */
#ifndef LH_TESTS_MODEL_BUILDER_H
#define LH_TESTS_MODEL_BUILDER_H

#include <stdint.h>

#include "analyses.h"
#include "finding.h"
#include "model.h"

struct mb;

/* A lock as held or wanted. */
struct mb_ref {
    uint32_t lock;
    uint8_t mode, flags;
    const char *function; /* NULL: "work" */
};

#define X(lock)            ((struct mb_ref){(lock), LH_MODE_EXCLUSIVE, 0, NULL})
#define S(lock)            ((struct mb_ref){(lock), LH_MODE_SHARED, 0, NULL})
#define TRY(lock)          ((struct mb_ref){(lock), LH_MODE_EXCLUSIVE, LH_ATTEMPT_TRY, NULL})
#define TIMED(lock)        ((struct mb_ref){(lock), LH_MODE_EXCLUSIVE, LH_ATTEMPT_TIMED, NULL})
#define AT(lock, function) ((struct mb_ref){(lock), LH_MODE_EXCLUSIVE, 0, (function)})

struct mb *mb_new(void);
void mb_free(struct mb *b);
struct lh_process *mb_process(struct mb *b);
struct lh_model *mb_model(struct mb *b);

/* The uid of a thread with a first segment of its own, which has no parents. */
uint32_t mb_thread(struct mb *b);
struct lh_thread *mb_thread_at(struct mb *b, uint32_t uid);

/* A segment of a thread; dependencies of the thread lie in it from now on. Returns its id. */
uint32_t mb_segment(struct mb *b, uint32_t thread, const uint32_t *parents, uint32_t n);
#define MB_SEGMENT(b, thread, ...)                         \
    mb_segment(b, thread, (const uint32_t[]){__VA_ARGS__}, \
               sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
/* The thread's segment at present. */
uint32_t mb_segment_of(struct mb *b, uint32_t thread);
/* What pthread_create and pthread_join do. */
uint32_t mb_create(struct mb *b, uint32_t creator);
void mb_join(struct mb *b, uint32_t joiner, uint32_t joined);

/* A lock whose class has the given name; the instance is named the same, with its index. */
uint32_t mb_lock(struct mb *b, const char *class_name, uint8_t kind, uint32_t flags);
uint32_t mb_mutex(struct mb *b, const char *class_name);
uint32_t mb_rwlock(struct mb *b, const char *class_name);
struct lh_lock *mb_lock_at(struct mb *b, uint32_t lock);

/* A dependency seen once, in the thread's segment at present. Returns its id. */
uint32_t mb_dep(struct mb *b, uint32_t thread, struct mb_ref wanted, const struct mb_ref *held,
                size_t n);
#define MB_DEP(b, thread, wanted, ...)                              \
    mb_dep(b, thread, wanted, (const struct mb_ref[]){__VA_ARGS__}, \
           sizeof((const struct mb_ref[]){__VA_ARGS__}) / sizeof(struct mb_ref))
/* Its thread had a unit of the semaphore. */
void mb_unit(struct mb *b, uint32_t dep, uint32_t semaphore);
/* Seen by another thread, too. */
void mb_seen(struct mb *b, uint32_t dep, uint32_t thread, uint64_t count);

/* The end of the trace: the thread lives, holds, and waits. */
void mb_holds(struct mb *b, uint32_t thread, struct mb_ref held);
void mb_waits(struct mb *b, uint32_t thread, struct mb_ref wanted);
void mb_waits_to_join(struct mb *b, uint32_t thread, uint32_t joined);

/* A stack of one frame. */
uint32_t mb_stack(struct mb *b, const char *function, const char *module);
/* The stack of `function` is called by `caller`, in that line. */
void mb_called_by(struct mb *b, const char *function, const char *caller, int line);

/* Run an analysis into the builder's findings, which stay the builder's. */
struct lh_findings *mb_inversions(struct mb *b, const struct lh_cycle_limits *limits);
struct lh_findings *mb_deadlocks(struct mb *b);
struct lh_findings *mb_stalls(struct mb *b);
struct lh_findings *mb_nesting(struct mb *b);

#endif
