#include "ranges.h"

#include <stdlib.h>

#include "pool.h"

int lh_ranges_add(struct lh_ranges *ranges, uint64_t low, uint64_t high, size_t value)
{
    int r;

    if (low >= high)
        return 0;
    r = lh_grow(&ranges->items, &ranges->capacity, ranges->n + 1, sizeof(*ranges->items));
    if (r < 0)
        return r;
    ranges->items[ranges->n++] = (struct lh_range){.low = low, .high = high, .value = value};
    return 0;
}

/* Wide before narrow, so that the narrowest of those that begin together is met first. */
static int by_place(const void *a, const void *b)
{
    const struct lh_range *x = a, *y = b;

    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    if (x->high != y->high)
        return x->high > y->high ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

void lh_ranges_sort(struct lh_ranges *ranges)
{
    uint64_t reach = 0;

    if (ranges->n)
        qsort(ranges->items, ranges->n, sizeof(*ranges->items), by_place);
    for (size_t i = 0; i < ranges->n; i++) {
        if (ranges->items[i].high > reach)
            reach = ranges->items[i].high;
        ranges->items[i].reach = reach;
    }
}

void lh_ranges_clear(struct lh_ranges *ranges)
{
    free(ranges->items);
    *ranges = (struct lh_ranges){0};
}

size_t lh_ranges_begin(const struct lh_ranges *ranges, uint64_t address)
{
    size_t low = 0, high = ranges->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ranges->items[middle].low <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct lh_range *lh_ranges_next(const struct lh_ranges *ranges, uint64_t address, size_t *at)
{
    while (*at > 0) {
        const struct lh_range *range = &ranges->items[--*at];

        if (range->reach <= address) {
            *at = 0;
            break;
        }
        if (address < range->high)
            return range;
    }
    return NULL;
}
