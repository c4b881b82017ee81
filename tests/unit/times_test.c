/* Counts of times of about the same length, and what is read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "times.h"

static void places_follow_each_other_without_a_gap(void **state)
{
    (void)state;
    assert_int_equal(lh_times_bound(0), 0);
    assert_int_equal(lh_times_bound(2), 2);
    assert_int_equal(lh_times_bound(3), 2);
    assert_int_equal(lh_times_bound(20), 1024);
    assert_int_equal(lh_times_bound(21), 1448);
    for (size_t i = 0; i < LH_TIMES_PLACES; i++)
        assert_true(lh_times_bound(i) <= lh_times_bound(i + 1));
    assert_true(lh_times_bound(LH_TIMES_PLACES) > UINT64_C(3600) * 24 * 1000000000);
}

static void quantiles_are_the_upper_ends_of_their_places(void **state)
{
    struct lh_times times = {{0}};

    (void)state;
    lh_times_add(&times, 20, 98);
    lh_times_add(&times, 40, 1);
    lh_times_add(&times, 60, 1);
    assert_int_equal(lh_times_total(&times), 100);
    assert_int_equal(lh_times_quantile(&times, 50, UINT64_MAX), lh_times_bound(21));
    assert_int_equal(lh_times_quantile(&times, 98, UINT64_MAX), lh_times_bound(21));
    assert_int_equal(lh_times_quantile(&times, 99, UINT64_MAX), lh_times_bound(41));
    assert_int_equal(lh_times_quantile(&times, 100, UINT64_MAX), lh_times_bound(61));
}

static void no_quantile_exceeds_the_longest(void **state)
{
    struct lh_times times = {{0}};

    (void)state;
    lh_times_add(&times, 20, 3);
    assert_int_equal(lh_times_quantile(&times, 50, 1100), 1100);
    lh_times_add(&times, LH_TIMES_PLACES, 7);
    assert_int_equal(lh_times_quantile(&times, 99, UINT64_C(1) << 60), UINT64_C(1) << 60);
}

static void without_times_there_is_nothing(void **state)
{
    struct lh_times times = {{0}};

    (void)state;
    lh_times_add_all(&times, NULL);
    assert_int_equal(lh_times_total(NULL), 0);
    assert_int_equal(lh_times_quantile(NULL, 50, 9), 0);
    assert_int_equal(lh_times_quantile(&times, 50, 9), 0);
}

static void what_is_out_of_range_counts_at_the_ends(void **state)
{
    struct lh_times times = {{0}};

    (void)state;
    lh_times_add(&times, -5, 2);
    lh_times_add(&times, 1000, 3);
    assert_int_equal(times.counts[0], 2);
    assert_int_equal(times.counts[LH_TIMES_PLACES - 1], 3);
}

static void full_places_stay_full(void **state)
{
    struct lh_times times = {{0}}, sum = {{0}};

    (void)state;
    lh_times_add(&times, 1, UINT64_MAX);
    lh_times_add(&times, 1, 5);
    lh_times_add(&times, 2, 5);
    lh_times_add_all(&sum, &times);
    lh_times_add_all(&sum, &times);
    assert_int_equal(sum.counts[1], UINT64_MAX);
    assert_int_equal(sum.counts[2], 10);
    assert_int_equal(lh_times_total(&sum), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_follow_each_other_without_a_gap),
        cmocka_unit_test(quantiles_are_the_upper_ends_of_their_places),
        cmocka_unit_test(no_quantile_exceeds_the_longest),
        cmocka_unit_test(without_times_there_is_nothing),
        cmocka_unit_test(what_is_out_of_range_counts_at_the_ends),
        cmocka_unit_test(full_places_stay_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
