#include "accesses.h"

#include <stddef.h>

#include "contexts.h"
#include "intern.h"
#include "locksets.h"

#define MOST (16u << 20)

static struct lh_intern places = {.item_size = sizeof(struct lh_place), .limit = MOST};

/* No room for another one: at least the code address is right, if that was seen before. */
static uint32_t find_number(struct lh_place place)
{
    uint32_t number = lh_intern(&places, &place);

    if (number)
        return number;
    place.context = 0;
    return lh_intern(&places, &place);
}

uint32_t lh_access_find(struct lh_hot *hot, uint64_t where)
{
    uint32_t context = lh_context_here(hot);
    uint32_t lockset = hot->lockset_stale ? lh_lockset_now(hot) : hot->lockset;
    struct lh_access_cache *cache = lh_access_cache(hot->thread, where, context, lockset);

    if (cache->place == where && cache->context == context && cache->lockset == lockset)
        return cache->number;
    uint32_t number = find_number((struct lh_place){where, context, lockset});
    if (number)
        *cache = (struct lh_access_cache){where, context, lockset, number};
    return number;
}

const struct lh_place *lh_access_place(uint32_t number)
{
    static const struct lh_place unknown;

    return number ? lh_interned(&places, number) : &unknown;
}

void lh_accesses_forked(void)
{
    lh_intern_forked(&places);
}
