/*
 * What the whole process shares: the trace file, the options and the one lock that all slow paths
 * take. Nothing on a fast path comes here.
 */
#ifndef LH_INTERPOSE_RECORDER_H
#define LH_INTERPOSE_RECORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "trace.h"
#include "writer.h"

struct lh_self;

extern struct lh_options lh_options;
extern struct lh_writer lh_writer; /* under the recorder lock, but for the header's counters */

/* Ticks since the trace began: what all times in a trace are. Never 0. */
extern uint64_t lh_start_ticks;
static inline uint64_t lh_now(void)
{
    return lh_ticks() - lh_start_ticks + 1;
}

/*
 * The recorder lock: taken by slow paths only, never while calling into the program, and never
 * twice by one thread (the guard of the thread state sees to that). It is a futex, so that wrappers
 * can be used wherever the program uses them. Keeps errno.
 */
void lh_recorder_lock(void);
void lh_recorder_unlock(void);
/* Has the calling thread the lock? */
bool lh_recorder_is_mine(const struct lh_self *self);

/*
 * The calling thread left the shim by siglongjmp(). If it had the recorder lock, or was at work on
 * a lock at rest (resting.h), the tables may be half changed: recording stops for good, and the
 * program goes on.
 */
void lh_recorder_abandoned(const struct lh_self *self);

/* Read the options and create the trace file, once a process. Called under the recorder lock. */
void lh_recorder_start(void);

/* false: nothing can be recorded (any more). */
static inline bool lh_recording(void)
{
    return lh_writer.header && lh_writer.header->state == LH_STATE_RUNNING;
}

/*
 * Whoever changes the tables asks first: a jump out of the shim may have left them half changed
 * (lh_recorder_abandoned()). After the orderly end of the trace they still serve for verdicts.
 */
static inline bool lh_tables_are_whole(void)
{
    return lh_writer.header && lh_writer.header->state != LH_STATE_STOPPED;
}

/* Add to a counter in the trace's header. Any thread. */
void lh_count(enum lh_counter counter, uint64_t add);

/* The same for a counter that is never added to but under the recorder lock. */
void lh_count_locked(enum lh_counter counter, uint64_t add);

/* Could not write a record: count it, and tell the user the first time. Under the recorder lock. */
void lh_lost_record(enum lh_counter why);

/* Fault all pages of an extent in at once, as it will be filled from end to end: one by one that
 * would take a third of the time of an event. */
void lh_fault_in(struct lh_trace_extent *extent);

/* The process ends in order. */
void lh_recorder_finish(void);

/* In a forked child, single-threaded: everything begins anew. */
void lh_recorder_forked(void);

#endif
