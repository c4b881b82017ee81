/*
 * Segments: stretches of a thread between creates and joins, and which happened before which.
 *
 * Only segments in which a dependency was recorded appear in the trace. A thread carries the
 * "frontier": the recorded segments that happened before its current one and not before each other.
 * A new thread starts with its creator's frontier; a join adds that of the thread joined. So
 * threads that record nothing leave nothing behind.
 */
#ifndef LH_INTERPOSE_SEGMENTS_H
#define LH_INTERPOSE_SEGMENTS_H

#include "self.h"

/* Recorded segments in the past of something. */
struct lh_frontier {
    uint32_t count;
    uint32_t segments[LH_FRONTIER_MAX];
};

/* The id of the thread's current segment; recorded if need be. 0: no room. Under the recorder lock.
 */
uint32_t lh_segment_record(struct lh_self *self);

/* A thread's first segment; `past` is its creator's, NULL when unknown. */
void lh_segment_first(struct lh_self *self, const struct lh_frontier *past);

/* The current segment ends here: give its past and itself, and begin the next. */
void lh_segment_end(struct lh_self *self, struct lh_frontier *ret);

/* What lies in `past` happened before what follows in this thread. Begins a new segment. */
void lh_segment_join(struct lh_self *self, const struct lh_frontier *past);

void lh_segments_forked(void);

#endif
