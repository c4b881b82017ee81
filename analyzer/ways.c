#include "ways.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "site.h"

/* What a dependency holds, made once for all edges that it is part of. */
struct held_set {
    const uint32_t *locks;
    uint32_t n;
    const uint32_t *units;
    uint32_t n_units;
};

/* A dependency's edge together with all that tells one way from another. */
struct entry {
    struct lh_arc arc;
    uint64_t element; /* first a hash, then a dense number */
    const struct held_set *held;
    uint8_t hold_mode, want_mode, want_flags;
    bool is_switch;
};

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Do threads that have units of it number no more than it began with? */
static bool is_limit(const struct lh_lock *lock)
{
    const uint32_t no = LH_LOCK_SEM_GIVEN | LH_LOCK_PSHARED | LH_LOCK_AGGREGATE;

    return lock->kind == LH_LOCK_SEMAPHORE && lock->uid && lock->initial > 1 &&
           (lock->flags & LH_LOCK_INIT_SEEN) && !(lock->flags & no);
}

static int make_units(const struct lh_process *process, const struct lh_dep *dep,
                      struct lh_pool *pool, struct held_set *ret)
{
    uint32_t *units = lh_pool_alloc(pool, (dep->n_units + 1) * sizeof(*units)), n = 0;

    if (!units)
        return -ENOMEM;
    for (size_t i = 0; i < dep->n_units; i++)
        if (is_limit(lh_process_lock(process, dep->units[i])))
            units[n++] = dep->units[i];
    if (n)
        qsort(units, n, sizeof(*units), compare_numbers);
    ret->units = units;
    ret->n_units = n;
    return 0;
}

static int make_held_set(const struct lh_process *process, const struct lh_dep *dep,
                         struct lh_pool *pool, struct held_set *ret)
{
    uint32_t *locks = lh_pool_alloc(pool, (dep->n_held + 1) * sizeof(*locks)), n = 0;

    if (!locks)
        return -ENOMEM;
    for (size_t i = 0; i < dep->n_held; i++)
        if (lh_is_lock(lh_process_lock(process, dep->held[i].lock)))
            locks[n++] = dep->held[i].lock << 1 | (dep->held[i].mode == LH_MODE_SHARED ? 1u : 0u);
    if (n)
        qsort(locks, n, sizeof(*locks), compare_numbers);
    *ret = (struct held_set){.locks = locks, .n = n};
    return make_units(process, dep, pool, ret);
}

/* Hashes of the places of stacks, 0: not made yet. */
struct sites {
    const struct lh_process *process;
    uint64_t *hashes;
};

/* A function without a name is told apart by where its code lies. */
static uint64_t hash_site(const struct lh_process *process, uint32_t stack)
{
    const struct lh_frame *frame = lh_site_frame(process, stack);
    const char *function = lh_site_function(process, stack);
    uint64_t hash = lh_hash_bytes(LH_HASH_START, function, lh_site_name_length(function));

    hash = lh_hash_number(hash, frame && !frame->function ? frame->offset + 1 : 0);
    return hash ? hash : 1;
}

static uint64_t site_of(const struct sites *sites, uint32_t stack)
{
    if (stack >= sites->process->n_stacks)
        return hash_site(sites->process, stack);
    if (!sites->hashes[stack])
        sites->hashes[stack] = hash_site(sites->process, stack);
    return sites->hashes[stack];
}

static uint64_t hash_element(const struct sites *sites, const struct lh_held *hold,
                             const struct lh_held *wanted)
{
    const struct lh_process *process = sites->process;
    uint64_t hash = LH_HASH_START;

    hash = lh_hash_number(hash, lh_process_lock(process, hold->lock)->class_id);
    hash = lh_hash_number(hash, lh_process_lock(process, wanted->lock)->class_id);
    hash = lh_hash_number(hash, site_of(sites, hold->stack));
    return lh_hash_number(hash, site_of(sites, wanted->stack));
}

static bool holds(const struct lh_dep *dep, uint32_t lock)
{
    for (size_t i = 0; i < dep->n_held; i++)
        if (dep->held[i].lock == lock)
            return true;
    return false;
}

static bool has_thread(const struct lh_dep *dep, uint32_t thread)
{
    for (size_t i = 0; i < dep->n_seen; i++)
        if (dep->seen[i].thread == thread)
            return true;
    return false;
}

static bool has_threads_of(const struct lh_dep *dep, const struct lh_dep *other)
{
    for (size_t i = 0; i < other->n_seen; i++)
        if (!has_thread(dep, other->seen[i].thread))
            return false;
    return true;
}

/*
 * Did the holder take the semaphore under the lock that it wants now, and by a call, not a
 * statement whose end releases it? Then it may have done so for others, too.
 */
static bool was_taken_under(const struct lh_process *process, const struct lh_dep *from,
                            const struct lh_held *hold)
{
    if (lh_process_lock(process, hold->lock)->kind != LH_LOCK_SEMAPHORE ||
        hold->flags & LH_ATTEMPT_SCOPED)
        return false;
    for (size_t i = 1; i < process->n_deps; i++) {
        const struct lh_dep *dep = &process->deps[i];
        if (dep->wanted.lock == hold->lock && dep->wanted.stack == hold->stack &&
            holds(dep, from->wanted.lock) && has_threads_of(dep, from))
            return true;
    }
    return false;
}

static void make_entry(const struct lh_process *process, const struct lh_arc *arc,
                       const struct held_set *held, struct entry *ret)
{
    const struct lh_dep *dep = &process->deps[arc->dep];
    const struct lh_held *hold = &dep->held[arc->hold];

    *ret = (struct entry){
        .arc = *arc,
        .held = held,
        .hold_mode = hold->mode,
        .want_mode = dep->wanted.mode,
        .want_flags = dep->wanted.flags & (LH_ATTEMPT_TRY | LH_ATTEMPT_TIMED),
        .is_switch = was_taken_under(process, dep, hold),
    };
}

static int compare_sets(const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b)
{
    if (n_a != n_b)
        return n_a < n_b ? -1 : 1;
    return n_a ? memcmp(a, b, n_a * sizeof(*a)) : 0;
}

/* Entries that compare equal are one way. */
static int compare_ways(const struct entry *a, const struct entry *b)
{
    if (a->element != b->element)
        return a->element < b->element ? -1 : 1;
    if (a->hold_mode != b->hold_mode)
        return a->hold_mode < b->hold_mode ? -1 : 1;
    if (a->want_mode != b->want_mode)
        return a->want_mode < b->want_mode ? -1 : 1;
    if (a->want_flags != b->want_flags)
        return a->want_flags < b->want_flags ? -1 : 1;
    if (a->is_switch != b->is_switch)
        return a->is_switch ? 1 : -1;
    int order = compare_sets(a->held->locks, a->held->n, b->held->locks, b->held->n);
    return order ? order
                 : compare_sets(a->held->units, a->held->n_units, b->held->units, b->held->n_units);
}

static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = 0;

    if (a->arc.from != b->arc.from)
        return a->arc.from < b->arc.from ? -1 : 1;
    if (a->arc.to != b->arc.to)
        return a->arc.to < b->arc.to ? -1 : 1;
    order = compare_ways(a, b);
    if (!order)
        order = (a->arc.dep > b->arc.dep) - (a->arc.dep < b->arc.dep);
    return order ? order : (a->arc.hold > b->arc.hold) - (a->arc.hold < b->arc.hold);
}

static int compare_instances(const void *left, const void *right)
{
    const struct lh_instance *a = left, *b = right;

    if (a->thread != b->thread)
        return a->thread < b->thread ? -1 : 1;
    if (a->segment != b->segment)
        return a->segment < b->segment ? -1 : 1;
    if (a->dep != b->dep)
        return a->dep < b->dep ? -1 : 1;
    return (a->hold > b->hold) - (a->hold < b->hold);
}

/* Sorted; of those in the same segment of a thread the first is enough. */
static uint32_t unique_instances(struct lh_instance *instances, size_t n)
{
    uint32_t kept = 0;

    if (n)
        qsort(instances, n, sizeof(*instances), compare_instances);
    for (size_t i = 0; i < n; i++)
        if (!kept || instances[kept - 1].thread != instances[i].thread ||
            instances[kept - 1].segment != instances[i].segment)
            instances[kept++] = instances[i];
    return kept;
}

static size_t fill_instances(const struct lh_process *process, uint32_t dep, uint32_t hold,
                             struct lh_instance *instances)
{
    const struct lh_dep *from = &process->deps[dep];

    for (size_t i = 0; i < from->n_seen; i++)
        instances[i] = (struct lh_instance){from->seen[i].thread, from->seen[i].segment, dep, hold};
    return from->n_seen;
}

static int set_instances(const struct lh_process *process, struct lh_pool *pool,
                         const struct entry *entries, size_t n, struct lh_way *way)
{
    struct lh_instance *instances;
    size_t total = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        total += process->deps[entries[i].arc.dep].n_seen;
    instances = lh_pool_alloc(pool, (total + 1) * sizeof(*instances));
    if (!instances)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        at += fill_instances(process, entries[i].arc.dep, entries[i].arc.hold, instances + at);
    way->n_instances = unique_instances(instances, total);
    way->instances = instances;
    return 0;
}

static void set_way(struct lh_way *way, const struct lh_process *process, const struct entry *entry)
{
    const struct lh_dep *dep = &process->deps[entry->arc.dep];

    way->from = dep->held[entry->arc.hold].lock;
    way->to = dep->wanted.lock;
    way->hold_mode = entry->hold_mode;
    way->want_mode = entry->want_mode;
    way->want_flags = entry->want_flags;
    way->is_switch = entry->is_switch;
    way->element = (uint32_t)entry->element;
    way->held = entry->held->locks;
    way->n_held = entry->held->n;
    way->units = entry->held->units;
    way->n_units = entry->held->n_units;
}

static uint64_t count_of(const struct lh_process *process, const struct entry *entry)
{
    const struct lh_dep *dep = &process->deps[entry->arc.dep];
    uint64_t count = 0;

    for (size_t i = 0; i < dep->n_seen; i++)
        count += dep->seen[i].count;
    return count;
}

/* One edge from its entries [0, n), which are sorted. */
static int make_edge(struct lh_lock_graph *graph, const struct entry *entries, size_t n)
{
    struct lh_edge *edge = &graph->edges[graph->n_edges];

    *edge = (struct lh_edge){
        .from = entries->arc.from, .to = entries->arc.to, .first_way = graph->n_ways};
    for (size_t i = 0, end; i < n; i = end) {
        struct lh_way *way = &graph->ways[graph->n_ways++];
        for (end = i; end < n && compare_ways(&entries[i], &entries[end]) == 0; end++)
            edge->count += count_of(graph->process, &entries[end]);
        edge->n_places += i == 0 || entries[i].element != entries[i - 1].element;
        set_way(way, graph->process, &entries[i]);
        way->edge = graph->n_edges;
        if (set_instances(graph->process, graph->pool, entries + i, end - i, way) < 0)
            return -ENOMEM;
    }
    edge->n_ways = edge->n_alive = graph->n_ways - edge->first_way;
    graph->n_edges++;
    return 0;
}

static int compare_hashes(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

/* Replace the hashes of the elements by dense numbers. */
static int number_elements(struct lh_lock_graph *graph, struct entry *entries, size_t n)
{
    uint64_t *sorted = malloc((n + 1) * sizeof(*sorted));
    size_t kept = 0;

    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        sorted[i] = entries[i].element;
    if (n)
        qsort(sorted, n, sizeof(*sorted), compare_hashes);
    for (size_t i = 0; i < n; i++)
        if (!kept || sorted[kept - 1] != sorted[i])
            sorted[kept++] = sorted[i];
    for (size_t i = 0; i < n; i++) {
        const uint64_t *found =
            bsearch(&entries[i].element, sorted, kept, sizeof(*sorted), compare_hashes);
        entries[i].element = (uint64_t)(found - sorted);
    }
    graph->n_elements = (uint32_t)kept;
    free(sorted);
    return 0;
}

static int make_edges(struct lh_lock_graph *graph, const struct entry *entries, size_t n)
{
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && entries[end].arc.from == entries[i].arc.from &&
                      entries[end].arc.to == entries[i].arc.to;)
            end++;
        if (make_edge(graph, entries + i, end - i) < 0)
            return -ENOMEM;
    }
    return 0;
}

static void set_elements(const struct sites *sites, struct entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct lh_dep *dep = &sites->process->deps[entries[i].arc.dep];
        entries[i].element = hash_element(sites, &dep->held[entries[i].arc.hold], &dep->wanted);
    }
}

static int make_entries(struct lh_lock_graph *graph, const struct lh_arc *arcs, size_t n,
                        struct held_set *held, struct entry *entries)
{
    struct sites sites = {graph->process,
                          calloc(graph->process->n_stacks + 1, sizeof(*sites.hashes))};

    if (!sites.hashes)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct lh_dep *dep = &graph->process->deps[arcs[i].dep];
        struct held_set *set = &held[arcs[i].dep];

        if (!set->locks && make_held_set(graph->process, dep, graph->pool, set) < 0) {
            free(sites.hashes);
            return -ENOMEM;
        }
        make_entry(graph->process, &arcs[i], set, &entries[i]);
    }
    set_elements(&sites, entries, n);
    free(sites.hashes);
    if (number_elements(graph, entries, n) < 0)
        return -ENOMEM;
    if (n)
        qsort(entries, n, sizeof(*entries), compare_entries);
    return 0;
}

/* There can be no more edges and ways than arcs. */
static int make_tables(struct lh_lock_graph *graph, size_t n)
{
    graph->edges = lh_pool_alloc(graph->pool, (n + 1) * sizeof(*graph->edges));
    graph->ways = lh_pool_alloc(graph->pool, (n + 1) * sizeof(*graph->ways));
    return graph->edges && graph->ways ? 0 : -ENOMEM;
}

int lh_ways_build(struct lh_lock_graph *graph, const struct lh_arc *arcs, size_t n)
{
    struct entry *entries = calloc(n + 1, sizeof(*entries));
    struct held_set *held = calloc(graph->process->n_deps + 1, sizeof(*held));
    int error = entries && held ? make_tables(graph, n) : -ENOMEM;

    if (!error)
        error = make_entries(graph, arcs, n, held, entries);
    if (!error)
        error = make_edges(graph, entries, n);
    free(entries);
    free(held);
    return error;
}

int lh_way_of_dep(const struct lh_process *process, uint32_t dep, uint32_t hold,
                  struct lh_pool *pool, struct lh_way *ret)
{
    struct lh_arc arc = {.dep = dep, .hold = hold};
    struct held_set held;
    struct entry entry;

    if (make_held_set(process, &process->deps[dep], pool, &held) < 0)
        return -ENOMEM;
    make_entry(process, &arc, &held, &entry);
    *ret = (struct lh_way){0};
    set_way(ret, process, &entry);
    return set_instances(process, pool, &entry, 1, ret);
}

int lh_way_of_writer(const struct lh_process *process, uint32_t dep, struct lh_pool *pool,
                     struct lh_way *ret)
{
    const struct lh_held *wanted = &process->deps[dep].wanted;
    struct entry entry = {.arc = {.to = wanted->lock, .dep = dep}};
    struct held_set held;

    if (make_held_set(process, &process->deps[dep], pool, &held) < 0)
        return -ENOMEM;
    *ret = (struct lh_way){
        .to = wanted->lock,
        .want_mode = wanted->mode,
        .want_flags = wanted->flags & (LH_ATTEMPT_TRY | LH_ATTEMPT_TIMED),
        .held = held.locks,
        .n_held = held.n,
    };
    return set_instances(process, pool, &entry, 1, ret);
}
