#include "segments.h"

#include <string.h>

#include "arena.h"
#include "dep_table.h"
#include "hash.h"
#include "recorder.h"
#include "thread_nodes.h"

struct lh_kept {
    uint32_t segment; /* its id once it is recorded */
    uint32_t uses;
    uint64_t key, began, ended;
    struct lh_self *self; /* the thread that is in it; NULL: it has ended */
    struct lh_thread_kept *thread;
    uint32_t count;
    uint32_t past[LH_FRONTIER_MAX];
    struct lh_kept *next_free;
};

static uint32_t last_segment;
static uint64_t last_key;
static uint64_t now; /* counts what passes between threads */
static struct lh_kept *free_kept;

static uint64_t new_key(void)
{
    return lh_mix(++last_key);
}

/* `ended` 0: it is in the frontier of those that come after it. */
static uint32_t write_segment(uint32_t thread, const uint32_t *parents, uint32_t count,
                              uint64_t began, uint64_t ended)
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
    record->began = began;
    record->ended = ended;
    lh_writer_commit(record, LH_RECORD_SEGMENT, size);
    return record->id;
}

uint32_t lh_segment_record(struct lh_self *self)
{
    if (self->segment)
        return self->segment;
    self->segment = write_segment(self->uid, self->frontier, self->n_frontier, self->received, 0);
    if (self->segment) {
        lh_thread_record(self);
        __atomic_store_n(&self->slot->segment, self->segment, __ATOMIC_RELAXED);
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
        self->received = past->taken;
        self->last_kept = past->last_kept;
    }
}

static void free_unused(struct lh_kept *kept)
{
    if (kept->uses || kept->self)
        return;
    lh_thread_kept_drop(kept->thread);
    kept->next_free = free_kept;
    free_kept = kept;
}

static void end_kept(struct lh_self *self)
{
    struct lh_kept *kept = self->kept;

    if (!kept)
        return;
    if (self->segment)
        kept->segment = self->segment;
    kept->ended = ++now;
    if (!kept->segment)
        self->last_kept = kept->ended;
    kept->self = NULL;
    self->kept = NULL;
    free_unused(kept);
}

/* A segment of which nothing is known can as well go on: there is nothing to order. */
static void begin_segment(struct lh_self *self)
{
    if (!self->segment && !self->kept)
        return;
    end_kept(self);
    if (self->segment) {
        self->frontier[0] = self->segment;
        self->n_frontier = 1;
    }
    self->segment = LH_NO_SEGMENT;
    self->slot->segment = LH_NO_SEGMENT;
    self->segment_key = new_key();
    lh_dep_table_segment(self);
}

void lh_segment_end(struct lh_self *self, struct lh_frontier *ret)
{
    begin_segment(self);
    ret->count = self->n_frontier;
    memcpy(ret->segments, self->frontier, self->n_frontier * sizeof *self->frontier);
    ret->taken = ++now;
    ret->last_kept = self->last_kept;
}

/* More pasts than fit: one segment without events, after all of them, stands for them. */
static void merge_frontier(struct lh_self *self)
{
    uint32_t merged = write_segment(LH_NO_THREAD, self->frontier, self->n_frontier, 0, 0);

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
    if (past->last_kept <= self->received)
        return;
    begin_segment(self);
    self->received = ++now;
    if (self->last_kept < past->last_kept)
        self->last_kept = past->last_kept;
}

static struct lh_kept *new_kept(struct lh_self *self)
{
    struct lh_thread_kept *thread = lh_thread_keep(self);
    struct lh_kept *kept = free_kept;

    if (!thread)
        return NULL;
    if (kept)
        free_kept = kept->next_free;
    else
        kept = lh_arena_alloc(sizeof *kept);
    if (!kept) {
        lh_thread_kept_drop(thread);
        return NULL;
    }
    *kept = (struct lh_kept){
        .segment = self->segment,
        .key = self->segment_key,
        .began = self->received,
        .self = self,
        .thread = thread,
        .count = self->n_frontier,
    };
    memcpy(kept->past, self->frontier, self->n_frontier * sizeof *self->frontier);
    return kept;
}

struct lh_kept *lh_segment_keep(struct lh_self *self)
{
    if (!self->kept)
        self->kept = new_kept(self);
    if (!self->kept)
        lh_lost_record(LH_DROP_NO_MEMORY);
    return self->kept;
}

void lh_kept_use(struct lh_kept *kept)
{
    kept->uses++;
}

void lh_kept_unuse(struct lh_kept *kept)
{
    kept->uses--;
    free_unused(kept);
}

uint64_t lh_kept_key(const struct lh_kept *kept)
{
    return kept->key;
}

uint32_t lh_kept_record(struct lh_kept *kept)
{
    if (kept->self)
        kept->segment = lh_segment_record(kept->self);
    else if (!kept->segment)
        kept->segment = write_segment(lh_thread_kept_record(kept->thread), kept->past, kept->count,
                                      kept->began, kept->ended);
    return kept->segment;
}

void lh_segments_forked(void)
{
    last_segment = 0;
    now = 0;
    free_kept = NULL;
}
