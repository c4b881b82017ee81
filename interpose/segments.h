/*
 * Segments: stretches of a thread between creates and joins, and which happened before which.
 *
 * Only segments in which a dependency was recorded appear in the trace. A thread carries the
 * "frontier": the recorded segments that happened before its current one and not before each other.
 * A new thread starts with its creator's frontier; a join adds that of the thread joined. So
 * threads that record nothing leave nothing behind.
 *
 * A segment may also be kept in memory, to be recorded later. Then it is in nobody's frontier, and
 * those after it are told by time alone: what took over another thread's past when the kept one had
 * ended counts as after it. Some of that may have been beside it: a cycle less, never one too many.
 *
 * All under the recorder lock.
 */
#ifndef LH_INTERPOSE_SEGMENTS_H
#define LH_INTERPOSE_SEGMENTS_H

#include "self.h"

/* Recorded segments in the past of something. */
struct lh_frontier {
    uint32_t count;
    uint32_t segments[LH_FRONTIER_MAX];
    uint64_t taken;     /* when: a count of what happens between threads, from 1 */
    uint64_t last_kept; /* when the last kept segment of this past had ended; 0: there is none */
};

/* The id of the thread's current segment; recorded if need be. 0: no room. */
uint32_t lh_segment_record(struct lh_self *self);

/* A thread's first segment; `past` is its creator's, NULL when unknown. */
void lh_segment_first(struct lh_self *self, const struct lh_frontier *past);

/* The current segment ends here: give its past and itself, and begin the next. */
void lh_segment_end(struct lh_self *self, struct lh_frontier *ret);

/* What lies in `past` happened before what follows in this thread. Begins a new segment. */
void lh_segment_join(struct lh_self *self, const struct lh_frontier *past);

/* The current segment, for one who may want to record it later. NULL: no memory. */
struct lh_kept *lh_segment_keep(struct lh_self *self);
void lh_kept_use(struct lh_kept *kept);
void lh_kept_unuse(struct lh_kept *kept);
/* The segment_key that its thread had. */
uint64_t lh_kept_key(const struct lh_kept *kept);
/* Its id; recorded if need be. 0: no room. */
uint32_t lh_kept_record(struct lh_kept *kept);

void lh_segments_forked(void);

#endif
