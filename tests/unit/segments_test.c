#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model_builder.h"
#include "segments.h"

static void create_and_join_order_segments(void **state)
{
    struct mb *b = mb_new();
    uint32_t first = mb_thread(b), other, before, child, beside, after;

    (void)state;
    before = mb_segment_of(b, first);
    other = mb_create(b, first);
    child = mb_segment_of(b, other);
    beside = mb_segment_of(b, first);
    mb_join(b, first, other);
    after = mb_segment_of(b, first);
    struct lh_segments *segments = lh_segments_new(mb_process(b));
    assert_non_null(segments);
    assert_true(lh_segments_before(segments, before, child));
    assert_true(lh_segments_before(segments, child, after));
    assert_true(lh_segments_before(segments, before, after));
    assert_false(lh_segments_before(segments, child, before));
    assert_false(lh_segments_before(segments, child, child));
    assert_true(lh_segments_parallel(segments, child, beside));
    assert_false(lh_segments_parallel(segments, child, after));
    lh_segments_free(segments);
    mb_free(b);
}

static void unknown_segments_are_parallel_to_all(void **state)
{
    struct mb *b = mb_new();
    uint32_t first = mb_segment_of(b, mb_thread(b));
    struct lh_segments *segments = lh_segments_new(mb_process(b));

    (void)state;
    assert_true(lh_segments_parallel(segments, LH_NO_SEGMENT, first));
    assert_true(lh_segments_parallel(segments, first, 77));
    assert_true(lh_segments_parallel(segments, UINT32_MAX, first));
    lh_segments_free(segments);
    mb_free(b);
}

static void segment_recorded_late_is_before_what_began_when_it_had_ended(void **state)
{
    struct mb *b = mb_new();
    uint32_t late = mb_segment_of(b, mb_thread(b)), early = mb_segment_of(b, mb_thread(b)),
             after = mb_segment_of(b, mb_thread(b)), other = mb_segment_of(b, mb_thread(b));
    struct lh_segment *table = mb_process(b)->segments;

    (void)state;
    table[late].began = 2;
    table[late].ended = 5;
    table[early].began = 4;
    table[after].began = 5;
    table[other].began = table[other].ended = 7; /* late, too */
    struct lh_segments *segments = lh_segments_new(mb_process(b));
    assert_non_null(segments);
    assert_true(lh_segments_parallel(segments, late, early));
    assert_true(lh_segments_before(segments, late, after));
    assert_false(lh_segments_before(segments, after, late));
    assert_true(lh_segments_before(segments, late, other));
    assert_false(lh_segments_before(segments, other, late));
    assert_true(lh_segments_parallel(segments, early, after));
    lh_segments_free(segments);
    mb_free(b);
}

static void empty_table_is_fine(void **state)
{
    struct lh_process process = {0};
    struct lh_segments *segments = lh_segments_new(&process);

    (void)state;
    assert_non_null(segments);
    assert_false(lh_segments_before(segments, 0, 1));
    lh_segments_free(segments);
}

static void unknown_parents_and_oneself_are_left_out(void **state)
{
    struct mb *b = mb_new();
    uint32_t thread = mb_thread(b), first = mb_segment_of(b, thread);
    uint32_t second = MB_SEGMENT(b, thread, 999, 0, first, UINT32_MAX);
    uint32_t third = MB_SEGMENT(b, thread, 4, second);

    (void)state;
    struct lh_segments *segments = lh_segments_new(mb_process(b));
    assert_true(lh_segments_before(segments, first, second));
    assert_true(lh_segments_before(segments, first, third));
    assert_false(lh_segments_before(segments, third, third));
    lh_segments_free(segments);
    mb_free(b);
}

static void loops_end(void **state)
{
    struct mb *b = mb_new();
    uint32_t thread = mb_thread(b);

    (void)state;
    /* 2 <- 3 <- 4 <- 2, and 5 after 3 */
    MB_SEGMENT(b, thread, 4);
    MB_SEGMENT(b, thread, 2);
    MB_SEGMENT(b, thread, 3);
    MB_SEGMENT(b, thread, 3);
    struct lh_segments *segments = lh_segments_new(mb_process(b));
    for (uint32_t a = 0; a < 7; a++)
        for (uint32_t c = 0; c < 7; c++)
            assert_false(lh_segments_before(segments, a, c) && lh_segments_before(segments, c, a));
    assert_true(lh_segments_before(segments, 3, 5));
    lh_segments_free(segments);
    mb_free(b);
}

/* Reachability the slow way: one row of bits for each segment. */
static void compare_with_closure(struct mb *b)
{
    struct lh_process *process = mb_process(b);
    size_t n = process->n_segments;
    unsigned char *before = calloc(n, n);
    struct lh_segments *segments = lh_segments_new(process);

    assert_non_null(before);
    for (uint32_t id = 1; id < n; id++)
        for (uint32_t i = 0; i < process->segments[id].n_parents; i++) {
            uint32_t parent = process->segments[id].parents[i];
            before[id * n + parent] = 1;
            for (uint32_t a = 0; a < n; a++)
                before[id * n + a] |= before[parent * n + a];
        }
    for (uint32_t a = 1; a < n; a++)
        for (uint32_t c = 1; c < n; c++)
            assert_int_equal(lh_segments_before(segments, a, c), before[c * n + a]);
    lh_segments_free(segments);
    free(before);
}

static void random_graphs_agree_with_their_closure(void **state)
{
    uint32_t seed = 42;

    (void)state;
    for (int round = 0; round < 30; round++) {
        struct mb *b = mb_new();
        for (uint32_t id = 1; id < 120; id++) {
            uint32_t parents[4], n = 0;
            for (int i = 0; i < 1 + round % 4 && id > 1; i++) {
                seed = seed * 1103515245 + 12345;
                parents[n++] = 1 + seed / 65536 % (id - 1);
            }
            mb_segment(b, 1 + id % 5, parents, n);
        }
        compare_with_closure(b);
        mb_free(b);
    }
}

static void random_programs_agree_with_their_closure(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (int round = 0; round < 20; round++) {
        struct mb *b = mb_new();
        uint32_t threads = 1;
        mb_thread(b);
        for (int i = 0; i < 50; i++) {
            seed = seed * 1103515245 + 12345;
            uint32_t one = 1 + seed / 65536 % threads, other = 1 + seed / 7919 % threads;
            if (i % 3 && one != other)
                mb_join(b, one, other);
            else
                threads = mb_create(b, one);
        }
        compare_with_closure(b);
        mb_free(b);
    }
}

/* A million segments in one line: no recursion, no quadratic work. */
static void long_lines_are_answered(void **state)
{
    uint32_t n = 1000000, *parents = calloc(n, sizeof(*parents));
    struct lh_segment *table = calloc(n, sizeof(*table));
    struct lh_process process = {.segments = table, .n_segments = n};

    (void)state;
    assert_non_null(parents);
    assert_non_null(table);
    for (uint32_t id = 1; id < n; id++) {
        parents[id] = id - 1;
        table[id] = (struct lh_segment){
            .id = id, .thread = 1, .n_parents = id > 1, .parents = &parents[id]};
    }
    struct lh_segments *segments = lh_segments_new(&process);
    assert_non_null(segments);
    for (uint32_t id = 2; id < n; id++) {
        assert_true(lh_segments_before(segments, 1, id));
        assert_false(lh_segments_before(segments, id, 1));
        assert_true(lh_segments_before(segments, id / 2, id));
    }
    lh_segments_free(segments);
    free(table);
    free(parents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_and_join_order_segments),
        cmocka_unit_test(unknown_segments_are_parallel_to_all),
        cmocka_unit_test(segment_recorded_late_is_before_what_began_when_it_had_ended),
        cmocka_unit_test(empty_table_is_fine),
        cmocka_unit_test(unknown_parents_and_oneself_are_left_out),
        cmocka_unit_test(loops_end),
        cmocka_unit_test(random_graphs_agree_with_their_closure),
        cmocka_unit_test(random_programs_agree_with_their_closure),
        cmocka_unit_test(long_lines_are_answered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
