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

static struct lh_guard *note_holder(struct lh_discipline *discipline, const struct lh_lockset *set,
                                    uint32_t i, uint64_t word)
{
    struct lh_guard *guard = guard_of(discipline, set->held[i].lock);

    /* Relaxed: a lock that ends meanwhile is at worst taken for ended. */
    discipline->uids[guard - discipline->guards] =
        __atomic_load_n(&set->instances[i].uid, __ATOMIC_RELAXED);

    if (!guard->slot)
        guard->slot = lh_word_slot(word);
    else if (guard->slot != lh_word_slot(word))
        guard->slot = LH_SLOT_SEVERAL;
    return guard;
}

/* Held for reading, a lock guards no write. */
static bool guards(const struct lh_trace_dep_held *held, uint64_t word)
{
    return !(word & LH_WORD_WRITE) || held->mode != LH_MODE_SHARED;
}

void lh_discipline_inherit(struct lh_discipline *discipline, uint64_t word, uint32_t access)
{
    const struct lh_lockset *set = lh_lockset_of(lh_access_place(access)->lockset);

    lh_discipline_seen(discipline, word, access);
    for (uint32_t i = 0; i < set->count; i++) {
        if (guards(&set->held[i], word))
            note_holder(discipline, set, i, word);
    }
}

static void count_guard(struct lh_discipline *discipline, const struct lh_lockset *set, uint32_t i,
                        uint64_t word)
{
    struct lh_guard *guard = note_holder(discipline, set, i, word);

    if (word & LH_WORD_WRITE)
        guard->writes++;
    else
        guard->reads++;
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
    race->guard_uid = guard ? discipline->uids[guard - discipline->guards] : 0;
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

static bool holds_guard(const struct lh_guard *guard, uint64_t word, uint32_t access)
{
    return guard && lh_discipline_holds(word, access, guard->lock);
}

/*
 * A write without the lock by who did not have the memory before, or had it with the lock: may be
 * the first of a new use. It may be seen only after a read, as where a list of what is free goes
 * through the memory itself.
 */
static void look_for_beginning(struct lh_discipline *discipline, uint64_t word, uint32_t access)
{
    const struct lh_guard *guard = lh_discipline_guard(discipline);
    const struct lh_recent *last = &discipline->recent[0];
    bool goes_on = by_same(last->word, word) && !holds_guard(guard, last->word, last->access);

    if (holds_guard(guard, word, access)) {
        if (!by_same(discipline->breach.later, word))
            discipline->breach.confirmed = true;
        return;
    }
    if (!guard || !(word & LH_WORD_WRITE) || (goes_on && last->word & LH_WORD_WRITE) ||
        (discipline->anew && by_same(discipline->anew, word)))
        return;
    discipline->anew = word;
    discipline->anew_is_read = goes_on;
}

void lh_discipline_count(struct lh_discipline *discipline, uint64_t word, uint32_t access,
                         uint32_t number)
{
    const struct lh_lockset *set = lh_lockset_of(number);
    bool write = word & LH_WORD_WRITE;

    if (word & LH_WORD_BYTES & ~discipline->bytes)
        discipline->bytes |= word & LH_WORD_BYTES;
    if (write || (discipline->breach.earlier && !discipline->breach.confirmed))
        look_for_beginning(discipline, word, access);
    lh_discipline_seen(discipline, word, access);
    if (write)
        discipline->writes++;
    else
        discipline->reads++;
    for (uint32_t i = 0; i < set->count; i++) {
        if (guards(&set->held[i], word))
            count_guard(discipline, set, i, word);
    }
    if (discipline->race)
        lh_discipline_show(discipline);
}

void lh_discipline_repeat(struct lh_discipline *discipline, uint64_t word, uint32_t access,
                          uint32_t times)
{
    const struct lh_lockset *set = lh_lockset_of(lh_access_place(access)->lockset);

    lh_discipline_seen(discipline, word, access);
    discipline->reads += times;
    for (uint32_t i = 0; i < set->count; i++)
        note_holder(discipline, set, i, word)->reads += times;
}

static bool is_better(const struct lh_guard *guard, const struct lh_guard *than)
{
    bool several = guard->slot == LH_SLOT_SEVERAL;

    if (several != (than->slot == LH_SLOT_SEVERAL))
        return several;
    return uses_of(guard) > uses_of(than);
}

const struct lh_guard *lh_discipline_guard(const struct lh_discipline *discipline)
{
    const struct lh_guard *most = NULL;

    for (uint32_t i = 0; i < LH_DISCIPLINE_LOCKS; i++) {
        const struct lh_guard *guard = &discipline->guards[i];
        if (guard->lock != LH_NO_LOCK && (!most || is_better(guard, most)))
            most = guard;
    }
    return most;
}

bool lh_discipline_holds(uint64_t word, uint32_t access, uint32_t lock)
{
    const struct lh_lockset *set = lh_lockset_of(lh_access_place(access)->lockset);

    for (uint32_t i = 0; i < set->count; i++) {
        if (set->held[i].lock == lock && guards(&set->held[i], word))
            return true;
    }
    return false;
}

/* What the first owner did without the lock is initialization, and to allocate is no use. */
static bool breaks(const struct lh_breach *breach, const struct lh_guard *guard)
{
    bool earlier = holds_guard(guard, breach->earlier, breach->earlier_access);
    bool later = holds_guard(guard, breach->later, breach->later_access);

    return breach->earlier && earlier != later &&
           !(breach->earlier & LH_WORD_EARLY &&
             (!earlier ||
              lh_where_flags(lh_access_place(breach->earlier_access)->where) & LH_ACCESS_BIRTH));
}

static bool later_is_odd(const struct lh_breach *breach, const struct lh_guard *guard)
{
    return holds_guard(guard, breach->earlier, breach->earlier_access);
}

void lh_discipline_breach(struct lh_discipline *discipline, struct lh_breach breach)
{
    const struct lh_guard *guard = lh_discipline_guard(discipline);

    /* What was told is what may be taken back. */
    if (discipline->told & 1u << LH_DOUBT_NONE || !breaks(&breach, guard))
        return;
    /* The first one stays, but for one that is no breach of what has become of the discipline, and
     * for one of which it will not be known whether the guard is seen again. */
    if (!breaks(&discipline->breach, guard) ||
        (later_is_odd(&breach, guard) && !later_is_odd(&discipline->breach, guard)))
        discipline->breach = breach;
}

static bool is_proven(const struct lh_discipline *discipline, const struct lh_guard *guard)
{
    uint64_t all = discipline->reads + discipline->writes;

    return discipline->writes && guard && uses_of(guard) >= LH_DISCIPLINE_LEAST &&
           uses_of(guard) * 10 >= all * LH_DISCIPLINE_SHARE;
}

/*
 * A lock that is held for each read is meant for who writes, though no write holds it. What is
 * written once, before it is shown to others, may be read without any lock.
 */
static bool is_for_writes(const struct lh_discipline *discipline, const struct lh_guard *guard)
{
    const struct lh_breach *breach = &discipline->breach;
    uint64_t odd = later_is_odd(breach, guard) ? breach->later : breach->earlier;

    if (!guard->writes)
        return odd & LH_WORD_WRITE && guard->reads == discipline->reads;
    return (uint64_t)guard->writes * 2 > discipline->writes &&
           (odd & LH_WORD_WRITE || guard->writes > 1);
}

static bool has_moved(const struct lh_breach *breach, const struct lh_guard *guard)
{
    bool later = later_is_odd(breach, guard);
    uint32_t odd = later ? breach->later_access : breach->earlier_access;

    return lh_access_place(odd)->lockset && !(later && breach->confirmed);
}

static uint32_t doubt_of(const struct lh_discipline *discipline, const struct lh_guard *guard)
{
    if (guard->slot != LH_SLOT_SEVERAL)
        return LH_DOUBT_LONE_GUARD;
    if (!is_for_writes(discipline, guard))
        return LH_DOUBT_READ_GUARD;
    return has_moved(&discipline->breach, guard) ? LH_DOUBT_MOVED : LH_DOUBT_NONE;
}

static struct lh_finding finding_of(const struct lh_breach *breach, uint32_t doubt)
{
    return (struct lh_finding){
        .kind = LH_RACE_SUSPECT,
        .doubt = doubt,
        .earlier = breach->earlier,
        .later = breach->later,
        .earlier_access = breach->earlier_access,
        .later_access = breach->later_access,
    };
}

/*
 * Has the lock of the former use turned out to be that of this one, too? Whether the memory can be
 * given to another use at all, only its name tells: the analyzer knows.
 */
static bool former_is_broken(struct lh_discipline *discipline, const struct lh_guard *guard,
                             struct lh_finding *ret)
{
    const struct lh_former *former = &discipline->former;

    if (discipline->told & 1u << LH_DOUBT_ANEW || !is_proven(discipline, guard) ||
        former->guard != guard->lock || !breaks(&former->breach, guard))
        return false;
    discipline->told |= 1u << LH_DOUBT_ANEW;
    *ret = finding_of(&former->breach, LH_DOUBT_ANEW);
    return true;
}

static bool present_is_broken(struct lh_discipline *discipline, const struct lh_guard *guard,
                              struct lh_finding *ret)
{
    const struct lh_breach *breach = &discipline->breach;

    if (!breach->earlier || discipline->told & 1u << LH_DOUBT_NONE ||
        !is_proven(discipline, guard) || !breaks(breach, guard))
        return false;
    uint32_t doubt = doubt_of(discipline, guard);
    if (discipline->told & 1u << doubt)
        return false;
    discipline->told |= 1u << doubt;
    *ret = finding_of(breach, doubt);
    return true;
}

bool lh_discipline_is_broken(struct lh_discipline *discipline, struct lh_finding *ret)
{
    const struct lh_guard *guard = lh_discipline_guard(discipline);

    return present_is_broken(discipline, guard, ret) ||
           (discipline->former.breach.earlier && former_is_broken(discipline, guard, ret));
}

static void take_out(struct lh_discipline **first, const struct lh_discipline *discipline)
{
    while (*first && *first != discipline)
        first = &(*first)->next;
    if (*first)
        *first = discipline->next;
}

bool lh_discipline_end(struct lh_discipline **first, struct lh_discipline *discipline,
                       struct lh_finding *ret, struct lh_former *ret_former)
{
    const struct lh_breach *breach = &discipline->breach;
    const struct lh_guard *guard = lh_discipline_guard(discipline);
    bool is_it = !breach->confirmed && breaks(breach, guard) && later_is_odd(breach, guard);
    bool withdraw =
        discipline->told & 1u << LH_DOUBT_NONE && !breach->confirmed && later_is_odd(breach, guard);

    bool is_kept = is_it && !withdraw && guard->slot == LH_SLOT_SEVERAL;
    *ret_former = is_kept ? (struct lh_former){*breach, guard->lock} : (struct lh_former){0};
    *ret = finding_of(breach, LH_DOUBT_NONE);
    take_out(first, discipline);
    discipline->next = NULL;
    lh_discipline_free(discipline);
    return withdraw;
}

bool lh_discipline_is_last_use(const struct lh_discipline *discipline, uint64_t word,
                               struct lh_finding *ret)
{
    const struct lh_breach *breach = &discipline->breach;

    if (!(discipline->told & 1u << LH_DOUBT_NONE) || breach->confirmed ||
        !by_same(breach->later, word) || !by_same(discipline->recent[0].word, word) ||
        !later_is_odd(breach, lh_discipline_guard(discipline)))
        return false;
    *ret = finding_of(breach, LH_DOUBT_NONE);
    return true;
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
