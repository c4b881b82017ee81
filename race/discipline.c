#include "discipline.h"

#include <stddef.h>
#include <string.h>

#include "accesses.h"
#include "locksets.h"
#include "pool.h"
#include "trace.h"

#define MOST (1u << 18)

static uint32_t live; /* atomic */

struct lh_discipline *lh_discipline_of(struct lh_discipline *first, uint64_t word)
{
    while (first && !(first->bytes & word))
        first = first->next;
    return first;
}

struct lh_discipline *lh_discipline_begin(struct lh_discipline **first, uint64_t word)
{
    struct lh_discipline *made = NULL;

    /* Relaxed: a few more do not matter. */
    if (__atomic_load_n(&live, __ATOMIC_RELAXED) < MOST)
        made = lh_pool_alloc(sizeof *made);
    if (!made)
        return NULL;
    __atomic_fetch_add(&live, 1, __ATOMIC_RELAXED);
    *made = (struct lh_discipline){.next = *first, .bytes = word & LH_WORD_BYTES};
    *first = made;
    return made;
}

static uint64_t uses_of(const struct lh_guard *guard)
{
    return (uint64_t)guard->reads + guard->writes;
}

/* Its place, or that of the one seen least (Metwally and others, Space-Saving, 2005). */
static struct lh_guard *guard_of(struct lh_discipline *discipline, uint32_t lock)
{
    struct lh_guard *least = &discipline->guards[0];

    for (uint32_t i = 0; i < LH_DISCIPLINE_LOCKS; i++) {
        struct lh_guard *guard = &discipline->guards[i];
        if (guard->lock == lock)
            return guard;
        if (uses_of(guard) < uses_of(least))
            least = guard;
    }
    *least = (struct lh_guard){.lock = lock};
    return least;
}

void lh_discipline_show(const struct lh_discipline *discipline)
{
    const struct lh_guard *guard = lh_discipline_guard(discipline);
    struct lh_trace_race *race = discipline->race;

    race->reads = discipline->reads;
    race->writes = discipline->writes;
    race->guarded_reads = guard ? guard->reads : 0;
    race->guarded_writes = guard ? guard->writes : 0;
    race->guard = guard ? guard->lock : LH_NO_LOCK;
}

static bool by_same(uint64_t a, uint64_t b)
{
    return lh_word_slot(a) == lh_word_slot(b);
}

const struct lh_recent *lh_discipline_other(const struct lh_discipline *discipline, uint64_t word)
{
    const struct lh_recent *recent = discipline->recent;

    if (recent->word && by_same(recent->word, word))
        recent++;
    return recent->word ? recent : NULL;
}

/* Of one thread's accesses a write says more than a read. */
void lh_discipline_seen(struct lh_discipline *discipline, uint64_t word, uint32_t access)
{
    struct lh_recent *recent = discipline->recent;

    if (by_same(recent[0].word, word)) {
        if (recent[0].word & LH_WORD_WRITE && !(word & LH_WORD_WRITE))
            return;
    } else {
        recent[1] = recent[0];
    }
    recent[0] = (struct lh_recent){word, access};
}

void lh_discipline_count(struct lh_discipline *discipline, uint64_t word, uint32_t access,
                         uint32_t number)
{
    const struct lh_lockset *set = lh_lockset_of(number);
    bool write = word & LH_WORD_WRITE;

    discipline->bytes |= word & LH_WORD_BYTES;
    lh_discipline_seen(discipline, word, access);
    if (write)
        discipline->writes++;
    else
        discipline->reads++;
    for (uint32_t i = 0; i < set->count; i++) {
        struct lh_guard *guard;
        /* Held for reading, a lock guards no write. */
        if (write && set->held[i].mode == LH_MODE_SHARED)
            continue;
        guard = guard_of(discipline, set->held[i].lock);
        if (write)
            guard->writes++;
        else
            guard->reads++;
    }
    if (discipline->race)
        lh_discipline_show(discipline);
}

const struct lh_guard *lh_discipline_guard(const struct lh_discipline *discipline)
{
    const struct lh_guard *most = NULL;

    for (uint32_t i = 0; i < LH_DISCIPLINE_LOCKS; i++) {
        const struct lh_guard *guard = &discipline->guards[i];
        if (guard->lock != LH_NO_LOCK && (!most || uses_of(guard) > uses_of(most)))
            most = guard;
    }
    return most;
}

static bool holds(uint64_t word, uint32_t access, uint32_t lock)
{
    const struct lh_lockset *set = lh_lockset_of(lh_access_place(access)->lockset);

    for (uint32_t i = 0; i < set->count; i++) {
        if (set->held[i].lock == lock &&
            !(word & LH_WORD_WRITE && set->held[i].mode == LH_MODE_SHARED))
            return true;
    }
    return false;
}

static bool breaks(const struct lh_breach *breach, const struct lh_guard *guard)
{
    return breach->earlier && guard &&
           holds(breach->earlier, breach->earlier_access, guard->lock) !=
               holds(breach->later, breach->later_access, guard->lock);
}

void lh_discipline_breach(struct lh_discipline *discipline, struct lh_breach breach)
{
    const struct lh_guard *guard = lh_discipline_guard(discipline);

    /* The first one stays, but for one that is no breach of what has become of the discipline. */
    if (breaks(&breach, guard) && !breaks(&discipline->breach, guard))
        discipline->breach = breach;
}

bool lh_discipline_is_broken(const struct lh_discipline *discipline)
{
    const struct lh_guard *guard = lh_discipline_guard(discipline);

    if (discipline->told || !discipline->breach.earlier || !discipline->writes || !guard)
        return false;
    return uses_of(guard) >= LH_DISCIPLINE_LEAST &&
           uses_of(guard) * 10 >= (discipline->reads + discipline->writes) * LH_DISCIPLINE_SHARE &&
           breaks(&discipline->breach, guard);
}

void lh_discipline_free(struct lh_discipline *first)
{
    for (struct lh_discipline *next; first; first = next) {
        next = first->next;
        lh_pool_free(first, sizeof *first);
        __atomic_fetch_sub(&live, 1, __ATOMIC_RELAXED);
    }
}

void lh_disciplines_forked(void)
{
    live = 0;
}
