/*
 * Address ranges that may overlap, and which of them contain an address. Add, sort once, then look
 * up.
 */
#ifndef LH_ANALYZER_RANGES_H
#define LH_ANALYZER_RANGES_H

#include <stddef.h>
#include <stdint.h>

struct lh_range {
    uint64_t low, high; /* high is the first address behind it */
    uint64_t reach;     /* the highest `high` of this and all ranges before it */
    size_t value;       /* the owner's */
};

struct lh_ranges {
    struct lh_range *items;
    size_t n, capacity;
};

/* An empty range is left out. Returns 0 or -ENOMEM. */
int lh_ranges_add(struct lh_ranges *ranges, uint64_t low, uint64_t high, size_t value);
void lh_ranges_sort(struct lh_ranges *ranges);
void lh_ranges_clear(struct lh_ranges *ranges);

/*
 * Every range that contains the address, the one that begins last first:
 *     size_t at = lh_ranges_begin(ranges, address);
 *     while ((range = lh_ranges_next(ranges, address, &at))) ...
 */
size_t lh_ranges_begin(const struct lh_ranges *ranges, uint64_t address);
const struct lh_range *lh_ranges_next(const struct lh_ranges *ranges, uint64_t address, size_t *at);

#endif
