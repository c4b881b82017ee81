#include "dep_table.h"

#include <string.h>

#include "arena.h"
#include "recorder.h"
#include "seen.h"

#define WAYS        4u   /* places of a line */
#define FIRST_LINES 128u /* what an extent of one unit has room for */
#define GROWTH      4u   /* a power of two */
#define SIZES       5    /* so many times it can grow, and one more */

/* What a thread has before its first dependency; never written to. */
static struct lh_trace_counts no_lines[1];

/* By size; linked through the first key. Recorder lock. */
static struct lh_trace_counts *unused[SIZES];

_Static_assert(sizeof(struct lh_trace_counts) == 64, "a cache line");

/* One line more than are used: as an extent's header is half of 128 bytes, the lines begin with an
 * odd one, and two neighbours would not be fetched at once. */
static size_t size_of(uint32_t lines)
{
    return (lines + 1) * (sizeof(struct lh_trace_counts) + WAYS * sizeof(uint64_t));
}

static struct lh_trace_counts **unused_of(uint32_t lines)
{
    int i = 0;

    for (uint32_t size = FIRST_LINES; size < lines; size *= GROWTH)
        i++;
    return &unused[i];
}

/* Zeroed. NULL: no memory. */
static struct lh_trace_counts *take(uint32_t lines)
{
    struct lh_trace_counts **list = unused_of(lines), *table = *list;

    if (table) {
        *list = (struct lh_trace_counts *)(uintptr_t)table->keys[0];
        table->keys[0] = 0;
        return table;
    }
    struct lh_trace_extent *extent = lh_writer_extent(
        &lh_writer, LH_EXTENT_COUNTS, sizeof *extent + size_of(lines), lines + 1, 0);
    if (extent)
        return (struct lh_trace_counts *)(extent + 1) + 1;
    /* What is counted elsewhere than in the trace gets there when the table is given back. */
    table = lh_table_alloc(size_of(lines) + sizeof *extent);
    return table ? table + 2 : NULL;
}

/* Which SEEN record each place counts for: behind the lines, also those of the unused first one. */
static uint64_t *seen_in(struct lh_trace_counts *table, uint32_t lines, uint32_t line)
{
    return (uint64_t *)(table + lines) + ((size_t)line + 1) * WAYS;
}

static uint64_t *seen_of(struct lh_self *self, const struct lh_trace_counts *line)
{
    return seen_in(self->dep_lines, self->dep_mask + 1, (uint32_t)(line - self->dep_lines));
}

/*
 * Bring the SEEN record up to date. Killed between the two stores, the count is lost: rather that
 * than counted twice. false: nobody will miss the place, as what it is for is gone, or was recorded
 * nowhere and not met again.
 */
static bool settle(struct lh_trace_counts *line, const uint64_t *seen, unsigned place)
{
    uint64_t count = line->counts[place];

    __atomic_store_n(&line->counts[place], 0, __ATOMIC_RELEASE);
    return seen[place] ? lh_seen_add(seen[place], count) : count != 0;
}

static void clear(struct lh_trace_counts *table, uint32_t lines)
{
    for (uint32_t i = 0; i < lines; i++) {
        for (unsigned place = 0; place < WAYS; place++) {
            if (table[i].counts[place])
                settle(&table[i], seen_in(table, lines, i), place);
        }
    }
    memset(table, 0, size_of(lines) - sizeof *table);
}

static void give_back(struct lh_trace_counts *table, uint32_t lines)
{
    struct lh_trace_counts **list = unused_of(lines);

    clear(table, lines);
    table->keys[0] = (uintptr_t)*list;
    *list = table;
}

static bool has_table(const struct lh_self *self)
{
    return self->dep_lines != no_lines;
}

/* So much may be driven out of the table in one segment before it is too small for it. */
static uint32_t half_of(const struct lh_self *self)
{
    return (self->dep_mask + 1) * WAYS / 2;
}

/* As in lock_cache.c: what the mask allows is there at any moment. */
static void use(struct lh_self *self, struct lh_trace_counts *table, uint32_t lines)
{
    self->dep_mask = 0;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->dep_lines = table;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->dep_mask = lines - 1;
    self->dep_learnt = self->dep_evicted = 0;
}

/* What is in the old table is not taken over: under which held set it was, is not known there. */
static void grow(struct lh_self *self)
{
    uint32_t lines = has_table(self) ? (self->dep_mask + 1) * GROWTH : FIRST_LINES;

    self->dep_evicted = 0;
    if (unused_of(lines) == unused + SIZES)
        return;
    struct lh_trace_counts *table = take(lines);
    if (!table)
        return;
    lh_dep_table_end(self);
    use(self, table, lines);
}

static struct lh_trace_counts *far_line(const struct lh_self *self, uint64_t key)
{
    return &self->dep_lines[key >> 16 & self->dep_mask];
}

static struct lh_trace_counts *next_line(const struct lh_self *self, uint64_t below)
{
    return &self->dep_lines[(below & self->dep_mask) ^ (self->dep_mask & 1)];
}

static bool is_in(struct lh_trace_counts *line, uint64_t key)
{
    unsigned place = lh_dep_place(line, key);

    if (line->keys[place] != key)
        return false;
    line->counts[place]++;
    return true;
}

bool lh_dep_met_farther(struct lh_self *self, uint64_t below, uint64_t key)
{
    return is_in(next_line(self, below), key) || is_in(far_line(self, key), key);
}

/* WAYS: all are taken. */
static unsigned free_place(const struct lh_trace_counts *line)
{
    unsigned place = 0;

    while (place < WAYS && line->keys[place])
        place++;
    return place;
}

/* A place of the line, free or freed. */
static unsigned make_place(struct lh_self *self, struct lh_trace_counts *line)
{
    unsigned place = free_place(line);

    if (place < WAYS)
        return place;
    place = self->dep_turn++ % WAYS;
    self->dep_evicted += settle(line, seen_of(self, line), place);
    return place;
}

/* The count goes first and comes last: what it belongs to is never in doubt. */
static void put(struct lh_self *self, struct lh_trace_counts *line, unsigned place, uint64_t key,
                uint64_t seen)
{
    __atomic_store_n(&line->counts[place], 0, __ATOMIC_RELEASE);
    __atomic_store_n(&seen_of(self, line)[place], seen, __ATOMIC_RELEASE);
    __atomic_store_n(&line->keys[place], key, __ATOMIC_RELEASE);
}

void lh_dep_learn(struct lh_self *self, uint64_t below, uint64_t key, uint64_t seen)
{
    if (!has_table(self) || self->dep_evicted > half_of(self))
        grow(self);
    if (!has_table(self))
        return;
    struct lh_trace_counts *line = lh_dep_near(self, below);
    if (free_place(line) == WAYS)
        line = next_line(self, below);
    if (free_place(line) == WAYS)
        line = far_line(self, key);
    put(self, line, make_place(self, line), key, seen);
    self->dep_learnt++;
}

void lh_dep_table_begin(struct lh_self *self)
{
    use(self, no_lines, 1);
}

/* Nothing in it will be met again; when that takes up too many places, it goes. */
void lh_dep_table_segment(struct lh_self *self)
{
    self->dep_evicted = 0;
    if (!has_table(self) || self->dep_learnt <= half_of(self))
        return;
    clear(self->dep_lines, self->dep_mask + 1);
    self->dep_learnt = 0;
}

void lh_dep_table_end(struct lh_self *self)
{
    struct lh_trace_counts *old = self->dep_lines;
    uint32_t lines = self->dep_mask + 1;

    lh_dep_table_begin(self);
    if (old != no_lines)
        give_back(old, lines);
}

void lh_dep_table_forked(void)
{
    memset(unused, 0, sizeof unused);
}
