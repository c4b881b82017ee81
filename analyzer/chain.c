#include "chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "writers.h"

#define MEMORY_SIZE 16384u /* a power of two */

/* Pairs of ways that no choice of instances fits; of `b` it may be the list of a lock's writers. */
struct lh_pair_memory {
    struct {
        const void *a, *b;
        unsigned n_filters;
    } places[MEMORY_SIZE];
};

int lh_chain_init(struct lh_chain *chain, const struct lh_filter_facts *facts, size_t capacity,
                  unsigned n_filters)
{
    *chain = (struct lh_chain){
        .facts = facts, .n_filters = n_filters, .max_steps = UINT64_MAX, .capacity = capacity};
    /* Each link may need a writer behind it. */
    chain->links = calloc(2 * (capacity + 1), sizeof(*chain->links));
    chain->behind = calloc(capacity + 1, sizeof(*chain->behind));
    chain->choice = calloc(2 * (capacity + 1), sizeof(*chain->choice));
    chain->saved = calloc(capacity + 1, sizeof(*chain->saved));
    chain->memory = calloc(1, sizeof(*chain->memory));
    if (!chain->links || !chain->behind || !chain->choice || !chain->saved || !chain->memory) {
        lh_chain_done(chain);
        return -ENOMEM;
    }
    return 0;
}

void lh_chain_done(struct lh_chain *chain)
{
    free(chain->links);
    free(chain->behind);
    free(chain->choice);
    free(chain->saved);
    free(chain->memory);
    *chain = (struct lh_chain){0};
}

static bool spend(struct lh_chain *chain)
{
    if (++chain->steps <= chain->max_steps)
        return true;
    chain->cut = true;
    return false;
}

static bool passes(const struct lh_chain *chain, const struct lh_link *a, const struct lh_link *b,
                   bool of_instances)
{
    for (unsigned i = 0; i < chain->n_filters; i++)
        if (lh_filter_rules[i].of_instances == of_instances &&
            !lh_filter_rules[i].allows(chain->facts, a, b))
            return false;
    return true;
}

static bool way_passes(struct lh_chain *chain, const struct lh_link *link, size_t end)
{
    for (size_t i = end; i-- > 0;)
        if (!spend(chain) || !passes(chain, &chain->links[i], link, false))
            return false;
    return true;
}

/* Does the link's instance go with those chosen for the links before `end`? */
static bool instance_passes(struct lh_chain *chain, const struct lh_link *link, size_t end)
{
    for (size_t i = 0; i < end; i++)
        if (!spend(chain) || !passes(chain, &chain->links[i], link, true))
            return false;
    return true;
}

/* Where a writer must wait if the first n links are to block each other. */
static void place_writers(struct lh_chain *chain, size_t n)
{
    chain->n_writers = 0;
    if (chain->n_filters <= LH_FILTER_READERS)
        return;
    for (size_t i = 0; i < n; i++)
        if (lh_needs_writer(chain->links[i].way, chain->links[(i + 1) % n].way))
            chain->behind[chain->n_writers++] = chain->links[i].way->to;
}

/* The next instance from number `from` on that goes with the links before place `at`. */
static bool choose_from(struct lh_chain *chain, size_t at, uint32_t from)
{
    struct lh_link *link = &chain->links[at];

    for (uint32_t i = from; i < link->way->n_instances && !chain->cut; i++) {
        link->instance = &link->way->instances[i];
        if (!instance_passes(chain, link, at))
            continue;
        chain->choice[at] = i;
        return true;
    }
    return false;
}

/* The same for a writer that waits for the lock. */
static bool choose_writer(struct lh_chain *chain, size_t at, uint32_t lock, uint32_t from)
{
    uint32_t n;
    const struct lh_link *writers = lh_writers_of(chain->facts->writers, lock, &n);

    for (uint32_t i = from; i < n && !chain->cut; i++) {
        if (!instance_passes(chain, &writers[i], at) || !way_passes(chain, &writers[i], at))
            continue;
        chain->links[at] = writers[i];
        chain->choice[at] = i;
        return true;
    }
    return false;
}

/* All choices for n links and the writers anew, with backtracking. */
static bool choose_all(struct lh_chain *chain, size_t n)
{
    size_t at = 0;
    uint32_t from = 0;

    while (at < n + chain->n_writers) {
        bool chosen = at < n ? choose_from(chain, at, from)
                             : choose_writer(chain, at, chain->behind[at - n], from);
        if (chosen) {
            at++;
            from = 0;
        } else if (at == 0 || chain->cut) {
            return false;
        } else {
            from = chain->choice[--at] + 1;
        }
    }
    return true;
}

static size_t place_of(const void *a, const void *b)
{
    return (((uintptr_t)a >> 4) * 2654435761u ^ ((uintptr_t)b >> 4) * 40503u) & (MEMORY_SIZE - 1);
}

static bool is_known_not_to_fit(const struct lh_chain *chain, const void *a, const void *b)
{
    size_t place = place_of(a, b);

    return chain->memory->places[place].a == a && chain->memory->places[place].b == b &&
           chain->memory->places[place].n_filters == chain->n_filters;
}

static void remember_not_to_fit(struct lh_chain *chain, const void *a, const void *b)
{
    size_t place = place_of(a, b);

    if (chain->cut)
        return;
    chain->memory->places[place].a = a;
    chain->memory->places[place].b = b;
    chain->memory->places[place].n_filters = chain->n_filters;
}

static bool pair_fits(struct lh_chain *chain, const struct lh_way *a, const struct lh_way *b)
{
    for (uint32_t i = 0; i < a->n_instances; i++)
        for (uint32_t k = 0; k < b->n_instances; k++) {
            struct lh_link one = {a, &a->instances[i]}, other = {b, &b->instances[k]};
            if (!spend(chain))
                return false;
            if (passes(chain, &one, &other, true))
                return true;
        }
    return false;
}

/* false: two of the ways exclude each other whatever is chosen for the rest. Remembered. */
static bool pairs_fit(struct lh_chain *chain, const struct lh_way *way)
{
    for (size_t i = chain->n; i-- > 0;) {
        const struct lh_way *other = chain->links[i].way;

        if (is_known_not_to_fit(chain, other, way))
            return false;
        if (pair_fits(chain, other, way))
            continue;
        remember_not_to_fit(chain, other, way);
        return false;
    }
    return true;
}

static bool any_fits(struct lh_chain *chain, const struct lh_way *way,
                     const struct lh_link *writers, uint32_t n)
{
    for (uint32_t i = 0; i < way->n_instances; i++)
        for (uint32_t k = 0; k < n; k++) {
            struct lh_link one = {way, &way->instances[i]};
            if (!spend(chain))
                return false;
            if (passes(chain, &one, &writers[k], true) && passes(chain, &one, &writers[k], false))
                return true;
        }
    return false;
}

/* The same for all n ways and the writers that they need. */
static bool writers_fit(struct lh_chain *chain, size_t n)
{
    for (size_t i = 0; i < n * chain->n_writers; i++) {
        const struct lh_way *way = chain->links[i % n].way;
        uint32_t n_writers;
        const struct lh_link *writers =
            lh_writers_of(chain->facts->writers, chain->behind[i / n], &n_writers);

        if (is_known_not_to_fit(chain, way, writers))
            return false;
        if (any_fits(chain, way, writers, n_writers))
            continue;
        remember_not_to_fit(chain, way, writers);
        return false;
    }
    return true;
}

/* Add to the set of at most `limit` threads. */
static size_t add_thread(uint32_t *threads, size_t n, size_t limit, uint32_t thread)
{
    for (size_t i = 0; i < n; i++)
        if (threads[i] == thread)
            return n;
    if (n < limit)
        threads[n++] = thread;
    return n;
}

/* Links and writers are each a thread of their own: are there so many? Uses `choice`. */
static bool enough_threads(struct lh_chain *chain, size_t n)
{
    size_t need = n + chain->n_writers, found = 0;

    for (size_t i = 0; i < n && found < need; i++) {
        const struct lh_way *way = chain->links[i].way;
        for (uint32_t k = 0; k < way->n_instances && found < need; k++)
            found = add_thread(chain->choice, found, need, way->instances[k].thread);
    }
    for (size_t i = 0; i < chain->n_writers && found < need; i++) {
        uint32_t n_writers;
        const struct lh_link *writers =
            lh_writers_of(chain->facts->writers, chain->behind[i], &n_writers);
        for (uint32_t k = 0; k < n_writers && found < need; k++)
            found = add_thread(chain->choice, found, need, writers[k].instance->thread);
    }
    return found == need;
}

/* Choices made before stay if one fits; else all are made anew. */
static bool choose(struct lh_chain *chain)
{
    size_t n = chain->n;

    place_writers(chain, n + 1);
    if (!chain->n_writers && choose_from(chain, n, 0))
        return true;
    if (chain->cut || n < 1 || !pairs_fit(chain, chain->links[n].way))
        return false;
    if (chain->n_writers && (!enough_threads(chain, n + 1) || !writers_fit(chain, n + 1)))
        return false;
    memcpy(chain->saved, chain->links, n * sizeof(*chain->links));
    if (choose_all(chain, n + 1))
        return true;
    memcpy(chain->links, chain->saved, n * sizeof(*chain->links));
    return false;
}

bool lh_chain_push(struct lh_chain *chain, const struct lh_way *way)
{
    struct lh_link *link = &chain->links[chain->n];

    if (chain->n >= chain->capacity || !way->n_instances || chain->cut || !spend(chain))
        return false;
    *link = (struct lh_link){.way = way};
    if (chain->n_filters > LH_FILTER_SEMAPHORE_LIMIT &&
        !lh_units_suffice(chain->facts, chain->links, chain->n, way))
        return false;
    if (!way_passes(chain, link, chain->n) || !choose(chain))
        return false;
    chain->n++;
    return true;
}

void lh_chain_pop(struct lh_chain *chain)
{
    if (chain->n)
        chain->n--;
}
