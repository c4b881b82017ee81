#include "seen.h"

#include "arena.h"
#include "dep.h"
#include "map64.h"
#include "partners.h"
#include "recorder.h"
#include "segments.h"

struct lh_seen {
    struct lh_seen *next; /* of the same dependency, or on the free list */
    struct lh_trace_seen *record;
    uint64_t key;
};

/* Segments in which a dependency was seen, not recorded so far: the latest ones. */
struct lh_repeats {
    struct lh_repeats *next_free;
    uint64_t total; /* ever */
    uint32_t count, oldest;
    struct lh_kept *segments[LH_SEEN_KEPT];
};

static struct lh_map64 seen_by_key;
static struct lh_seen *free_seen;
static struct lh_repeats *free_repeats;
static uint32_t n_repeating; /* dependencies with repeats */
static uint32_t news_count;

void lh_seen_news(void)
{
    news_count++;
}

static void forget_list(struct lh_seen *seen)
{
    while (seen) {
        struct lh_seen *next = seen->next;
        __atomic_fetch_or(&seen->record->record.type, LH_RECORD_DEAD, __ATOMIC_RELEASE);
        lh_map64_remove(&seen_by_key, seen->key);
        seen->next = free_seen;
        free_seen = seen;
        seen = next;
    }
}

static void empty_repeats(struct lh_repeats *repeats)
{
    for (uint32_t i = 0; i < repeats->count; i++)
        lh_kept_unuse(repeats->segments[(repeats->oldest + i) % LH_SEEN_KEPT]);
    repeats->count = 0;
}

static void forget_repeats(struct lh_dep *dep)
{
    struct lh_repeats *repeats = dep->repeats;

    if (!repeats)
        return;
    empty_repeats(repeats);
    repeats->next_free = free_repeats;
    free_repeats = repeats;
    dep->repeats = NULL;
    n_repeating--;
}

void lh_seen_forget(struct lh_dep *dep)
{
    forget_repeats(dep);
    forget_list(dep->seen);
    if (dep->newest) {
        struct lh_seen *oldest = dep->newest->next;
        dep->newest->next = NULL;
        forget_list(oldest);
    }
    dep->seen = dep->newest = NULL;
    dep->n_seen = 0;
}

static struct lh_seen *new_seen(void)
{
    struct lh_seen *seen = free_seen;

    if (seen) {
        free_seen = seen->next;
        return seen;
    }
    seen = lh_arena_alloc(sizeof *seen);
    if (!seen) {
        lh_lost_record(LH_DROP_NO_MEMORY);
        return NULL;
    }
    seen->record = lh_writer_record(&lh_writer, sizeof *seen->record);
    if (!seen->record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return NULL;
    }
    return seen;
}

static void keep_seen(struct lh_dep *dep, struct lh_seen *seen)
{
    if (dep->n_seen++ < LH_SEEN_FIRST) {
        seen->next = dep->seen;
        dep->seen = seen;
        return;
    }
    seen->next = dep->newest ? dep->newest->next : seen;
    if (dep->newest)
        dep->newest->next = seen;
    dep->newest = seen;
}

/* Take the oldest replaceable one out of its ring, for use by another segment. */
static struct lh_seen *oldest_seen(struct lh_dep *dep)
{
    struct lh_seen *oldest = dep->newest->next;

    dep->newest->next = oldest->next;
    dep->n_seen--;
    __atomic_fetch_or(&oldest->record->record.type, LH_RECORD_DEAD, __ATOMIC_RELEASE);
    lh_map64_remove(&seen_by_key, oldest->key);
    lh_count(LH_COUNT_REPEATS, 1);
    return oldest;
}

/* May one more thread and segment be recorded? */
static bool may_see_again(struct lh_dep *dep)
{
    if (dep->n_seen < LH_SEEN_FIRST)
        return true;
    if (dep->news != news_count) {
        dep->news = news_count;
        dep->again = LH_SEEN_AGAIN;
    }
    if (dep->again == 0)
        return false;
    dep->again--;
    return true;
}

static uint64_t seen_key(const struct lh_dep *dep, uint64_t segment_key)
{
    uint64_t key = lh_join(lh_join(dep->key, segment_key), 1);

    return key ? key : 1;
}

static struct lh_seen *write_seen(struct lh_dep *dep, uint32_t segment, uint64_t key)
{
    struct lh_seen *seen =
        dep->n_seen < LH_SEEN_FIRST + LH_SEEN_LATEST ? new_seen() : oldest_seen(dep);

    if (!seen)
        return NULL;
    seen->key = key;
    seen->record->dep = dep->record->id;
    seen->record->segment = segment;
    seen->record->count = 0;
    seen->record->key = key;
    lh_writer_commit(seen->record, LH_RECORD_SEEN, sizeof *seen->record);
    keep_seen(dep, seen);
    if (!lh_map64_add(&seen_by_key, key, seen))
        lh_lost_record(LH_DROP_NO_MEMORY);
    return seen;
}

static struct lh_repeats *new_repeats(void)
{
    struct lh_repeats *repeats = free_repeats;

    if (repeats)
        free_repeats = repeats->next_free;
    else
        repeats = lh_arena_alloc(sizeof *repeats);
    if (!repeats) {
        lh_lost_record(LH_DROP_NO_MEMORY);
        return NULL;
    }
    *repeats = (struct lh_repeats){0};
    n_repeating++;
    return repeats;
}

static bool is_repeat(const struct lh_repeats *repeats, const struct lh_kept *segment)
{
    for (uint32_t i = 0; i < repeats->count; i++) {
        if (repeats->segments[(repeats->oldest + i) % LH_SEEN_KEPT] == segment)
            return true;
    }
    return false;
}

static void keep_repeat(struct lh_dep *dep, struct lh_kept *segment)
{
    struct lh_repeats *repeats = dep->repeats ? dep->repeats : new_repeats();

    dep->repeats = repeats;
    if (!repeats || is_repeat(repeats, segment))
        return;
    lh_kept_use(segment);
    if (repeats->count == LH_SEEN_KEPT) {
        lh_kept_unuse(repeats->segments[repeats->oldest]);
        repeats->oldest = (repeats->oldest + 1) % LH_SEEN_KEPT;
        repeats->count--;
    }
    repeats->segments[(repeats->oldest + repeats->count++) % LH_SEEN_KEPT] = segment;
}

static void write_repeats(struct lh_dep *dep)
{
    struct lh_repeats *repeats = dep->repeats;

    for (uint32_t i = 0; i < repeats->count; i++) {
        struct lh_kept *kept = repeats->segments[(repeats->oldest + i) % LH_SEEN_KEPT];
        uint32_t segment = lh_kept_record(kept);
        uint64_t key = seen_key(dep, lh_kept_key(kept));
        struct lh_seen *seen =
            segment && !lh_map64_find(&seen_by_key, key) ? write_seen(dep, segment, key) : NULL;
        if (!seen)
            continue;
        seen->record->count = 1;
        lh_count(LH_COUNT_REPEATS, (uint64_t)-1);
    }
    empty_repeats(repeats);
}

void lh_seen_wake(struct lh_dep *dep)
{
    if (!dep->repeats || dep->wakes == LH_WAKE_MAX)
        return;
    dep->wakes++;
    write_repeats(dep);
    dep->news = news_count;
    dep->again = LH_SEEN_AGAIN;
}

/*
 * Not recorded. Two orders that are both usual may come side by side after a long time in which
 * they never did: now and then, ever more rarely, all on a way round are recorded again.
 */
static void note_repeat(struct lh_self *self, struct lh_dep *dep)
{
    struct lh_kept *kept = lh_segment_keep(self);

    lh_count(LH_COUNT_REPEATS, 1);
    if (kept)
        keep_repeat(dep, kept);
    if (!dep->repeats)
        return;
    uint64_t total = ++dep->repeats->total;
    if ((total & (total - 1)) == 0)
        lh_wake_partners(dep);
}

uint64_t lh_seen_note(struct lh_self *self, struct lh_dep *dep)
{
    uint64_t key = seen_key(dep, self->segment_key);
    struct lh_seen *seen = lh_map64_find(&seen_by_key, key);

    if (!seen && !may_see_again(dep)) {
        note_repeat(self, dep);
        return 0;
    }
    if (!seen) {
        uint32_t segment = lh_segment_record(self);
        seen = segment ? write_seen(dep, segment, key) : NULL;
        if (seen && dep->n_seen <= LH_SEEN_FIRST && n_repeating)
            lh_wake_partners(dep);
    }
    if (seen)
        seen->record->count++;
    return seen ? key : 0;
}

bool lh_seen_add(uint64_t key, uint64_t count)
{
    const struct lh_seen *seen = lh_map64_find(&seen_by_key, key);

    if (seen)
        seen->record->count += count;
    return seen != NULL;
}

void lh_seen_forked(void)
{
    seen_by_key = (struct lh_map64){0};
    free_seen = NULL;
    free_repeats = NULL;
    n_repeating = 0;
    news_count = 0;
}
