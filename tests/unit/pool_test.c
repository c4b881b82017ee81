#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

/* Under AddressSanitizer a request that is too large is to fail like any other. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void objects_are_zeroed_aligned_and_apart(void **state)
{
    struct lh_pool *pool = lh_pool_new();
    unsigned char *previous = NULL;

    (void)state;
    assert_non_null(pool);
    for (size_t size = 0; size < 5000; size += 7) {
        unsigned char *object = lh_pool_alloc(pool, size);

        assert_non_null(object);
        assert_int_equal((uintptr_t)object % alignof(max_align_t), 0);
        assert_ptr_not_equal(object, previous);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(object[i], 0);
        memset(object, 0xff, size);
        previous = object;
    }
    lh_pool_free(pool);
}

static void small_objects_keep_their_content_beside_large_ones(void **state)
{
    struct lh_pool *pool = lh_pool_new();
    char *texts[200];

    (void)state;
    for (int i = 0; i < 200; i++) {
        unsigned char *large = lh_pool_alloc(pool, 100000);

        assert_non_null(large);
        memset(large, 0xee, 100000);
        texts[i] = lh_pool_printf(pool, "text %d", i);
    }
    for (int i = 0; i < 200; i++) {
        char expected[16];

        snprintf(expected, sizeof(expected), "text %d", i);
        assert_string_equal(texts[i], expected);
    }
    lh_pool_free(pool);
}

static void texts_are_copied_to_their_end(void **state)
{
    struct lh_pool *pool = lh_pool_new();
    char source[] = "transfer";
    char *copy = lh_pool_strdup(pool, source), *part = lh_pool_strndup(pool, source, 5);
    char *whole = lh_pool_strndup(pool, source, 500);

    (void)state;
    memset(source, 'x', sizeof(source) - 1);
    assert_string_equal(copy, "transfer");
    assert_string_equal(part, "trans");
    assert_string_equal(whole, "transfer");
    assert_string_equal(lh_pool_strdup(pool, ""), "");
    lh_pool_free(pool);
}

static void a_long_text_is_printed_in_full(void **state)
{
    struct lh_pool *pool = lh_pool_new();
    char *text = lh_pool_printf(pool, "%0*d", 200000, 7);

    (void)state;
    assert_int_equal(strlen(text), 200000);
    assert_int_equal(text[199999], '7');
    lh_pool_free(pool);
}

static void an_impossible_size_is_refused(void **state)
{
    struct lh_pool *pool = lh_pool_new();

    (void)state;
    assert_null(lh_pool_alloc(pool, SIZE_MAX));
    assert_null(lh_pool_alloc(pool, SIZE_MAX - 8));
    assert_non_null(lh_pool_alloc(pool, 8));
    lh_pool_free(pool);
    lh_pool_free(NULL);
}

static void growing_keeps_old_elements_and_zeroes_new_ones(void **state)
{
    uint64_t *numbers = NULL;
    size_t capacity = 0;

    (void)state;
    for (size_t n = 1; n < 3000; n = n * 2 + 1) {
        size_t before = capacity;

        assert_int_equal(lh_grow(&numbers, &capacity, n, sizeof(*numbers)), 0);
        assert_true(capacity >= n);
        for (size_t i = 0; i < before; i++)
            assert_int_equal(numbers[i], i + 1);
        for (size_t i = before; i < capacity; i++) {
            assert_int_equal(numbers[i], 0);
            numbers[i] = i + 1;
        }
    }
    free(numbers);
}

static void growing_beyond_memory_leaves_the_array_alone(void **state)
{
    uint64_t *numbers = NULL;
    size_t capacity = 0;

    (void)state;
    assert_int_equal(lh_grow(&numbers, &capacity, 4, sizeof(*numbers)), 0);
    numbers[3] = 42;
    assert_int_equal(lh_grow(&numbers, &capacity, SIZE_MAX / 4, sizeof(*numbers)), -ENOMEM);
    assert_int_equal(lh_grow(&numbers, &capacity, SIZE_MAX, 1), -ENOMEM);
    assert_int_equal(numbers[3], 42);
    free(numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_zeroed_aligned_and_apart),
        cmocka_unit_test(small_objects_keep_their_content_beside_large_ones),
        cmocka_unit_test(texts_are_copied_to_their_end),
        cmocka_unit_test(a_long_text_is_printed_in_full),
        cmocka_unit_test(an_impossible_size_is_refused),
        cmocka_unit_test(growing_keeps_old_elements_and_zeroes_new_ones),
        cmocka_unit_test(growing_beyond_memory_leaves_the_array_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
