#include "segments.h"

#include <string.h>

#include "hash.h"
#include "recorder.h"
#include "thread_nodes.h"

static uint32_t last_segment; /* under the recorder lock */
static uint64_t last_key;     /* atomic */

static uint64_t new_key(void)
{
    return lh_mix(__atomic_add_fetch(&last_key, 1, __ATOMIC_RELAXED));
}

static uint32_t write_segment(uint32_t thread, const uint32_t *parents, uint32_t count)
{
    size_t size = sizeof(struct lh_trace_segment) + count * sizeof(uint32_t);
    struct lh_trace_segment *record = lh_writer_record(&lh_writer, size);

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return LH_NO_SEGMENT;
    }
    record->id = ++last_segment;
    record->thread = thread;
    record->count = count;
    memcpy(record->parents, parents, count * sizeof *parents);
    lh_writer_commit(record, LH_RECORD_SEGMENT, size);
    return record->id;
}

uint32_t lh_segment_record(struct lh_self *self)
{
    if (self->segment)
        return self->segment;
    self->segment = write_segment(self->uid, self->frontier, self->n_frontier);
    if (self->segment) {
        lh_thread_record(self);
        self->slot->segment = self->segment;
    }
    return self->segment;
}

void lh_segment_first(struct lh_self *self, const struct lh_frontier *past)
{
    self->segment = LH_NO_SEGMENT;
    self->segment_key = new_key();
    self->n_frontier = 0;
    if (past) {
        self->n_frontier = past->count;
        memcpy(self->frontier, past->segments, past->count * sizeof *self->frontier);
    }
}

/* A segment in which nothing was recorded can as well go on: there is nothing to order. */
static void begin_segment(struct lh_self *self)
{
    if (!self->segment)
        return;
    self->frontier[0] = self->segment;
    self->n_frontier = 1;
    self->segment = LH_NO_SEGMENT;
    self->slot->segment = LH_NO_SEGMENT;
    self->segment_key = new_key();
}

void lh_segment_end(struct lh_self *self, struct lh_frontier *ret)
{
    begin_segment(self);
    ret->count = self->n_frontier;
    memcpy(ret->segments, self->frontier, self->n_frontier * sizeof *self->frontier);
}

/* More pasts than fit: one segment without events, after all of them, stands for them. */
static void merge_frontier(struct lh_self *self)
{
    lh_recorder_lock();
    uint32_t merged = write_segment(LH_NO_THREAD, self->frontier, self->n_frontier);
    lh_recorder_unlock();
    /* Without room the oldest are dropped: that orders less, and so reports more, never less. */
    self->frontier[0] = merged ? merged : self->frontier[self->n_frontier - 1];
    self->n_frontier = 1;
}

static bool in_frontier(const struct lh_self *self, uint32_t segment)
{
    for (uint32_t i = 0; i < self->n_frontier; i++) {
        if (self->frontier[i] == segment)
            return true;
    }
    return false;
}

void lh_segment_join(struct lh_self *self, const struct lh_frontier *past)
{
    for (uint32_t i = 0; i < past->count; i++) {
        if (past->segments[i] == self->segment || in_frontier(self, past->segments[i]))
            continue;
        begin_segment(self);
        if (self->n_frontier == LH_FRONTIER_MAX)
            merge_frontier(self);
        self->frontier[self->n_frontier++] = past->segments[i];
    }
}

void lh_segments_forked(void)
{
    last_segment = 0;
}
