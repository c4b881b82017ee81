/*
 * Races: from what the runtime saw to findings. The first participant is the one that breaks the
 * rule, if one does: it lacks the guard, or any lock, where the other holds one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "fingerprint.h"
#include "memory.h"
#include "pool.h"
#include "race_text.h"
#include "site.h"

static int fill_participant(struct lh_participant *participant, struct lh_pool *pool,
                            const struct lh_process *process, const struct lh_access *access)
{
    const struct lh_lockset *set = lh_process_lockset(process, access->lockset);

    *participant = (struct lh_participant){
        .thread = access->thread,
        .access = access,
        .wants = {.lock = LH_NO_LOCK, .stack = access->stack},
        .n_holds = set->n_held,
        .cycle_hold = (uint32_t)set->n_held,
    };
    if (set->n_held == 0)
        return 0;
    participant->holds = lh_pool_copy(pool, set->held, set->n_held * sizeof(*set->held));
    return participant->holds ? 0 : -ENOMEM;
}

static bool earlier_is_to_blame(const struct lh_process *process, const struct lh_race *race,
                                uint32_t guard)
{
    if (guard != LH_NO_LOCK)
        return lh_access_holds(process, &race->later, guard) &&
               !lh_access_holds(process, &race->earlier, guard);
    return lh_process_lockset(process, race->later.lockset)->n_held > 0 &&
           lh_process_lockset(process, race->earlier.lockset)->n_held == 0;
}

static void add_lock(struct lh_finding *finding, uint32_t lock)
{
    if (lock == LH_NO_LOCK)
        return; /* it had ended */
    for (size_t i = 0; i < finding->n_locks; i++)
        if (finding->locks[i] == lock)
            return;
    finding->locks[finding->n_locks++] = lock;
}

/* The guard first, then what the two hold. */
static int fill_locks(struct lh_finding *finding, struct lh_pool *pool, uint32_t guard)
{
    const struct lh_participant *participants = finding->participants;
    size_t most = 1 + participants[0].n_holds + participants[1].n_holds;

    finding->locks = lh_pool_alloc(pool, most * sizeof(*finding->locks));
    if (!finding->locks)
        return -ENOMEM;
    if (guard != LH_NO_LOCK)
        add_lock(finding, guard);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < participants[i].n_holds; k++)
            add_lock(finding, participants[i].holds[k].lock);
    return 0;
}

static int fill(struct lh_finding *finding, struct lh_pool *pool, const struct lh_race *race)
{
    bool earlier_first = earlier_is_to_blame(finding->process, race, finding->memory->guard);
    const struct lh_access *first = earlier_first ? &race->earlier : &race->later;
    const struct lh_access *second = earlier_first ? &race->later : &race->earlier;

    finding->participants = lh_pool_alloc(pool, 2 * sizeof(*finding->participants));
    if (!finding->participants ||
        fill_participant(&finding->participants[0], pool, finding->process, first) < 0 ||
        fill_participant(&finding->participants[1], pool, finding->process, second) < 0)
        return -ENOMEM;
    finding->n_participants = 2;
    return fill_locks(finding, pool, finding->memory->guard);
}

/* The two lines and the memory, whichever comes first. */
static uint64_t places_of(const struct lh_finding *finding)
{
    uint64_t parts[2];

    for (size_t i = 0; i < 2; i++) {
        uint32_t stack = finding->participants[i].access->stack;
        const struct lh_frame *frame = lh_site_frame(finding->process, stack);

        parts[i] =
            lh_hash_text(LH_HASH_START, frame && frame->file ? lh_site_basename(frame->file) : "");
        parts[i] = lh_hash_text(parts[i], lh_site_function(finding->process, stack));
        parts[i] =
            lh_hash_number(parts[i], frame && frame->line > 0 ? (uint64_t)frame->line : stack);
    }
    if (parts[0] > parts[1]) {
        uint64_t swap = parts[0];
        parts[0] = parts[1];
        parts[1] = swap;
    }
    return lh_memory_hash(lh_hash_number(lh_hash_number(LH_HASH_START, parts[0]), parts[1]),
                          finding->process, finding->memory);
}

/* Say all that there is to say of it. */
static int describe(struct lh_finding *finding, struct lh_model *model, struct lh_process *process,
                    const struct lh_race *race, struct lh_pool *pool)
{
    finding->kind = race->kind == LH_RACE_PROVEN ? LH_KIND_DATA_RACE : LH_KIND_INCONSISTENT_LOCKING;
    finding->severity = race->kind == LH_RACE_PROVEN ? LH_ERROR : LH_WARNING;
    finding->process = process;
    finding->similar = race->count > 0 ? race->count - 1 : 0;
    finding->memory = lh_memory_of(model, process, race, pool);
    if (!finding->memory || fill(finding, pool, race) < 0)
        return -ENOMEM;
    finding->message = lh_race_message(pool, finding);
    finding->remedy = lh_race_remedy(pool, finding);
    finding->places = places_of(finding);
    lh_fingerprint(finding, finding->fingerprint);
    return finding->message ? 0 : -ENOMEM;
}

static int report(struct lh_model *model, struct lh_process *process, const struct lh_race *race,
                  struct lh_findings *findings)
{
    struct lh_finding *finding = lh_findings_add(findings);

    if (!finding)
        return -ENOMEM;
    if (describe(finding, model, process, race, findings->pool) < 0) {
        findings->n_items--;
        return -ENOMEM;
    }
    return lh_findings_finish(findings);
}

/* ---- what is rather none ---- */

static uint64_t code_of(const struct lh_process *process, const struct lh_access *access)
{
    const struct lh_stack *stack = lh_process_stack(process, access->stack);

    return stack->n_pcs ? stack->pcs[0] : 0;
}

static bool same_places(const struct lh_process *process, const struct lh_race *a,
                        const struct lh_race *b)
{
    uint64_t one = code_of(process, &a->earlier), two = code_of(process, &a->later);
    uint64_t other_one = code_of(process, &b->earlier), other_two = code_of(process, &b->later);

    return (one == other_one && two == other_two) || (one == other_two && two == other_one);
}

/*
 * Was this mostly seen where the memory was begun anew? What was not may only not have been looked
 * at again before the end.
 */
static bool is_mostly_anew(const struct lh_process *process, const struct lh_race *race)
{
    for (size_t i = 0; i < process->n_races; i++) {
        const struct lh_race *other = &process->races[i];
        if (other->kind == LH_RACE_SUSPECT && other->doubt == LH_DOUBT_ANEW &&
            other->count >= race->count && same_places(process, race, other))
            return true;
    }
    return false;
}

static bool holds_sibling(const struct lh_process *process, const struct lh_access *access,
                          uint32_t guard)
{
    const struct lh_lockset *set = lh_process_lockset(process, access->lockset);
    uint64_t class_id = lh_process_lock(process, guard)->class_id;

    for (size_t i = 0; i < set->n_held; i++)
        if (set->held[i].lock != guard &&
            lh_process_lock(process, set->held[i].lock)->class_id == class_id)
            return true;
    return false;
}

/*
 * The one that lacks the guard holds another lock of the same class, as where each list has its
 * lock and elements go from one list to the next and back.
 */
static bool has_moved(const struct lh_process *process, const struct lh_race *race)
{
    if (race->guard == LH_NO_LOCK)
        return false;
    bool earlier = lh_access_holds(process, &race->earlier, race->guard);
    bool later = lh_access_holds(process, &race->later, race->guard);

    return earlier != later &&
           holds_sibling(process, earlier ? &race->later : &race->earlier, race->guard);
}

static enum lh_filter filter_of(const struct lh_process *process, const struct lh_race *race)
{
    if (race->kind != LH_RACE_SUSPECT)
        return LH_FILTER_NONE;
    switch (race->doubt) {
    case LH_DOUBT_LONE_GUARD:
        return LH_FILTER_LONE_GUARD;
    case LH_DOUBT_READ_GUARD:
        return LH_FILTER_READ_GUARD;
    case LH_DOUBT_MOVED:
        return LH_FILTER_MOVED_ON;
    case LH_DOUBT_ANEW:
        return LH_FILTER_RECYCLED;
    case LH_DOUBT_LAST:
        return LH_FILTER_LAST_USE;
    default:
        if (has_moved(process, race))
            return LH_FILTER_MOVED_ON;
        return is_mostly_anew(process, race) ? LH_FILTER_RECYCLED : LH_FILTER_NONE;
    }
}

/* A variable of its own is no piece of memory that is passed around; an element may be, and what
 * lies on a stack is. */
static bool is_for_ever(const struct lh_finding *finding)
{
    const char *family = finding->memory->family;

    return family && !finding->memory->function && !strchr(family, '[');
}

static bool is_told(const struct lh_findings *findings, const struct lh_finding *example)
{
    for (size_t i = 0; i < findings->n_items; i++)
        if (findings->items[i].memory && findings->items[i].places == example->places)
            return true;
    for (size_t i = 0; i + 1 < findings->n_filtered; i++)
        if (findings->filtered[i].memory && findings->filtered[i].places == example->places &&
            findings->filtered[i].filter == example->filter)
            return true;
    return false;
}

static int filter(struct lh_model *model, struct lh_process *process, const struct lh_race *race,
                  struct lh_findings *findings)
{
    struct lh_finding *example = lh_findings_add_filtered(findings, filter_of(process, race));

    if (!example)
        return -ENOMEM;
    if (describe(example, model, process, race, findings->pool) < 0) {
        findings->n_filtered--;
        return -ENOMEM;
    }
    if (example->filter == LH_FILTER_RECYCLED && is_for_ever(example)) {
        findings->n_filtered--;
        return report(model, process, race, findings);
    }
    if (is_told(findings, example))
        findings->n_filtered--;
    else
        findings->filtered_count[example->filter]++;
    return 0;
}

/* ---- the order in which they are told: of those that are alike, the first is shown ---- */

static int writes_of(const struct lh_race *race)
{
    return !!(race->earlier.flags & LH_ACCESS_WRITE) + !!(race->later.flags & LH_ACCESS_WRITE);
}

static int compare_races(const void *left, const void *right)
{
    const struct lh_race *a = *(const struct lh_race *const *)left;
    const struct lh_race *b = *(const struct lh_race *const *)right;

    if (writes_of(a) != writes_of(b))
        return writes_of(b) - writes_of(a);
    return (a > b) - (a < b);
}

/* One that was taken back altogether is none. */
static bool is_known(const struct lh_race *race)
{
    return race->kind == LH_RACE_PROVEN || (race->kind == LH_RACE_SUSPECT && race->count > 0);
}

static int report_process(struct lh_model *model, struct lh_process *process,
                          struct lh_findings *findings)
{
    const struct lh_race **order = calloc(process->n_races + 1, sizeof(*order));
    int error = 0;

    if (!order)
        return -ENOMEM;
    for (size_t i = 0; i < process->n_races; i++)
        order[i] = &process->races[i];
    qsort(order, process->n_races, sizeof(*order), compare_races);
    for (size_t i = 0; !error && i < process->n_races; i++)
        if (is_known(order[i]) && filter_of(process, order[i]) == LH_FILTER_NONE)
            error = report(model, process, order[i], findings);
    for (size_t i = 0; !error && i < process->n_races; i++)
        if (is_known(order[i]) && filter_of(process, order[i]) != LH_FILTER_NONE)
            error = filter(model, process, order[i], findings);
    free(order);
    return error;
}

int lh_find_races(struct lh_model *model, struct lh_findings *findings)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        int error = report_process(model, model->processes[i], findings);
        if (error)
            return error;
    }
    return 0;
}
