#include "times.h"

#define SQRT_2 1.4142135623730951

static void add(uint64_t *sum, uint64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum))
        *sum = UINT64_MAX;
}

void lh_times_add(struct lh_times *times, int half_log, uint64_t count)
{
    int place = half_log < 0 ? 0 : half_log >= LH_TIMES_PLACES ? LH_TIMES_PLACES - 1 : half_log;

    add(&times->counts[place], count);
}

void lh_times_add_all(struct lh_times *times, const struct lh_times *from)
{
    if (from == NULL)
        return;
    for (size_t i = 0; i < LH_TIMES_PLACES; i++)
        add(&times->counts[i], from->counts[i]);
}

uint64_t lh_times_total(const struct lh_times *times)
{
    uint64_t sum = 0;

    if (times == NULL)
        return 0;
    for (size_t i = 0; i < LH_TIMES_PLACES; i++)
        add(&sum, times->counts[i]);
    return sum;
}

uint64_t lh_times_bound(size_t i)
{
    double power = (double)(UINT64_C(1) << i / 2);

    return i == 0 ? 0 : (uint64_t)(i % 2 ? power * SQRT_2 : power);
}

uint64_t lh_times_quantile(const struct lh_times *times, double percent, uint64_t longest)
{
    double wanted = (double)lh_times_total(times) * percent / 100;
    uint64_t sum = 0;

    if (wanted <= 0)
        return 0;
    for (size_t i = 0; i + 1 < LH_TIMES_PLACES; i++) {
        add(&sum, times->counts[i]);
        if ((double)sum >= wanted)
            return lh_times_bound(i + 1) < longest ? lh_times_bound(i + 1) : longest;
    }
    return longest;
}
