#include "clocks.h"

#include <string.h>

#include "pool.h"

#define FIRST_CAPACITY 16u

static bool knows(const struct lh_clocks *mine, const struct lh_clocks *of)
{
    return of->last_slot && mine->at[of->last_slot] >= of->last_clock;
}

static uint32_t merge(uint32_t *to, const uint32_t *from, uint32_t width)
{
    uint32_t news = 0;

    for (uint32_t i = 0; i < width; i++) {
        news |= from[i] > to[i];
        to[i] = from[i] > to[i] ? from[i] : to[i];
    }
    return news;
}

bool lh_clocks_learn(struct lh_clocks *mine, uint32_t slot, const struct lh_clocks *from)
{
    if (!from->width || knows(mine, from) || !merge(mine->at, from->at, from->width))
        return false;
    mine->changed = mine->at[slot];
    return true;
}

static bool widen(struct lh_clocks *clocks, uint32_t width)
{
    uint32_t capacity = clocks->capacity ? clocks->capacity : FIRST_CAPACITY;

    while (capacity < width)
        capacity *= 2;
    if (capacity > clocks->capacity) {
        uint32_t *bigger = lh_pool_alloc(capacity * sizeof *bigger);
        if (!bigger)
            return false;
        if (clocks->width)
            memcpy(bigger, clocks->at, clocks->width * sizeof *bigger);
        lh_pool_free(clocks->at, clocks->capacity * sizeof *bigger);
        clocks->at = bigger;
        clocks->capacity = capacity;
    }
    if (width > clocks->width) {
        memset(clocks->at + clocks->width, 0, (width - clocks->width) * sizeof *clocks->at);
        clocks->width = width;
    }
    return true;
}

static void sign(struct lh_clocks *clocks, const struct lh_clocks *mine, uint32_t slot)
{
    clocks->last_slot = slot;
    clocks->last_clock = mine->at[slot];
}

bool lh_clocks_store(struct lh_clocks *to, const struct lh_clocks *mine, uint32_t slot,
                     uint32_t width)
{
    /* It stored this last, and has learnt nothing since. */
    if (to->last_slot == slot && mine->changed <= to->last_clock && slot < to->width) {
        to->at[slot] = mine->at[slot];
        to->last_clock = mine->at[slot];
        return true;
    }
    if (!widen(to, width))
        return false;
    memcpy(to->at, mine->at, width * sizeof *to->at);
    /* What was beyond is known to nobody who could be here. */
    to->width = width;
    sign(to, mine, slot);
    return true;
}

bool lh_clocks_add(struct lh_clocks *to, const struct lh_clocks *mine, uint32_t slot,
                   uint32_t width)
{
    if (!to->width || knows(mine, to))
        return lh_clocks_store(to, mine, slot, width);
    if (!widen(to, width))
        return false;
    merge(to->at, mine->at, width);
    to->last_slot = 0;
    if (memcmp(to->at, mine->at, width * sizeof *to->at) == 0)
        sign(to, mine, slot);
    return true;
}

bool lh_clocks_join(struct lh_clocks *to, const struct lh_clocks *from)
{
    if (!from->width)
        return true;
    if (from->last_slot && from->last_slot < to->width &&
        to->at[from->last_slot] >= from->last_clock)
        return true;
    bool empty = !to->width;
    if (!widen(to, from->width))
        return false;
    merge(to->at, from->at, from->width);
    to->last_slot = empty ? from->last_slot : 0;
    to->last_clock = from->last_clock;
    return true;
}

void lh_clocks_clear(struct lh_clocks *clocks)
{
    clocks->width = clocks->last_slot = clocks->last_clock = 0;
}

void lh_clocks_free(struct lh_clocks *clocks)
{
    lh_pool_free(clocks->at, clocks->capacity * sizeof *clocks->at);
    *clocks = (struct lh_clocks){0};
}
