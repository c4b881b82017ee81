/* The words of the shadow, and where they lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "check.h"
#include "shadow.h"
#include "words.h"

static uint64_t epoch_of(uint32_t slot, uint32_t clock)
{
    return (uint64_t)clock << LH_WORD_CLOCK | (uint64_t)slot << LH_WORD_SLOT;
}

static void word_keeps_what_it_is_made_of(void **state)
{
    uint64_t word = epoch_of(LH_SLOT_MAX, 0xfffffff0u) | LH_WORD_WRITE | 0x0f | lh_word_tag(77);

    (void)state;
    assert_int_equal(lh_word_slot(word), LH_SLOT_MAX);
    assert_int_equal(lh_word_clock(word), 0xfffffff0u);
    assert_true(lh_word_epoch(word) == epoch_of(LH_SLOT_MAX, 0xfffffff0u));
    assert_true((word & LH_WORD_TAGS) == lh_word_tag(77));
    assert_false(lh_word_in_record(word));
    assert_true(lh_word_in_record(LH_WORD_IN_RECORD | (uint64_t)5 << LH_WORD_CLOCK));
    assert_false(lh_word_in_record(LH_WORD_LOCKED));
}

static void bytes_are_those_of_the_granule(void **state)
{
    (void)state;
    assert_int_equal(lh_bytes(0x1000, 8), 0xff);
    assert_int_equal(lh_bytes(0x1003, 1), 0x08);
    assert_int_equal(lh_bytes(0x1004, 4), 0xf0);
    assert_int_equal(lh_bytes(0x1006, 4), 0xc0); /* the rest lies in the next one */
}

static void an_access_covers_what_is_no_more_than_it(void **state)
{
    uint64_t epoch = epoch_of(3, 9), tag = lh_word_tag(12);
    uint64_t read = epoch | 0x0f | tag, write = read | LH_WORD_WRITE;
    uint64_t atomic_write = write | LH_WORD_ATOMIC;

    (void)state;
    assert_true(lh_word_covers(read, epoch, 0x0f));
    assert_true(lh_word_covers(read, epoch, 0x03));
    assert_false(lh_word_covers(read, epoch, 0x10));
    assert_false(lh_word_covers(read, epoch, 0x0f | LH_WORD_WRITE));
    assert_true(lh_word_covers(write, epoch, 0x0f));
    assert_true(lh_word_covers(write, epoch, 0x0f | LH_WORD_ATOMIC | LH_WORD_WRITE));
    assert_false(lh_word_covers(atomic_write, epoch, 0x0f | LH_WORD_WRITE));
    assert_false(lh_word_covers(atomic_write, epoch, 0x0f));
    assert_true(lh_word_covers(atomic_write, epoch, 0x01 | LH_WORD_ATOMIC));
}

static void another_thread_or_time_or_an_early_access_covers_nothing(void **state)
{
    uint64_t epoch = epoch_of(3, 9), write = epoch | LH_WORD_WRITE | 0xff;

    (void)state;
    assert_false(lh_word_covers(write, epoch_of(4, 9), 0x01));
    assert_false(lh_word_covers(write, epoch_of(3, 10), 0x01));
    assert_false(lh_word_covers(write | LH_WORD_EARLY, epoch, 0x01));
    assert_false(lh_word_covers(LH_WORD_LOCKED, epoch, 0x01));
    assert_false(lh_word_covers(LH_WORD_IN_RECORD, epoch, 0x01));
    assert_false(lh_word_covers(0, epoch, 0x01));
}

static void shadow_is_made_on_demand_and_each_granule_has_its_own(void **state)
{
    const uintptr_t *table = lh_shadow_table();
    uintptr_t addr = (uintptr_t)5 << LH_REGION_BITS;

    (void)state;
    assert_non_null(table);
    assert_null(lh_shadow_find(table, addr));
    struct lh_cell *cell = lh_shadow_make(addr);
    assert_non_null(cell);
    assert_ptr_equal(lh_shadow_find(table, addr), cell);
    assert_ptr_equal(lh_shadow_find(table, addr + 7), cell);
    assert_ptr_equal(lh_shadow_find(table, addr + 8), cell + 1);
    uintptr_t last = addr + ((uintptr_t)1 << LH_REGION_BITS) - 1;
    assert_ptr_equal(lh_shadow_find(table, last), cell + ((1 << LH_REGION_BITS) / 8 - 1));
    assert_null(lh_shadow_find(table, last + 1));
    assert_true(cell->word[0] == 0 && cell->word[1] == 0);
    assert_null(lh_shadow_make(UINTPTR_MAX));
    assert_null(lh_shadow_find(table, UINTPTR_MAX));
}

struct seen {
    uintptr_t start[4], end[4];
    unsigned n;
};

static void see(uintptr_t start, uintptr_t end, void *data)
{
    struct seen *seen = data;

    assert_true(seen->n < 4);
    seen->start[seen->n] = start;
    seen->end[seen->n++] = end;
}

static void only_touched_pages_are_visited(void **state)
{
    uintptr_t addr = (uintptr_t)9 << LH_REGION_BITS;
    struct seen seen = {.n = 0};

    (void)state;
    assert_non_null(lh_shadow_make(addr));
    lh_shadow_touch(addr + 4096);
    lh_shadow_touch(addr + 3 * 4096 + 8);
    lh_shadow_pages(addr + 4096 + 16, addr + 3 * 4096 + 64, see, &seen);
    assert_int_equal(seen.n, 2);
    assert_true(seen.start[0] == addr + 4096 + 16 && seen.end[0] == addr + 2 * 4096);
    assert_true(seen.start[1] == addr + 3 * 4096 && seen.end[1] == addr + 3 * 4096 + 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(word_keeps_what_it_is_made_of),
        cmocka_unit_test(bytes_are_those_of_the_granule),
        cmocka_unit_test(an_access_covers_what_is_no_more_than_it),
        cmocka_unit_test(another_thread_or_time_or_an_early_access_covers_nothing),
        cmocka_unit_test(shadow_is_made_on_demand_and_each_granule_has_its_own),
        cmocka_unit_test(only_touched_pages_are_visited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
