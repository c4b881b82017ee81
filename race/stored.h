/*
 * Most cells are one thread's alone, or nearly, and locking each costs more than all else: it keeps
 * the processor from going ahead. So an access that finds nothing to judge is stored as it is.
 * Another thread may do so at the same moment, and one entry is lost. Hence each thread looks again
 * a little later, when its stores have long been seen by all, and at the latest before it releases
 * anything: if its entry is gone, and not by its own doing, the access is judged once more, now
 * with the cell locked.
 */
#ifndef LH_RACE_STORED_H
#define LH_RACE_STORED_H

#include "hot.h"
#include "visit.h"
#include "watched.h"
#include "words.h"

/* If the entry is lost, judge its access once more. */
void lh_stored_again(struct lh_hot *hot, const struct lh_stored *stored);

static inline void lh_stored_add(const struct lh_visit *visit, struct lh_cell *cell)
{
    struct lh_race_thread *thread = visit->hot->thread;
    struct lh_stored *stored = &thread->stored[thread->next_stored];

    if (thread->n_stored == LH_STORED)
        lh_stored_again(visit->hot, stored);
    else
        thread->n_stored++;
    *stored = (struct lh_stored){cell, visit->addr, visit->word, visit->access};
    thread->next_stored = (thread->next_stored + 1) % LH_STORED;
}

/*
 * Before the thread releases anything: see to it that its last accesses are in the shadow, and that
 * what they found is told.
 */
void lh_settle(struct lh_hot *hot);

#endif
