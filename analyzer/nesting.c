/*
 * Locks of one class that are nested in each other: accounts[i], then accounts[j]. Threads that do
 * so need a rule for the order of the two. If what was seen agrees with no simple rule (by address,
 * by age), there likely is none, and a cycle was only missed by luck: worth a note.
 *
 * Only what one function does at one pair of calls is compared: a class can be as wide as "all
 * locks made by the library's own lock_new()", whose locks are nested for many unrelated reasons.
 */
#include "analyses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "inversion.h"
#include "message.h"
#include "pool.h"
#include "site.h"
#include "ways.h"

#define MAX_PAIRS 20000u /* pairs of dependencies compared for one class */

enum direction { UP, DOWN };

struct nest {
    uint32_t class_id;
    uint64_t held_at, wanted_at; /* code addresses in the module of the function that does both */
    uint32_t dep, hold;
    enum direction by_address, by_birth;
};

struct nests {
    const struct lh_process *process;
    struct nest *items;
    size_t n, capacity;
};

/* Python's go by id(): the address of an object, which is not that of its lock, and not recorded.
 */
static bool is_nest(const struct lh_process *process, const struct lh_dep *dep, size_t hold)
{
    const struct lh_lock *held = lh_process_lock(process, dep->held[hold].lock);
    const struct lh_lock *wanted = lh_process_lock(process, dep->wanted.lock);

    return dep->n_seen && dep->held[hold].lock != dep->wanted.lock &&
           held->class_id == wanted->class_id && !held->python && lh_is_lock(held) &&
           lh_is_lock(wanted) && !(dep->wanted.flags & LH_ATTEMPT_TRY) &&
           !(dep->wanted.mode == LH_MODE_SHARED && dep->held[hold].mode == LH_MODE_SHARED);
}

/* Both calls lie in one function, and are not one and the same (that of a wrapper). */
static bool find_calls(const struct lh_process *process, struct nest *nest)
{
    const struct lh_dep *dep = &process->deps[nest->dep];
    const struct lh_frame *held = lh_site_frame(process, dep->held[nest->hold].stack);
    const struct lh_frame *wanted = lh_site_frame(process, dep->wanted.stack);

    if (!held || !wanted || !held->function || !wanted->function || held->offset == wanted->offset)
        return false;
    size_t length = lh_site_name_length(held->function);
    if (length != lh_site_name_length(wanted->function) ||
        strncmp(held->function, wanted->function, length) != 0)
        return false;
    nest->held_at = held->offset;
    nest->wanted_at = wanted->offset;
    return true;
}

static int collect(struct nests *nests, uint32_t index)
{
    const struct lh_process *process = nests->process;
    const struct lh_dep *dep = &process->deps[index];

    for (uint32_t i = 0; dep->id && i < dep->n_held; i++) {
        const struct lh_lock *held = lh_process_lock(process, dep->held[i].lock);
        const struct lh_lock *wanted = lh_process_lock(process, dep->wanted.lock);
        struct nest nest = {.class_id = held->class_id, .dep = index, .hold = i};
        if (!is_nest(process, dep, i) || !find_calls(process, &nest))
            continue;
        if (lh_grow(&nests->items, &nests->capacity, nests->n + 1, sizeof(*nests->items)) < 0)
            return -ENOMEM;
        nest.by_address = held->addr < wanted->addr ? UP : DOWN;
        nest.by_birth = held->uid < wanted->uid ? UP : DOWN;
        nests->items[nests->n++] = nest;
    }
    return 0;
}

static int compare_groups(const struct nest *a, const struct nest *b)
{
    if (a->class_id != b->class_id)
        return a->class_id < b->class_id ? -1 : 1;
    if (a->held_at != b->held_at)
        return a->held_at < b->held_at ? -1 : 1;
    return (a->wanted_at > b->wanted_at) - (a->wanted_at < b->wanted_at);
}

static int compare_nests(const void *left, const void *right)
{
    const struct nest *a = left, *b = right;
    int group = compare_groups(a, b);

    if (group != 0)
        return group;
    if (a->by_address != b->by_address)
        return a->by_address < b->by_address ? -1 : 1;
    if (a->dep != b->dep)
        return a->dep < b->dep ? -1 : 1;
    return (a->hold > b->hold) - (a->hold < b->hold);
}

static bool has_visible_order(const struct nest *nests, size_t n)
{
    bool address = true, birth = true;

    for (size_t i = 1; i < n; i++) {
        address = address && nests[i].by_address == nests[0].by_address;
        birth = birth && nests[i].by_birth == nests[0].by_birth;
    }
    return address || birth;
}

/* Two locks of the class follow each other in the finding's cycle. */
static bool is_about(const struct lh_finding *finding, const struct lh_process *process,
                     uint32_t class_id)
{
    if (finding->process != process)
        return false;
    for (size_t k = 0; k < finding->n_locks; k++) {
        uint32_t next = finding->locks[(k + 1) % finding->n_locks];
        if (lh_process_lock(process, finding->locks[k])->class_id == class_id &&
            lh_process_lock(process, next)->class_id == class_id)
            return true;
    }
    return false;
}

static bool is_reported(const struct lh_findings *findings, const struct lh_process *process,
                        uint32_t class_id)
{
    for (size_t i = 0; i < findings->n_items; i++) {
        enum lh_kind kind = findings->items[i].kind;
        if ((kind == LH_KIND_LOCK_ORDER_INVERSION || kind == LH_KIND_DEADLOCK) &&
            is_about(&findings->items[i], process, class_id))
            return true;
    }
    return false;
}

/* The locks lie in a circle, and a semaphore is there so that it does not close. */
static bool is_seen_to(const struct lh_findings *findings, const struct lh_process *process,
                       uint32_t class_id)
{
    for (size_t i = 0; i < findings->n_filtered; i++)
        if (findings->filtered[i].filter == LH_FILTER_SEMAPHORE_LIMIT &&
            is_about(&findings->filtered[i], process, class_id))
            return true;
    return false;
}

static bool has_lock(const struct lh_finding *finding, uint32_t lock)
{
    for (size_t i = 0; i < finding->n_locks; i++)
        if (finding->locks[i] == lock)
            return true;
    return false;
}

static int fill_members(struct lh_finding *finding, struct lh_pool *pool,
                        const struct lh_chain *chain)
{
    finding->participants = lh_pool_alloc(pool, chain->n * sizeof(*finding->participants));
    finding->locks = lh_pool_alloc(pool, 2 * chain->n * sizeof(*finding->locks));
    if (!finding->participants || !finding->locks)
        return -ENOMEM;
    finding->n_participants = chain->n;
    for (size_t i = 0; i < chain->n; i++) {
        const struct lh_link *link = &chain->links[i];
        finding->timed |= (link->way->want_flags & LH_ATTEMPT_TIMED) != 0;
        if (!has_lock(finding, link->way->from))
            finding->locks[finding->n_locks++] = link->way->from;
        if (!has_lock(finding, link->way->to))
            finding->locks[finding->n_locks++] = link->way->to;
        if (lh_participant_of_link(&finding->participants[i], pool, finding->process, link) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int fill_texts(struct lh_finding *finding, struct lh_pool *pool)
{
    const struct lh_process *process = finding->process;
    const struct lh_participant *one = &finding->participants[0], *other = one + 1;
    const char *name = lh_process_class(process, finding->locks[0])->name;

    finding->message = lh_pool_printf(
        pool, "locks of %s are nested in no visible order: %s in %s one way, %s in %s the other",
        name ? name : "one class", lh_thread_text(pool, process, one->thread),
        lh_site_text(pool, process, one->wants.stack), lh_thread_text(pool, process, other->thread),
        lh_site_text(pool, process, other->wants.stack));
    finding->remedy = lh_pool_printf(
        pool, "wherever two locks of %s are taken, take them in one order, for example by address",
        name ? name : "one class");
    return finding->message && finding->remedy ? 0 : -ENOMEM;
}

static int report(struct lh_findings *findings, const struct lh_process *process,
                  const struct lh_chain *chain)
{
    struct lh_finding *finding = lh_findings_add(findings);

    if (!finding)
        return -ENOMEM;
    finding->kind = LH_KIND_LOCK_ORDER_INVERSION;
    finding->severity = LH_NOTE;
    finding->process = process;
    if (fill_members(finding, findings->pool, chain) < 0 ||
        fill_texts(finding, findings->pool) < 0) {
        findings->n_items--;
        return -ENOMEM;
    }
    lh_fingerprint(finding, finding->fingerprint);
    return 0;
}

/* May these two run side by side? Then the chain holds both. */
static bool fits(struct lh_chain *chain, const struct lh_way *one, const struct lh_way *other)
{
    chain->n = 0;
    return lh_chain_push(chain, one) && lh_chain_push(chain, other);
}

/* One nest upwards and one downwards, by address, that may run side by side. Sorted: up first. */
static bool find_pair(struct lh_chain *chain, const struct nest *nests, const struct lh_way *ways,
                      size_t n)
{
    size_t first_down = 0;
    uint32_t tried = 0;

    while (first_down < n && nests[first_down].by_address == UP)
        first_down++;
    for (size_t up = 0; up < first_down; up++)
        for (size_t down = first_down; down < n && tried < MAX_PAIRS; down++, tried++)
            if (fits(chain, &ways[up], &ways[down]))
                return true;
    return false;
}

static int check_group(struct lh_chain *chain, const struct nest *nests, size_t n,
                       struct lh_pool *pool, struct lh_findings *findings)
{
    const struct lh_process *process = chain->facts->process;
    struct lh_way *ways = lh_pool_alloc(pool, n * sizeof(*ways));
    int error = ways ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < n; i++)
        error = lh_way_of_dep(process, nests[i].dep, nests[i].hold, pool, &ways[i]);
    if (!error && find_pair(chain, nests, ways, n))
        error = report(findings, process, chain);
    return error;
}

static int check_groups(const struct nests *nests, struct lh_chain *chain, struct lh_pool *pool,
                        struct lh_findings *findings)
{
    int error = 0;

    for (size_t i = 0, end; !error && i < nests->n; i = end) {
        const struct nest *first = &nests->items[i];
        for (end = i; end < nests->n && compare_groups(&nests->items[end], first) == 0;)
            end++;
        if (!has_visible_order(first, end - i) &&
            !is_reported(findings, nests->process, first->class_id) &&
            !is_seen_to(findings, nests->process, first->class_id))
            error = check_group(chain, first, end - i, pool, findings);
    }
    return error;
}

static int check_nests(struct nests *nests, struct lh_findings *findings)
{
    struct lh_pool *pool = lh_pool_new();
    struct lh_filter_facts facts;
    struct lh_chain chain = {0};
    int error = lh_filter_facts_init(&facts, nests->process);

    qsort(nests->items, nests->n, sizeof(*nests->items), compare_nests);
    if (!error)
        error = lh_chain_init(&chain, &facts, 2, LH_CYCLE_FILTERS);
    if (!error)
        error = pool ? check_groups(nests, &chain, pool, findings) : -ENOMEM;
    lh_chain_done(&chain);
    lh_filter_facts_done(&facts);
    lh_pool_free(pool);
    return error;
}

static int check_process(const struct lh_process *process, struct lh_findings *findings)
{
    struct nests nests = {.process = process};
    int error = 0;

    for (uint32_t i = 0; !error && i < process->n_deps; i++)
        error = collect(&nests, i);
    if (!error && nests.n)
        error = check_nests(&nests, findings);
    free(nests.items);
    return error;
}

int lh_find_unordered_nesting(const struct lh_model *model, struct lh_findings *findings)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        int error = check_process(model->processes[i], findings);
        if (error)
            return error;
    }
    return 0;
}
