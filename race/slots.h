/*
 * The places of threads in all vector clocks: who has one, who had it when, which is free to be
 * used again.
 */
#ifndef LH_RACE_SLOTS_H
#define LH_RACE_SLOTS_H

#include <stdint.h>

#include "clocks.h"

struct lh_race_thread;
struct lh_self;
struct lh_trace_thread_info;

/* Slots 1 .. this have been used; atomic, grows only. */
uint32_t lh_race_slots(void);

/* The thread in a slot that has been used, or who was there last. */
struct lh_race_thread *lh_race_thread_of(uint32_t slot);

/*
 * A slot for a thread that knows `past` when it begins (NULL: nobody knows), rather one whose last
 * thread is before it. NULL: no memory, or too many threads. Under the race lock, like what
 * follows.
 */
struct lh_race_thread *lh_slot_take(const struct lh_clocks *past);
void lh_slot_give_back(struct lh_race_thread *thread);

/* From its present clock on it is the thread with this uid in the trace. */
void lh_slot_own(struct lh_race_thread *thread, uint32_t uid);
/* Whose it is. LH_NO_THREAD: not known. */
uint32_t lh_slot_owner(const struct lh_race_thread *thread);

/* What a report has to say of an owner that is no thread of the system's (a fiber). With uid and
 * name alone: it got a name. Under the race lock. */
void lh_slot_describe(struct lh_race_thread *thread, const struct lh_trace_thread_info *info);

/* The thread ends, whose slot this is: keep what a report may have to say of it. */
void lh_slot_remember(const struct lh_race_thread *thread, const struct lh_self *self);

/* Who had this slot at this time: its uid in the trace, recorded there by name if that is still
 * possible. LH_NO_THREAD: not known any more. Under the recorder lock. */
uint32_t lh_race_owner(uint32_t slot, uint32_t clock);

void lh_slots_forked(void);

#endif
