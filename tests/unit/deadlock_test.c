#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model_builder.h"

static void expect_none(struct mb *b)
{
    assert_int_equal(mb_deadlocks(b)->n_items, 0);
    mb_free(b);
}

static const struct lh_finding *only_finding(struct mb *b, enum lh_kind kind, size_t n)
{
    struct lh_findings *findings = mb_deadlocks(b);

    assert_int_equal(findings->n_items, 1);
    assert_int_equal(findings->items[0].kind, kind);
    assert_int_equal(findings->items[0].severity, LH_ERROR);
    assert_int_equal(findings->items[0].n_participants, n);
    assert_non_null(findings->items[0].message);
    assert_null(strchr(findings->items[0].message, '\n'));
    return &findings->items[0];
}

static struct mb *two_threads(void)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), other = mb_mutex(b, "other");
    uint32_t one = mb_thread(b), two = mb_thread(b);

    mb_holds(b, one, X(other));
    mb_holds(b, one, X(a));
    mb_waits(b, one, X(c));
    mb_holds(b, two, X(c));
    mb_waits(b, two, X(a));
    return b;
}

static void two_threads_that_wait_for_each_other_are_a_deadlock(void **state)
{
    struct mb *b = two_threads();
    const struct lh_finding *finding = only_finding(b, LH_KIND_DEADLOCK, 2);

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct lh_participant *one = &finding->participants[i];
        const struct lh_participant *next = &finding->participants[1 - i];
        assert_true(one->has_wants);
        assert_int_equal(one->n_holds, one->thread == 1 ? 2 : 1);
        assert_int_equal(one->wants.lock, next->holds[next->cycle_hold].lock);
    }
    assert_int_equal(finding->n_locks, 2);
    assert_non_null(strstr(finding->message, "holds a and waits for c"));
    mb_free(b);
}

static void five_philosophers_are_one_deadlock(void **state)
{
    struct mb *b = mb_new();
    uint32_t forks[5];

    (void)state;
    for (int i = 0; i < 5; i++)
        forks[i] = mb_mutex(b, "forks[]");
    for (int i = 0; i < 5; i++) {
        uint32_t thread = mb_thread(b);
        mb_holds(b, thread, X(forks[i]));
        mb_waits(b, thread, X(forks[(i + 1) % 5]));
    }
    assert_int_equal(only_finding(b, LH_KIND_DEADLOCK, 5)->n_locks, 5);
    mb_free(b);
}

static void waiting_for_a_busy_thread_is_none(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");
    uint32_t one = mb_thread(b), two = mb_thread(b);

    (void)state;
    mb_holds(b, one, X(a));
    mb_waits(b, one, X(c));
    mb_holds(b, two, X(c));
    expect_none(b);
}

static void thread_behind_a_deadlock_is_no_part_of_it(void **state)
{
    struct mb *b = two_threads();
    uint32_t third = mb_thread(b);

    (void)state;
    mb_waits(b, third, X(1));
    only_finding(b, LH_KIND_DEADLOCK, 2);
    mb_free(b);
}

static void two_deadlocks_are_two_findings(void **state)
{
    struct mb *b = two_threads();
    uint32_t a = mb_mutex(b, "d"), c = mb_mutex(b, "e");
    uint32_t one = mb_thread(b), two = mb_thread(b);

    (void)state;
    mb_holds(b, one, X(a));
    mb_waits(b, one, X(c));
    mb_holds(b, two, X(c));
    mb_waits(b, two, X(a));
    assert_int_equal(mb_deadlocks(b)->n_items, 2);
    mb_free(b);
}

static void timed_wait_is_none(void **state)
{
    struct mb *b = two_threads();

    (void)state;
    mb_thread_at(b, 2)->wait_flags = LH_ATTEMPT_TIMED;
    expect_none(b);
}

static void ended_threads_are_ignored(void **state)
{
    struct mb *b = two_threads();

    (void)state;
    mb_thread_at(b, 2)->live = false;
    expect_none(b);
}

static void writer_waits_for_every_reader(void **state)
{
    struct mb *b = mb_new();
    uint32_t rw = mb_rwlock(b, "rw"), a = mb_mutex(b, "a");
    uint32_t writer = mb_thread(b), free_reader = mb_thread(b), stuck_reader = mb_thread(b);

    (void)state;
    mb_holds(b, writer, X(a));
    mb_waits(b, writer, X(rw));
    mb_holds(b, free_reader, S(rw));
    mb_holds(b, stuck_reader, S(rw));
    mb_waits(b, stuck_reader, X(a));
    only_finding(b, LH_KIND_DEADLOCK, 2);
    mb_free(b);
}

static struct mb *reader_behind_writer(uint32_t flags)
{
    struct mb *b = mb_new();
    uint32_t rw = mb_lock(b, "rw", LH_LOCK_RWLOCK, flags), a = mb_mutex(b, "a");
    uint32_t reader = mb_thread(b), writer = mb_thread(b), late = mb_thread(b);

    mb_holds(b, reader, S(rw));
    mb_waits(b, reader, X(a));
    mb_waits(b, writer, X(rw));
    mb_holds(b, late, X(a));
    mb_waits(b, late, S(rw));
    return b;
}

static void reader_behind_a_waiting_writer_is_stuck_if_writers_go_first(void **state)
{
    struct mb *b = reader_behind_writer(LH_LOCK_WRITER_FIRST);

    (void)state;
    assert_non_null(
        strstr(only_finding(b, LH_KIND_DEADLOCK, 3)->message, "behind a waiting writer"));
    mb_free(b);
    expect_none(reader_behind_writer(0));
}

static void second_read_behind_a_waiting_writer_is_a_deadlock(void **state)
{
    struct mb *b = mb_new();
    uint32_t rw = mb_lock(b, "rw", LH_LOCK_RWLOCK, LH_LOCK_WRITER_FIRST);
    uint32_t reader = mb_thread(b), writer = mb_thread(b);

    (void)state;
    mb_holds(b, reader, S(rw));
    mb_waits(b, reader, S(rw));
    mb_waits(b, writer, X(rw));
    only_finding(b, LH_KIND_DEADLOCK, 2);
    mb_free(b);
}

static struct mb *self(uint8_t kind, uint32_t flags, struct mb_ref (*held)(uint32_t))
{
    struct mb *b = mb_new();
    uint32_t lock = mb_lock(b, "lock", kind, flags), one = mb_thread(b);

    mb_holds(b, one, held(lock));
    mb_waits(b, one, X(lock));
    return b;
}

static struct mb_ref exclusive(uint32_t lock)
{
    return X(lock);
}

static struct mb_ref shared(uint32_t lock)
{
    return S(lock);
}

static void lock_taken_twice_is_a_self_deadlock(void **state)
{
    struct mb *b = self(LH_LOCK_MUTEX, 0, exclusive);
    const struct lh_finding *finding = only_finding(b, LH_KIND_SELF_DEADLOCK, 1);

    (void)state;
    assert_int_equal(finding->n_locks, 1);
    assert_non_null(finding->remedy);
    mb_free(b);
}

static void recursive_lock_is_none(void **state)
{
    (void)state;
    expect_none(self(LH_LOCK_MUTEX, LH_LOCK_RECURSIVE, exclusive));
}

static void reader_that_wants_to_write_is_an_upgrade_deadlock(void **state)
{
    struct mb *b = self(LH_LOCK_RWLOCK, 0, shared);

    (void)state;
    assert_non_null(strstr(only_finding(b, LH_KIND_UPGRADE_DEADLOCK, 1)->message, "for writing"));
    mb_free(b);
}

static void two_upgrades_at_one_place_are_one_finding(void **state)
{
    struct mb *b = self(LH_LOCK_RWLOCK, 0, shared);
    uint32_t two = mb_thread(b);

    (void)state;
    mb_holds(b, two, S(1));
    mb_waits(b, two, X(1));
    assert_int_equal(only_finding(b, LH_KIND_UPGRADE_DEADLOCK, 1)->similar, 1);
    mb_free(b);
}

static void semaphore_taken_twice_counts_when_nobody_is_left_to_post_it(void **state)
{
    struct mb *b = self(LH_LOCK_SEMAPHORE, LH_LOCK_SEM_ONE, exclusive);

    (void)state;
    mb_lock_at(b, 1)->acquisitions = 5;
    mb_process(b)->stalled = true;
    only_finding(b, LH_KIND_SELF_DEADLOCK, 1);
    mb_free(b);
    /* One that idles until somebody kicks it. */
    b = self(LH_LOCK_SEMAPHORE, LH_LOCK_SEM_ONE, exclusive);
    mb_lock_at(b, 1)->acquisitions = 5;
    expect_none(b);
    b = self(LH_LOCK_SEMAPHORE, LH_LOCK_SEM_ONE, exclusive);
    mb_lock_at(b, 1)->acquisitions = 1;
    expect_none(b);
    b = self(LH_LOCK_SEMAPHORE, LH_LOCK_SEM_ONE | LH_LOCK_SEM_SIGNAL, exclusive);
    mb_lock_at(b, 1)->acquisitions = 5;
    expect_none(b);
}

static void joining_a_thread_that_wants_my_lock_is_a_deadlock(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), boss = mb_thread(b), worker = mb_thread(b);

    (void)state;
    mb_holds(b, boss, X(a));
    mb_waits_to_join(b, boss, worker);
    mb_waits(b, worker, X(a));
    const struct lh_finding *finding = only_finding(b, LH_KIND_DEADLOCK, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct lh_participant *one = &finding->participants[i];
        assert_int_equal(one->has_wants, one->thread == worker);
        assert_int_equal(one->cycle_hold < one->n_holds, one->thread == boss);
    }
    assert_int_equal(finding->n_locks, 1);
    assert_non_null(strstr(finding->message, "waits for thread 2 to end"));
    assert_non_null(strstr(finding->remedy, "release a before the join in wait_for_all"));
    mb_free(b);
}

static void joining_a_thread_that_works_is_none(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), boss = mb_thread(b), worker = mb_thread(b);

    (void)state;
    mb_holds(b, boss, X(a));
    mb_waits_to_join(b, boss, worker);
    mb_thread_at(b, worker)->live = true;
    expect_none(b);
}

static void inversion_that_happened_is_told_once(void **state)
{
    struct mb *b = two_threads();
    struct lh_findings *findings;

    (void)state;
    MB_DEP(b, 1, X(2), X(3), X(1));
    MB_DEP(b, 2, X(1), X(2));
    uint32_t d = mb_mutex(b, "d"), e = mb_mutex(b, "e");
    MB_DEP(b, 1, X(d), X(e));
    MB_DEP(b, 2, X(e), X(d));
    findings = mb_deadlocks(b);
    mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 3);
    lh_findings_sort(findings);
    assert_int_equal(findings->n_items, 2);
    assert_int_equal(findings->items[0].kind, LH_KIND_DEADLOCK);
    assert_int_equal(findings->items[1].kind, LH_KIND_LOCK_ORDER_INVERSION);
    assert_int_equal(findings->items[1].locks[0] == d || findings->items[1].locks[0] == e, 1);
    mb_free(b);
}

static void remedy_of_a_deadlock_follows_the_order_seen_more_often(void **state)
{
    struct mb *b = two_threads();

    (void)state;
    mb_seen(b, MB_DEP(b, 1, AT(2, "often"), X(1)), 1, 50);
    MB_DEP(b, 2, AT(1, "rarely"), X(2));
    const struct lh_finding *finding = only_finding(b, LH_KIND_DEADLOCK, 2);
    assert_non_null(strstr(finding->remedy, "take a before c"));
    mb_free(b);
}

static void damaged_waits_do_not_crash(void **state)
{
    struct mb *b = two_threads();

    (void)state;
    mb_thread_at(b, 1)->wait_lock = 4711;
    mb_thread_at(b, 2)->held[0].lock = UINT32_MAX;
    mb_waits_to_join(b, mb_thread(b), 4711);
    uint32_t self_joiner = mb_thread(b);
    mb_waits_to_join(b, self_joiner, self_joiner);
    expect_none(b);
}

/* All wait for one lock; each holds one that the next waiter of another lock wants. */
static void many_waiting_threads_are_searched_in_time(void **state)
{
    struct mb *b = mb_new();
    uint32_t n = 2000, a = mb_mutex(b, "a");
    uint32_t *locks = calloc(n, sizeof(*locks));

    (void)state;
    assert_non_null(locks);
    for (uint32_t i = 0; i < n; i++)
        locks[i] = mb_mutex(b, "line[]");
    for (uint32_t i = 0; i < n; i++) {
        uint32_t thread = mb_thread(b);
        mb_holds(b, thread, X(locks[i]));
        mb_waits(b, thread, X(i + 1 < n ? locks[i + 1] : a));
    }
    uint32_t last = mb_thread(b);
    mb_holds(b, last, X(a));
    assert_int_equal(mb_deadlocks(b)->n_items, 0);
    mb_waits(b, last, X(locks[0]));
    only_finding(b, LH_KIND_DEADLOCK, n + 1);
    free(locks);
    mb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_threads_that_wait_for_each_other_are_a_deadlock),
        cmocka_unit_test(five_philosophers_are_one_deadlock),
        cmocka_unit_test(waiting_for_a_busy_thread_is_none),
        cmocka_unit_test(thread_behind_a_deadlock_is_no_part_of_it),
        cmocka_unit_test(two_deadlocks_are_two_findings),
        cmocka_unit_test(timed_wait_is_none),
        cmocka_unit_test(ended_threads_are_ignored),
        cmocka_unit_test(writer_waits_for_every_reader),
        cmocka_unit_test(reader_behind_a_waiting_writer_is_stuck_if_writers_go_first),
        cmocka_unit_test(second_read_behind_a_waiting_writer_is_a_deadlock),
        cmocka_unit_test(lock_taken_twice_is_a_self_deadlock),
        cmocka_unit_test(recursive_lock_is_none),
        cmocka_unit_test(reader_that_wants_to_write_is_an_upgrade_deadlock),
        cmocka_unit_test(two_upgrades_at_one_place_are_one_finding),
        cmocka_unit_test(semaphore_taken_twice_counts_when_nobody_is_left_to_post_it),
        cmocka_unit_test(joining_a_thread_that_wants_my_lock_is_a_deadlock),
        cmocka_unit_test(joining_a_thread_that_works_is_none),
        cmocka_unit_test(inversion_that_happened_is_told_once),
        cmocka_unit_test(remedy_of_a_deadlock_follows_the_order_seen_more_often),
        cmocka_unit_test(damaged_waits_do_not_crash),
        cmocka_unit_test(many_waiting_threads_are_searched_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
