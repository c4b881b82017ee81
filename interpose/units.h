/*
 * Units of semaphores that let several threads in at a time: what a thread took and has not given
 * back. They are no locks, and stand in no order. But as long as none but its takers gives a
 * semaphore's units back, no more threads have one than it began with; so what each of more threads
 * does while it has one, they do not all do at once. Dependencies therefore say what units their
 * thread had.
 */
#ifndef LH_INTERPOSE_UNITS_H
#define LH_INTERPOSE_UNITS_H

#include "locks.h"
#include "self.h"

/* The calling thread has taken one. */
void lh_unit_taken(struct lh_self *self, struct lh_lock *semaphore, uint32_t stack);

/* It is about to give one back: its own, or else the semaphore's units tell nothing from now on. */
void lh_unit_given(struct lh_self *self, struct lh_lock *semaphore);

/* They tell nothing from now on, for another reason. */
void lh_units_unknown(struct lh_lock *semaphore);

/* Take out those of semaphores that have ended. Under the recorder lock. */
void lh_units_purge(struct lh_self *self);

#endif
