/*
 * The steps from a loaded model to findings, in order:
 *   lh_symbolize(), lh_model_name_locks(), lh_find_deadlocks(), lh_find_stalls(),
 *   lh_find_misuses(), lh_find_lockouts(), lh_find_races(), lh_find_inversions(),
 *   lh_find_across(), lh_find_unordered_nesting(), lh_findings_sort().
 * Each returns 0 or -errno (-ENOMEM).
 */
#ifndef LH_ANALYZER_ANALYSES_H
#define LH_ANALYZER_ANALYSES_H

#include "finding.h"
#include "model.h"

/* Give every stack its frames (symbolize.c; elfutils libdw). Missing debug data is no error. */
int lh_symbolize(struct lh_model *model);
/* Only those of one process of the model. */
int lh_symbolize_process(struct lh_model *model, struct lh_process *process);

struct lh_symbol {
    const char *name;   /* "accounts[3].lock", "queue_lock"; demangled; in the model's pool */
    const char *family; /* the same without array indexes: "accounts[].lock" */
    bool raw;           /* plain bytes of a big array: the program may hand them out in pieces */
    const char *file;   /* where the variable is declared; NULL when unknown */
    int line;
};

/* Name the global or static variable at an address of the epoch. false: none known there. */
bool lh_symbolize_data(struct lh_model *model, struct lh_process *process, uint64_t addr,
                       uint32_t epoch, struct lh_symbol *ret);
/*
 * The same for an address in a function's frame, or among a thread's thread-local variables, as the
 * block says.
 */
bool lh_symbolize_own(struct lh_model *model, struct lh_process *process,
                      const struct lh_block *block, uint64_t addr, uint32_t epoch,
                      struct lh_symbol *ret);
/* Name the function that contains a code address (not a return address). NULL when unknown. */
const char *lh_symbolize_function(struct lh_model *model, struct lh_process *process, uint64_t addr,
                                  uint32_t epoch);

/* Names and classes of all locks (classes.c). Call after lh_symbolize(). */
int lh_model_name_locks(struct lh_model *model);

/* Bounds of the cycle search; 0 means the default. */
struct lh_cycle_limits {
    uint64_t steps;   /* chain extensions tried, over all strongly connected components */
    uint64_t reports; /* findings of this kind */
    uint32_t length;  /* dependencies in a cycle */
};

/* Cycles of the lock graph that could deadlock: kind lock-order-inversion (cycles.c). */
int lh_find_inversions(const struct lh_model *model, const struct lh_cycle_limits *limits,
                       struct lh_findings *findings);

/*
 * Cycles whose steps were seen in several processes of one program, and in none alone (across.c).
 * Call after lh_find_inversions().
 */
int lh_find_across(struct lh_model *model, const struct lh_cycle_limits *limits,
                   struct lh_findings *findings);

/* Threads that waited for each other when the trace ended: kind deadlock, self-deadlock
 * (deadlock.c). */
int lh_find_deadlocks(const struct lh_model *model, struct lh_findings *findings);

/*
 * Processes in which every thread waits and nobody is left to wake one: kind lost-wakeup,
 * starved-barrier, starved-semaphore, stall (stall.c). Call after lh_find_deadlocks(): where there
 * is a deadlock, all else waits because of it.
 */
int lh_find_stalls(const struct lh_model *model, struct lh_findings *findings);

/*
 * Locks of one class that are nested in each other in no visible order, though no cycle was seen:
 * kind lock-order-inversion, severity note (nesting.c). Call after lh_find_inversions().
 */
int lh_find_unordered_nesting(const struct lh_model *model, struct lh_findings *findings);

/* Races: data-race, inconsistent-locking (races.c). Names variables, so it may open their files. */
int lh_find_races(struct lh_model *model, struct lh_findings *findings);

/* Wrong uses of locks: unlock-not-owner and the like (misuse.c). */
int lh_find_misuses(const struct lh_model *model, struct lh_findings *findings);

/* Waits for a condition that keep a lock which its signals need: blocking-while-held (lockout.c).
 */
int lh_find_lockouts(const struct lh_model *model, struct lh_findings *findings);

/*
 * Worst severity first, then shortest cycle, then class names: a stable order. Drops inversions
 * that a deadlock of the same classes makes superfluous, and tells an inversion that several
 * processes show (a program and what it forked) once: the others are counted as similar.
 */
void lh_findings_sort(struct lh_findings *findings);

/*
 * Stable name of a finding: kind, class keys and function names of the places involved, the same
 * whichever participant comes first (fingerprint.c).
 */
void lh_fingerprint(const struct lh_finding *finding, char ret[17]);

#endif
