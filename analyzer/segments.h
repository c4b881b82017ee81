/*
 * Happens-before between segments: is one an ancestor of the other in the graph of segment parents,
 * or, where it was recorded too late to be a parent, had it ended when the other began?
 *
 * The index is GRAIL (Yildirim, Chaoji, Zaki: "GRAIL: Scalable Reachability Index for Large
 * Graphs", PVLDB 2010): a few depth-first traversals give each segment intervals that contain those
 * of its ancestors, so most questions are answered by comparing numbers; a search, pruned by the
 * intervals, answers the rest. Memory and time to build are linear in the number of segments and
 * parents.
 *
 * Damaged traces: unknown parents are left out, and so is a parent that would close a loop.
 * Single-threaded.
 */
#ifndef LH_ANALYZER_SEGMENTS_H
#define LH_ANALYZER_SEGMENTS_H

#include "model.h"

struct lh_segments;

/* NULL: out of memory. The process must outlive it. */
struct lh_segments *lh_segments_new(const struct lh_process *process);
void lh_segments_free(struct lh_segments *segments);

/* true: all of segment `a` happened before all of segment `b`. Unknown segments: false. */
bool lh_segments_before(struct lh_segments *segments, uint32_t a, uint32_t b);

/* true: neither happened before the other. */
bool lh_segments_parallel(struct lh_segments *segments, uint32_t a, uint32_t b);

#endif
