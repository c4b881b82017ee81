/* The numbers of sets of locks, with a thread whose held locks are set by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hot.h"
#include "locks.h"
#include "locksets.h"
#include "recorder.h"
#include "self.h"
#include "watched.h"

/* ---- what the sets need of the shim ---- */

__thread struct lh_self *lh_self __attribute__((tls_model("initial-exec")));
struct lh_writer lh_writer;

static unsigned lost, committed;
static union {
    struct lh_trace_lockset record;
    char room[1024];
} written;
static bool has_room;

void *lh_writer_record(struct lh_writer *writer, size_t size)
{
    (void)writer;
    return has_room && size <= sizeof written ? &written : NULL;
}

void lh_writer_commit(void *record, enum lh_record_type type, size_t size)
{
    assert_ptr_equal(record, &written);
    assert_int_equal(type, LH_RECORD_LOCKSET);
    assert_true(size >= sizeof written.record);
    committed++;
}

void lh_lost_record(enum lh_counter why)
{
    (void)why;
    lost++;
}

static struct lh_self self;
static struct lh_trace_held held[80];
static struct lh_lock locks_by_index[1 << 16], *held_locks[80];
static struct lh_race_thread *thread;
static struct lh_hot hot;

static int begin(void **state)
{
    (void)state;
    thread = calloc(1, sizeof *thread);
    hot = (struct lh_hot){.thread = thread};
    self = (struct lh_self){.held = held, .held_locks = held_locks};
    lh_self = &self;
    return thread ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    free(thread);
    return 0;
}

static void place(uint32_t i, uint32_t index)
{
    held[i] = (struct lh_trace_held){.lock = index, .stack = index};
    held_locks[i] = &locks_by_index[index];
    held_locks[i]->index = index;
    if (!held_locks[i]->uid)
        held_locks[i]->uid = 1000 + index;
}

/* The thread holds these locks, for writing, taken at stacks of the same numbers. */
static uint32_t hold(uint32_t count, const uint32_t *locks)
{
    memset(held, 0, sizeof held);
    for (uint32_t i = 0; i < count; i++)
        place(i, locks[i]);
    self.n_held = count;
    return lh_lockset_now(&hot);
}

#define HOLD(...) \
    hold(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), (uint32_t[]){__VA_ARGS__})

static void no_lock_is_number_0(void **state)
{
    (void)state;
    hot.lockset_stale = true;
    assert_int_equal(hold(0, NULL), 0);
    assert_int_equal(lh_lockset_of(0)->count, 0);
    assert_false(hot.lockset_stale);
}

static void equal_sets_have_one_number_in_whatever_order(void **state)
{
    uint32_t number = HOLD(1, 2, 3);

    (void)state;
    assert_int_not_equal(number, 0);
    assert_int_equal(HOLD(3, 1, 2), number);
    assert_int_not_equal(HOLD(1, 2), number);
    assert_int_not_equal(HOLD(1, 2, 4), number);
    assert_int_equal(lh_lockset_of(number)->count, 3);
    assert_int_equal(hot.lockset, HOLD(1, 2, 4));
}

static void where_and_how_a_lock_is_held_makes_another_set(void **state)
{
    uint32_t number = HOLD(7);

    (void)state;
    held[0].stack = 8;
    uint32_t elsewhere = lh_lockset_now(&hot);
    held[0].mode = LH_MODE_SHARED;
    uint32_t shared = lh_lockset_now(&hot);
    assert_int_not_equal(elsewhere, number);
    assert_int_not_equal(shared, elsewhere);
    assert_int_equal(lh_lockset_of(shared)->held[0].mode, LH_MODE_SHARED);
}

static void sets_meet_in_a_lock_that_not_both_only_read_under(void **state)
{
    uint32_t one = HOLD(1, 2), other = HOLD(2, 3), apart = HOLD(4);

    (void)state;
    HOLD(2);
    held[0].mode = LH_MODE_SHARED;
    uint32_t reader = lh_lockset_now(&hot);
    assert_true(lh_locksets_meet(one, other));
    assert_true(lh_locksets_meet(one, one));
    assert_false(lh_locksets_meet(one, apart));
    assert_false(lh_locksets_meet(one, 0));
    assert_false(lh_locksets_meet(0, 0));
    assert_true(lh_locksets_meet(reader, one));
    assert_true(lh_locksets_meet(one, reader));
    assert_false(lh_locksets_meet(reader, reader));
}

static void the_innermost_locks_of_very_many_count(void **state)
{
    uint32_t locks[80];

    (void)state;
    for (uint32_t i = 0; i < 80; i++)
        locks[i] = 100 + i;
    const struct lh_lockset *set = lh_lockset_of(hold(80, locks));
    assert_int_equal(set->count, 64);
    assert_int_equal(set->held[63].lock, 179);
    assert_int_equal(set->held[0].lock, 116);
}

static void numbers_stay_when_there_are_many(void **state)
{
    static uint32_t numbers[10000];

    (void)state;
    for (uint32_t i = 0; i < 10000; i++)
        numbers[i] = HOLD(1000 + i, 5);
    for (uint32_t i = 0; i < 10000; i++) {
        assert_int_equal(HOLD(5, 1000 + i), numbers[i]);
        assert_int_equal(lh_lockset_of(numbers[i])->held[0].lock, 1000 + i);
    }
}

static void a_set_is_recorded_once(void **state)
{
    uint32_t number = HOLD(1, 8);

    (void)state;
    has_room = true;
    committed = 0;
    assert_int_equal(lh_lockset_record(number), number);
    assert_int_equal(lh_lockset_record(number), number);
    has_room = false;
    assert_int_equal(committed, 1);
    assert_int_equal(written.record.id, number);
    assert_int_equal(written.record.count, 2);
    assert_int_equal(written.record.held[1].lock, 8);
}

static uint32_t recorded_lock(uint32_t number, uint32_t i)
{
    has_room = true;
    assert_int_equal(lh_lockset_record(number), number);
    has_room = false;
    return written.record.held[i].lock;
}

/* The number of a lock that has ended goes to another one. */
static void a_lock_that_has_ended_is_not_named(void **state)
{
    uint32_t gone = HOLD(20, 21), used_again = HOLD(22);

    (void)state;
    locks_by_index[21].released = true;
    assert_int_equal(recorded_lock(gone, 0), 20);
    assert_int_equal(written.record.held[1].lock, LH_NO_LOCK);
    assert_int_equal(written.record.held[1].stack, 21);
    assert_true(locks_by_index[20].named);
    locks_by_index[22].uid = 7;
    assert_int_equal(HOLD(22), used_again);
    assert_int_equal(recorded_lock(used_again, 0), 22);
}

static void the_locks_of_a_set_are_known_in_whatever_order(void **state)
{
    uint32_t number = HOLD(30, 31);

    (void)state;
    locks_by_index[31].uid = 8;
    assert_int_equal(HOLD(31, 30), number);
    assert_int_equal(recorded_lock(number, 0), 30);
    assert_int_equal(written.record.held[1].lock, 31);
}

static void a_set_that_there_is_no_room_for_counts_as_lost(void **state)
{
    uint32_t number = HOLD(1, 9);

    (void)state;
    lost = 0;
    assert_int_equal(lh_lockset_record(0), 0);
    assert_int_equal(lost, 0);
    assert_int_equal(lh_lockset_record(number), 0);
    assert_int_equal(lost, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_lock_is_number_0),
        cmocka_unit_test(equal_sets_have_one_number_in_whatever_order),
        cmocka_unit_test(where_and_how_a_lock_is_held_makes_another_set),
        cmocka_unit_test(sets_meet_in_a_lock_that_not_both_only_read_under),
        cmocka_unit_test(the_innermost_locks_of_very_many_count),
        cmocka_unit_test(numbers_stay_when_there_are_many),
        cmocka_unit_test(a_set_is_recorded_once),
        cmocka_unit_test(a_lock_that_has_ended_is_not_named),
        cmocka_unit_test(the_locks_of_a_set_are_known_in_whatever_order),
        cmocka_unit_test(a_set_that_there_is_no_room_for_counts_as_lost),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
