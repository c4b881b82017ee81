/*
 * The dependencies that a thread knows: those that it has noted in this segment, and how often it
 * met each of them since the SEEN record of the trace was last brought up to date. The table lies
 * in the trace itself (an extent of COUNTS), so that nothing is lost however the process ends, and
 * yet a dependency that is known costs one cache line: a count in its SEEN record would be another
 * one, which a program with many of them finds cold each time.
 *
 * A dependency lies in one of three lines. The near one is that of the held set, so that what is
 * wanted while the same locks are held lies together; it is fetched when the set comes to be. The
 * next one is its neighbour, which most processors fetch with it. What finds no place there lies in
 * a line of its own key. A table that turns out too small is replaced by a bigger one.
 *
 * Only the thread itself looks and counts; all else is done under the recorder lock.
 */
#ifndef LH_INTERPOSE_DEP_TABLE_H
#define LH_INTERPOSE_DEP_TABLE_H

#include "self.h"

/* The key of a dependency is never 0, as that marks free places. */
static inline uint64_t lh_dep_key(uint64_t below, uint64_t lock_uid, uint32_t stack, uint32_t how)
{
    /* The uid is spread by one multiplication, stack and `how` (8 bits) have bits of their own, all
     * is spread by another: what is held apart, only what differs in many bits can collide. */
    uint64_t key =
        (below + lock_uid * 0xff51afd7ed558ccdu) ^ (uint64_t)stack << 24 ^ (uint64_t)how << 56;
    key *= 0x9e3779b97f4a7c15u;
    return (key ^ key >> 32) | 1;
}

/* The place of the line in which this key is; another key than this there: it is not. */
static inline unsigned lh_dep_place(const struct lh_trace_counts *line, uint64_t key)
{
    /* Without branches, as the place differs from call to call. */
    return (line->keys[1] == key) | (unsigned)(line->keys[2] == key) << 1 |
           (line->keys[3] == key ? 3u : 0);
}

static inline struct lh_trace_counts *lh_dep_near(const struct lh_self *self, uint64_t below)
{
    return &self->dep_lines[below & self->dep_mask];
}

/* The same for what found no place in the near line. */
bool lh_dep_met_farther(struct lh_self *self, uint64_t below, uint64_t key);

/* Count a dependency that is known. false: it is not. `below`: hash of held set and segment. */
static inline bool lh_dep_met(struct lh_self *self, uint64_t below, uint64_t key)
{
    struct lh_trace_counts *line = lh_dep_near(self, below);
    unsigned place = lh_dep_place(line, key);

    if (__builtin_expect(line->keys[place] != key, 0))
        return lh_dep_met_farther(self, below, key);
    /* Plain: nobody else writes here. Readers of the trace see one word. */
    line->counts[place]++;
    return true;
}

/* Make it known from now on; `seen`: lh_seen_key() of where it is counted, 0: nowhere. */
void lh_dep_learn(struct lh_self *self, uint64_t below, uint64_t key, uint64_t seen);

/* The thread begins, a new segment of it begins, it has ended. */
void lh_dep_table_begin(struct lh_self *self);
void lh_dep_table_segment(struct lh_self *self);
void lh_dep_table_end(struct lh_self *self);

void lh_dep_table_forked(void);

#endif
