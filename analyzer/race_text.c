#include "race_text.h"

#include <string.h>

#include "memory.h"
#include "message.h"
#include "site.h"

static const struct lh_access *access_of(const struct lh_finding *finding, size_t i)
{
    return finding->participants[i].access;
}

static const char *site_of(struct lh_pool *pool, const struct lh_finding *finding, size_t i)
{
    return lh_site_text(pool, finding->process, access_of(finding, i)->stack);
}

static const char *thread_of(struct lh_pool *pool, const struct lh_finding *finding, size_t i)
{
    return lh_thread_text(pool, finding->process, finding->participants[i].thread);
}

/* ---- what happens ---- */

/* "is read", "is freed" ... */
static const char *done_word(const struct lh_access *access)
{
    if (access->flags & LH_ACCESS_FREE)
        return "freed";
    if (access->flags & LH_ACCESS_BIRTH)
        return "allocated";
    if (access->flags & LH_ACCESS_ATOMIC)
        return access->flags & LH_ACCESS_WRITE ? "atomically written" : "atomically read";
    return access->flags & LH_ACCESS_WRITE ? "written" : "read";
}

/* "written by thread 2 in count (counter.c:17)" */
static const char *done_text(struct lh_pool *pool, const struct lh_finding *finding, size_t i,
                             const char *word)
{
    return lh_pool_printf(pool, "%s%sby %s in %s", word, *word ? " " : "",
                          thread_of(pool, finding, i), site_of(pool, finding, i));
}

static bool is_plural(const struct lh_memory *memory)
{
    const struct lh_block *block = memory->block;
    bool whole = block && memory->addr == block->addr && memory->size >= block->size;

    return !memory->name && !whole && memory->size != 1;
}

static const char *outcome(const struct lh_finding *finding)
{
    return finding->kind == LH_KIND_DATA_RACE
               ? ", and nothing orders the two"
               : " with no lock in common: only the order in which other locks happened to be "
                 "taken kept the two apart";
}

const char *lh_race_message(struct lh_pool *pool, const struct lh_finding *finding)
{
    const struct lh_memory *memory = finding->memory;
    const char *word = done_word(access_of(finding, 0)), *other = done_word(access_of(finding, 1));
    const char *one = done_text(pool, finding, 0, word);
    const char *two = done_text(pool, finding, 1, strcmp(word, other) == 0 ? "" : other);

    if (!one || !two)
        return NULL;
    return lh_pool_printf(pool, "%s %s %s and %s%s%s%s", memory->text,
                          is_plural(memory) ? "are" : "is", one, two, outcome(finding),
                          memory->guarded ? "; " : "", memory->guarded ? memory->guarded : "");
}

/* ---- what to change ---- */

static bool has(const struct lh_finding *finding, size_t i, uint32_t flag)
{
    return access_of(finding, i)->flags & flag;
}

static bool holds_guard(const struct lh_finding *finding, size_t i)
{
    return lh_access_holds(finding->process, access_of(finding, i), finding->memory->guard);
}

/* NULL: it is not held. */
static const struct lh_held *hold_of(const struct lh_participant *participant, uint32_t lock)
{
    for (size_t i = 0; i < participant->n_holds; i++)
        if (participant->holds[i].lock == lock)
            return &participant->holds[i];
    return NULL;
}

static const char *guard_remedy(struct lh_pool *pool, const struct lh_finding *finding)
{
    uint32_t guard = finding->memory->guard;
    const char *name = lh_process_class(finding->process, guard)->name;
    const char *one = site_of(pool, finding, 0), *two = site_of(pool, finding, 1);

    /* Held, and not good enough. */
    if (hold_of(&finding->participants[0], guard))
        return lh_pool_printf(pool, "take %s for writing in %s: it is held for reading only", name,
                              one);
    if (holds_guard(finding, 1) || strcmp(one, two) == 0)
        return lh_pool_printf(pool, "hold %s in %s", name, one);
    return lh_pool_printf(pool, "hold %s in %s and in %s", name, one, two);
}

/* One lock, held by both, by one that writes for reading only. */
static const char *reader_remedy(struct lh_pool *pool, const struct lh_finding *finding)
{
    for (size_t i = 0; i < 2; i++) {
        const struct lh_participant *participant = &finding->participants[i];
        for (size_t k = 0; has(finding, i, LH_ACCESS_WRITE) && k < participant->n_holds; k++) {
            uint32_t lock = participant->holds[k].lock;
            if (participant->holds[k].mode == LH_MODE_SHARED &&
                hold_of(&finding->participants[1 - i], lock))
                return lh_pool_printf(
                    pool, "take %s for writing in %s: it is held for reading only",
                    lh_process_class(finding->process, lock)->name, site_of(pool, finding, i));
        }
    }
    return NULL;
}

static const char *two_locks_remedy(struct lh_pool *pool, const struct lh_finding *finding)
{
    const struct lh_participant *one = &finding->participants[0], *two = &finding->participants[1];
    const char *first = lh_process_class(finding->process, one->holds[0].lock)->name;
    const char *second = lh_process_class(finding->process, two->holds[0].lock)->name;

    if (strcmp(first, second) == 0)
        return lh_pool_printf(pool,
                              "hold one and the same lock in %s and in %s: they hold two different "
                              "ones of %s",
                              site_of(pool, finding, 0), site_of(pool, finding, 1), first);
    return lh_pool_printf(pool, "hold one and the same lock: %s holds %s, %s holds %s",
                          site_of(pool, finding, 0), first, site_of(pool, finding, 1), second);
}

/*
 * Without a guard, one holds a lock and the other none: it need not be the right one, but it may
 * be. "" when there is no such lock.
 */
static const char *example_lock(struct lh_pool *pool, const struct lh_finding *finding)
{
    const struct lh_participant *two = &finding->participants[1];

    if (finding->participants[0].n_holds > 0 || two->n_holds == 0 ||
        two->holds[two->n_holds - 1].lock == LH_NO_LOCK)
        return "";
    return lh_pool_printf(
        pool, ", perhaps %s, which %s holds",
        lh_process_class(finding->process, two->holds[two->n_holds - 1].lock)->name,
        site_of(pool, finding, 1));
}

/* SIZE_MAX: both are atomic, or none is. */
static size_t plain_one(const struct lh_finding *finding)
{
    bool first = has(finding, 0, LH_ACCESS_ATOMIC), second = has(finding, 1, LH_ACCESS_ATOMIC);

    if (first == second)
        return SIZE_MAX;
    return first ? 1 : 0;
}

/* Does the stack go through the function in which the access is made? */
static bool goes_through(const struct lh_process *process, uint32_t stack, uint32_t access)
{
    const struct lh_stack *frames = lh_process_stack(process, stack);
    const char *function = lh_site_function(process, access);

    for (size_t i = 0; frames->frames && i < frames->n_frames; i++)
        if (frames->frames[i].function && strcmp(frames->frames[i].function, function) == 0)
            return true;
    return false;
}

/* Who writes in the function that created the reader wants to prepare it. SIZE_MAX: none does. */
static size_t creating_writer(const struct lh_finding *finding)
{
    for (size_t i = 0; i < 2; i++) {
        uint32_t writer = finding->participants[i].thread;
        const struct lh_thread *reader =
            lh_process_thread(finding->process, finding->participants[1 - i].thread);
        if (has(finding, i, LH_ACCESS_WRITE) && !has(finding, 1 - i, LH_ACCESS_WRITE) &&
            writer != LH_NO_THREAD && reader->creator == writer &&
            goes_through(finding->process, reader->create_stack, access_of(finding, i)->stack))
            return i;
    }
    return SIZE_MAX;
}

static const char *lifetime_remedy(struct lh_pool *pool, const struct lh_finding *finding)
{
    if (has(finding, 0, LH_ACCESS_FREE) || has(finding, 1, LH_ACCESS_FREE)) {
        size_t freeing = has(finding, 0, LH_ACCESS_FREE) ? 0 : 1;
        return lh_pool_printf(pool, "free it in %s only when %s cannot use it any more in %s",
                              site_of(pool, finding, freeing),
                              thread_of(pool, finding, 1 - freeing),
                              site_of(pool, finding, 1 - freeing));
    }
    if (has(finding, 0, LH_ACCESS_BIRTH) || has(finding, 1, LH_ACCESS_BIRTH))
        return "hand its address on by an atomic store with release order that is read with "
               "acquire "
               "order, or under a lock that both sides hold";
    if (has(finding, 0, LH_ACCESS_VTABLE) || has(finding, 1, LH_ACCESS_VTABLE))
        return "hand the object to other threads after its constructor has ended, and take it back "
               "(join them, or wait for them) before its destructor begins";
    return NULL;
}

static const char *free_choice_remedy(struct lh_pool *pool, const struct lh_finding *finding)
{
    size_t plain = plain_one(finding), creator = creating_writer(finding);
    const char *one = site_of(pool, finding, 0), *two = site_of(pool, finding, 1);
    bool word = finding->memory->size <= 8;

    if (plain != SIZE_MAX)
        return lh_pool_printf(pool, "make the access in %s atomic too", plain == 0 ? one : two);
    if (creator != SIZE_MAX)
        return lh_pool_printf(
            pool, "write it in %s before %s is created, or guard both places with one lock",
            creator == 0 ? one : two, thread_of(pool, finding, 1 - creator));
    if (strcmp(one, two) == 0)
        return lh_pool_printf(pool, "hold a lock in %s%s", one, word ? ", or make it atomic" : "");
    return lh_pool_printf(pool, "guard %s and %s with one lock%s%s", one, two,
                          example_lock(pool, finding),
                          word ? ", or make both accesses atomic" : "");
}

const char *lh_race_remedy(struct lh_pool *pool, const struct lh_finding *finding)
{
    const char *remedy = lifetime_remedy(pool, finding);

    if (!remedy && finding->memory->guard != LH_NO_LOCK && !holds_guard(finding, 0))
        remedy = guard_remedy(pool, finding);
    if (!remedy)
        remedy = reader_remedy(pool, finding);
    if (!remedy && finding->participants[0].n_holds > 0 && finding->participants[1].n_holds > 0)
        remedy = two_locks_remedy(pool, finding);
    return remedy ? remedy : free_choice_remedy(pool, finding);
}
