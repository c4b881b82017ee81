#include "chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_SIZE 16384u /* a power of two */

/* Pairs of ways that no choice of instances fits. */
struct lh_pair_memory {
    struct {
        const struct lh_way *a, *b;
        unsigned n_filters;
    } places[MEMORY_SIZE];
};

int lh_chain_init(struct lh_chain *chain, const struct lh_filter_facts *facts, size_t capacity,
                  unsigned n_filters)
{
    *chain = (struct lh_chain){
        .facts = facts, .n_filters = n_filters, .max_steps = UINT64_MAX, .capacity = capacity};
    chain->links = calloc(capacity + 1, sizeof(*chain->links));
    chain->choice = calloc(capacity + 1, sizeof(*chain->choice));
    chain->saved = calloc(capacity + 1, sizeof(*chain->saved));
    chain->memory = calloc(1, sizeof(*chain->memory));
    if (!chain->links || !chain->choice || !chain->saved || !chain->memory) {
        lh_chain_done(chain);
        return -ENOMEM;
    }
    return 0;
}

void lh_chain_done(struct lh_chain *chain)
{
    free(chain->links);
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

static bool ways_pass(struct lh_chain *chain, const struct lh_link *link)
{
    for (size_t i = chain->n; i-- > 0;)
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

/* All choices anew, with backtracking. */
static bool choose_all(struct lh_chain *chain, size_t n)
{
    size_t at = 0;
    uint32_t from = 0;

    while (at < n) {
        if (choose_from(chain, at, from)) {
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

static size_t place_of(const struct lh_way *a, const struct lh_way *b)
{
    return (((uintptr_t)a >> 4) * 2654435761u ^ ((uintptr_t)b >> 4) * 40503u) & (MEMORY_SIZE - 1);
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
        size_t place = place_of(other, way);
        bool known = chain->memory->places[place].a == other &&
                     chain->memory->places[place].b == way &&
                     chain->memory->places[place].n_filters == chain->n_filters;

        if (known)
            return false;
        if (pair_fits(chain, other, way))
            continue;
        if (!chain->cut) {
            chain->memory->places[place].a = other;
            chain->memory->places[place].b = way;
            chain->memory->places[place].n_filters = chain->n_filters;
        }
        return false;
    }
    return true;
}

/* Choices made before stay if one fits; else all are made anew. */
static bool choose(struct lh_chain *chain)
{
    size_t n = chain->n;

    if (choose_from(chain, n, 0))
        return true;
    if (chain->cut || n < 1 || !pairs_fit(chain, chain->links[n].way))
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
    if (!ways_pass(chain, link) || !choose(chain))
        return false;
    chain->n++;
    return true;
}

void lh_chain_pop(struct lh_chain *chain)
{
    if (chain->n)
        chain->n--;
}
