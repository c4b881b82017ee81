#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "built_model.h"

enum { FIRST_UID = 1 }; /* of the lock with index 1 */

static struct lh_trace_race a_race(void)
{
    return (struct lh_trace_race){
        .kind = LH_RACE_PROVEN,
        .earlier = {.thread = 1, .stack = 1, .flags = LH_ACCESS_WRITE, .addr = 0x404100, .size = 4},
        .later = {.thread = 2, .stack = 2, .flags = LH_ACCESS_ATOMIC, .addr = 0x404102, .size = 1},
        .count = 41,
        .guard = 1,
        .reads = 10,
        .writes = 20,
        .guarded_reads = 9,
        .guarded_writes = 19,
    };
}

static void race_comes_with_its_locks_and_its_block(void **state)
{
    const struct lh_trace_dep_held held[] = {{.lock = 1, .stack = 3},
                                             {.lock = 2, .stack = 4, .mode = LH_MODE_SHARED}};
    struct lh_trace_race race = a_race();
    const struct lh_process *process;

    (void)state;
    race.block = lh_build_block(builder, 0x404000, 512, 4);
    race.later.lockset = lh_build_lockset(builder, held, 2);
    lh_build_race(builder, &race);
    process = load_built();
    assert_false(process->damaged);
    assert_int_equal(process->n_races, 1);
    assert_int_equal(process->races[0].kind, LH_RACE_PROVEN);
    assert_int_equal(process->races[0].earlier.flags, LH_ACCESS_WRITE);
    assert_int_equal(process->races[0].earlier.lockset, 0);
    assert_int_equal(process->races[0].later.addr, 0x404102);
    assert_int_equal(process->races[0].count, 41);
    assert_int_equal(process->races[0].guarded_writes, 19);
    const struct lh_lockset *set = lh_process_lockset(process, process->races[0].later.lockset);
    assert_int_equal(set->n_held, 2);
    assert_int_equal(set->held[1].lock, 2);
    assert_int_equal(set->held[1].mode, LH_MODE_SHARED);
    assert_int_equal(lh_process_block(process, process->races[0].block)->size, 512);
    assert_int_equal(lh_process_block(process, process->races[0].block)->stack, 4);
}

static void locksets_and_blocks_may_come_after_the_race(void **state)
{
    const struct lh_trace_dep_held held = {.lock = 2, .stack = 3};
    struct lh_trace_race race = a_race();
    const struct lh_process *process;

    (void)state;
    race.block = 1;
    race.earlier.lockset = 1;
    lh_build_race(builder, &race);
    lh_build_lockset(builder, &held, 1);
    lh_build_block(builder, 0x404000, 512, 1);
    process = load_built();
    assert_false(process->damaged);
    assert_int_equal(process->races[0].block, 1);
    assert_int_equal(lh_process_lockset(process, process->races[0].earlier.lockset)->n_held, 1);
}

static void what_a_race_lacks_is_told_and_left_out(void **state)
{
    struct lh_trace_race race = a_race();
    const struct lh_process *process;

    (void)state;
    race.block = 7;
    race.guard = 99;
    race.earlier.stack = 99;
    race.later.lockset = UINT32_MAX;
    lh_build_race(builder, &race);
    process = load_built();
    assert_true(process->damaged);
    assert_int_equal(process->n_races, 1);
    assert_int_equal(process->races[0].block, 0);
    assert_int_equal(process->races[0].guard, LH_NO_LOCK);
    assert_int_equal(process->races[0].earlier.stack, LH_NO_STACK);
    assert_int_equal(process->races[0].later.lockset, 0);
}

/* What becomes of a guard with this index and this number of the instance. */
static const struct lh_race *race_with_guard(uint32_t index, uint64_t uid)
{
    struct lh_trace_race race = a_race();

    race.guard = index;
    race.guard_uid = uid;
    lh_build_race(builder, &race);
    return &load_built()->races[0];
}

static void guard_is_the_lock_whose_number_it_says(void **state)
{
    (void)state;
    const struct lh_race *race = race_with_guard(1, FIRST_UID);

    assert_int_equal(race->guard, 1);
    assert_false(race->guard_ended);
}

static void guard_whose_index_another_lock_got_has_ended(void **state)
{
    (void)state;
    const struct lh_race *race = race_with_guard(1, FIRST_UID + 1000);

    assert_int_equal(race->guard, LH_NO_LOCK);
    assert_true(race->guard_ended);
    assert_int_equal(race->guarded_writes, 19);
    assert_false(model->processes[0]->damaged);
}

static void guard_whose_index_nobody_has_by_now_has_ended(void **state)
{
    (void)state;
    const struct lh_race *race = race_with_guard(99, FIRST_UID);

    assert_int_equal(race->guard, LH_NO_LOCK);
    assert_true(race->guard_ended);
    assert_false(model->processes[0]->damaged);
}

static void guard_of_an_older_writer_is_the_lock_with_its_index(void **state)
{
    struct lh_trace_race race = a_race();

    (void)state;
    lh_build_record(builder, LH_RECORD_RACE, &race.record + 1,
                    offsetof(struct lh_trace_race, guard_uid) - sizeof race.record);
    const struct lh_process *process = load_built();
    assert_int_equal(process->n_races, 1);
    assert_int_equal(process->races[0].guard, 1);
    assert_false(process->races[0].guard_ended);
}

static void lock_that_is_gone_is_left_out_of_the_set(void **state)
{
    const struct lh_trace_dep_held held[] = {{.lock = 3}, {.lock = 1, .stack = 1}};
    const struct lh_process *process;
    uint32_t id;

    (void)state;
    id = lh_build_lockset(builder, held, 2);
    process = load_built();
    assert_true(process->damaged);
    assert_int_equal(lh_process_lockset(process, id)->n_held, 1);
    assert_int_equal(lh_process_lockset(process, id)->held[0].lock, 1);
}

static void set_that_says_more_than_it_has_is_refused(void **state)
{
    const uint32_t body[] = {1, UINT32_MAX, 1, 1, 0};
    const struct lh_process *process;

    (void)state;
    lh_build_record(builder, LH_RECORD_LOCKSET, body, sizeof(body));
    process = load_built();
    assert_non_null(strstr(process->damage, "too short"));
    assert_int_equal(lh_process_lockset(process, 1)->id, 0);
}

static void second_of_one_number_is_told_and_left_out(void **state)
{
    const struct lh_trace_dep_held held = {.lock = 2, .stack = 3};
    const uint32_t empty[] = {1, 0};
    const struct lh_process *process;

    (void)state;
    lh_build_lockset(builder, &held, 1);
    lh_build_record(builder, LH_RECORD_LOCKSET, empty, sizeof(empty));
    process = load_built();
    assert_non_null(strstr(process->damage, "occurs twice"));
    assert_int_equal(lh_process_lockset(process, 1)->n_held, 1);
}

static void race_cut_short_is_left_out(void **state)
{
    struct lh_trace_race race = a_race();

    (void)state;
    lh_build_record(builder, LH_RECORD_RACE, &race.record + 1, 64);
    assert_int_equal(load_built()->n_races, 0);
    assert_non_null(strstr(model->processes[0]->damage, "too short"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_built, end_built)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(race_comes_with_its_locks_and_its_block),
        TEST(locksets_and_blocks_may_come_after_the_race),
        TEST(what_a_race_lacks_is_told_and_left_out),
        TEST(guard_is_the_lock_whose_number_it_says),
        TEST(guard_whose_index_another_lock_got_has_ended),
        TEST(guard_whose_index_nobody_has_by_now_has_ended),
        TEST(guard_of_an_older_writer_is_the_lock_with_its_index),
        TEST(lock_that_is_gone_is_left_out_of_the_set),
        TEST(set_that_says_more_than_it_has_is_refused),
        TEST(second_of_one_number_is_told_and_left_out),
        TEST(race_cut_short_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
