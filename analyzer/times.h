/*
 * How often a time was how long: counts of times of about the same length, from a nanosecond to
 * hours. Quantiles come from these; the longest time itself is known exactly elsewhere.
 */
#ifndef LH_ANALYZER_TIMES_H
#define LH_ANALYZER_TIMES_H

#include <stddef.h>
#include <stdint.h>

#define LH_TIMES_PLACES \
    96 /* place i: 2^(i/2) to 2^((i+1)/2) ns; the last one: all that is longer */

struct lh_times {
    uint64_t counts[LH_TIMES_PLACES];
};

/* `count` times of 2^(half_log/2) to 2^((half_log+1)/2) ns; a place that is full stays so. */
void lh_times_add(struct lh_times *times, int half_log, uint64_t count);
/* `from` may be NULL. */
void lh_times_add_all(struct lh_times *times, const struct lh_times *from);

/* NULL: none. */
uint64_t lh_times_total(const struct lh_times *times);

/*
 * What `percent` in a hundred of the times do not exceed, in ns: the upper end of their place, or
 * `longest` where that is less. 0: there are no times.
 */
uint64_t lh_times_quantile(const struct lh_times *times, double percent, uint64_t longest);

/* Where the place begins, in ns; i may be LH_TIMES_PLACES. */
uint64_t lh_times_bound(size_t i);

#endif
