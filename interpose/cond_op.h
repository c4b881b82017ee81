/*
 * The shape of a condition wait, for cond.c and c11.c: the mutex leaves the held set, the thread
 * waits, and takes the mutex again - also when the wait is cancelled, before the program's cleanup
 * handlers run.
 *
 *     struct lh_cond_op op LH_COND_OP;
 *     if (!lh_cond_begin(&op, cond, mutex, 0, LH_SITE()))
 *         return lh_real.pthread_cond_wait(cond, mutex);
 *     int result = lh_real.pthread_cond_wait(cond, mutex);
 *     return lh_cond_end(&op, result == 0, result);
 */
#ifndef LH_INTERPOSE_COND_OP_H
#define LH_INTERPOSE_COND_OP_H

#include "op.h"

struct lh_cond_op {
    struct lh_op cond;
    struct lh_block block; /* while the wait lasts */
    struct lh_lock *mutex;
    const void *mutex_object;
    struct lh_released released;
};

bool lh_cond_begin(struct lh_cond_op *op, const void *cond, const void *mutex, uint32_t flags,
                   struct lh_site site);
/* `waited`: it did, and the mutex is held; else the mutex is as it was. Returns `result`. */
int lh_cond_end(struct lh_cond_op *op, bool waited, int result);

/* For LH_COND_OP: the wait was cancelled. */
void lh_cond_cleanup(struct lh_cond_op *op);
#define LH_COND_OP __attribute__((cleanup(lh_cond_cleanup))) = {.mutex = NULL}

/* Signal (LH_EVENT_COND_SIGNAL) and broadcast. */
void lh_cond_note(const void *cond, enum lh_event_type type, struct lh_site site);

#endif
