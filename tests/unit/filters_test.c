#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "filters.h"
#include "model_builder.h"

static struct lh_findings *findings;

/* Exactly one cycle, filtered for this reason, with an example. */
static void expect_filtered(struct mb *b, enum lh_filter reason)
{
    findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 0);
    for (int i = 0; i < LH_FILTERS; i++)
        assert_int_equal(findings->filtered_count[i], i == (int)reason);
    assert_int_equal(findings->n_filtered, 1);
    assert_int_equal(findings->filtered[0].filter, reason);
    assert_true(findings->filtered[0].n_participants >= 2);
    assert_non_null(findings->filtered[0].participants[0].holds);
    assert_false(findings->cut);
    mb_free(b);
}

static void expect_finding(struct mb *b)
{
    findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_int_equal(findings->items[0].filter, LH_FILTER_NONE);
    assert_int_equal(findings->n_filtered, 0);
    mb_free(b);
}

/* Two threads take two locks in both orders, each lock in the mode given. */
static struct mb *both_orders(struct mb *b, struct mb_ref hold_one, struct mb_ref want_one,
                              struct mb_ref hold_other, struct mb_ref want_other)
{
    MB_DEP(b, mb_thread(b), want_one, hold_one);
    MB_DEP(b, mb_thread(b), want_other, hold_other);
    return b;
}

static void rules_are_in_the_order_of_the_table(void **state)
{
    (void)state;
    for (int i = 0; i < LH_CYCLE_FILTERS; i++) {
        assert_int_equal(lh_filter_rules[i].filter, i);
        assert_non_null(lh_filter_rules[i].allows);
    }
}

/* ---- same thread ---- */

static void one_thread_alone_is_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), one = mb_thread(b);

    (void)state;
    MB_DEP(b, one, X(c), X(a));
    MB_DEP(b, one, X(a), X(c));
    expect_filtered(b, LH_FILTER_SAME_THREAD);
}

static void three_steps_by_two_threads_are_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), d = mb_mutex(b, "d");
    uint32_t one = mb_thread(b), two = mb_thread(b);

    (void)state;
    MB_DEP(b, one, X(c), X(a));
    MB_DEP(b, two, X(d), X(c));
    MB_DEP(b, two, X(a), X(d));
    expect_filtered(b, LH_FILTER_SAME_THREAD);
}

static void a_second_thread_makes_it_real(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), one = mb_thread(b);

    (void)state;
    MB_DEP(b, one, X(c), X(a));
    mb_seen(b, MB_DEP(b, one, X(a), X(c)), mb_thread(b), 1);
    expect_finding(b);
}

/* ---- semaphores ---- */

static struct mb *semaphore_and_mutex(uint32_t flags)
{
    struct mb *b = mb_new();
    uint32_t sem = mb_lock(b, "sem", LH_LOCK_SEMAPHORE, flags), a = mb_mutex(b, "a");

    return both_orders(b, X(sem), X(a), X(a), X(sem));
}

static void signal_semaphores_are_filtered(void **state)
{
    (void)state;
    expect_filtered(semaphore_and_mutex(LH_LOCK_SEM_ONE | LH_LOCK_SEM_SIGNAL),
                    LH_FILTER_SIGNAL_SEMAPHORE);
    expect_filtered(semaphore_and_mutex(0), LH_FILTER_SIGNAL_SEMAPHORE);
}

static void lock_like_semaphores_are_locks(void **state)
{
    (void)state;
    expect_finding(semaphore_and_mutex(LH_LOCK_SEM_ONE));
}

/* The other thread does what the first did, and then wants the counter's lock again. */
static struct mb *light_switch(struct mb *b, uint32_t room, uint8_t flags)
{
    uint32_t counter = mb_mutex(b, "counter"), first = mb_thread(b), second = mb_thread(b);
    struct mb_ref taken = X(room);

    taken.flags = flags;
    MB_DEP(b, first, X(room), X(counter));
    MB_DEP(b, second, X(room), X(counter));
    MB_DEP(b, second, X(counter), taken);
    return b;
}

static void light_switch_is_filtered(void **state)
{
    struct mb *b = mb_new();

    (void)state;
    expect_filtered(light_switch(b, mb_lock(b, "room", LH_LOCK_SEMAPHORE, LH_LOCK_SEM_ONE), 0),
                    LH_FILTER_LIGHT_SWITCH);
}

static void light_switch_of_a_mutex_is_real(void **state)
{
    struct mb *b = mb_new();

    (void)state;
    expect_finding(light_switch(b, mb_mutex(b, "room"), 0));
}

static void light_switch_that_a_statement_ends_is_real(void **state)
{
    struct mb *b = mb_new();

    (void)state;
    expect_finding(
        light_switch(b, mb_lock(b, "room", LH_LOCK_SEMAPHORE, LH_LOCK_SEM_ONE), LH_ATTEMPT_SCOPED));
}

static void signal_semaphores_are_no_gate(void **state)
{
    struct mb *b = mb_new();
    uint32_t sem = mb_lock(b, "sem", LH_LOCK_SEMAPHORE, LH_LOCK_SEM_ONE | LH_LOCK_SEM_SIGNAL);
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(sem), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(sem), X(c));
    expect_finding(b);
}

static void kinds_of_locks_mix(void **state)
{
    struct mb *b = mb_new();
    uint32_t spin = mb_lock(b, "spin", LH_LOCK_SPIN, 0), rw = mb_rwlock(b, "rw");
    uint32_t sem = mb_lock(b, "sem", LH_LOCK_SEMAPHORE, LH_LOCK_SEM_ONE);

    (void)state;
    MB_DEP(b, mb_thread(b), S(rw), X(spin));
    MB_DEP(b, mb_thread(b), X(sem), X(rw));
    MB_DEP(b, mb_thread(b), X(spin), X(sem));
    expect_finding(b);
}

/* ---- trylock: (L1, try L2) against (L2, L1) is safe; (try L1, L2) against (L2, L1) is not ---- */

static void trylock_at_the_end_is_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    expect_filtered(both_orders(b, X(a), TRY(c), X(c), X(a)), LH_FILTER_TRYLOCK);
}

static void lock_held_by_trylock_counts(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    expect_finding(both_orders(b, TRY(a), X(c), X(c), X(a)));
}

static void timed_lock_counts_and_is_marked(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    findings = mb_inversions(both_orders(b, X(a), TIMED(c), X(c), X(a)), NULL);
    assert_int_equal(findings->n_items, 1);
    assert_true(findings->items[0].timed);
    assert_int_equal(findings->items[0].severity, LH_WARNING);
    assert_non_null(strstr(findings->items[0].message, "gives up after a while"));
    mb_free(b);
}

static void untimed_finding_is_not_marked_as_timed(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    findings = mb_inversions(both_orders(b, X(a), X(c), X(c), X(a)), NULL);
    assert_false(findings->items[0].timed);
    assert_null(strstr(findings->items[0].message, "gives up"));
    mb_free(b);
}

/* ---- readers ---- */

static struct mb *reader_pair(struct mb_ref (*hold)(uint32_t), struct mb_ref (*want)(uint32_t),
                              uint32_t flags, uint64_t writes)
{
    struct mb *b = mb_new();
    uint32_t a = mb_lock(b, "a", LH_LOCK_RWLOCK, flags);
    uint32_t c = mb_lock(b, "c", LH_LOCK_RWLOCK, flags);

    mb_lock_at(b, a)->acquisitions = mb_lock_at(b, c)->acquisitions = writes;
    return both_orders(b, hold(a), want(c), hold(c), want(a));
}

static struct mb_ref shared(uint32_t lock)
{
    return S(lock);
}

static struct mb_ref exclusive(uint32_t lock)
{
    return X(lock);
}

static void reader_against_reader_is_filtered(void **state)
{
    (void)state;
    expect_filtered(reader_pair(shared, shared, 0, 0), LH_FILTER_READERS);
    expect_filtered(reader_pair(shared, shared, 0, 9), LH_FILTER_READERS);
}

static void reader_against_writer_is_real(void **state)
{
    (void)state;
    expect_finding(reader_pair(shared, exclusive, 0, 0));
    expect_finding(reader_pair(exclusive, shared, 0, 0));
}

static void one_link_of_readers_breaks_the_cycle(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_rwlock(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    expect_filtered(both_orders(b, S(a), X(c), X(c), S(a)), LH_FILTER_READERS);
}

/* Two readers in both orders (threads 1 and 2, locks 1 and 2), and nobody who writes. */
static struct mb *readers_behind_writers(void)
{
    return reader_pair(shared, shared, LH_LOCK_WRITER_FIRST, 9);
}

static void writes(struct mb *b, uint32_t thread, uint32_t lock)
{
    mb_dep(b, thread, X(lock), NULL, 0);
}

static void readers_of_locks_that_nobody_waits_to_write_are_filtered(void **state)
{
    (void)state;
    expect_filtered(readers_behind_writers(), LH_FILTER_READERS);
}

static void waiting_writers_block_readers_if_they_go_first(void **state)
{
    struct mb *b = readers_behind_writers();

    (void)state;
    writes(b, mb_thread(b), 1);
    writes(b, mb_thread(b), 2);
    expect_finding(b);
}

static void writer_that_holds_another_lock_counts(void **state)
{
    struct mb *b = readers_behind_writers();
    uint32_t other = mb_mutex(b, "other");

    (void)state;
    MB_DEP(b, mb_thread(b), X(1), X(other));
    writes(b, mb_thread(b), 2);
    expect_finding(b);
}

static void one_writer_cannot_wait_at_both_locks(void **state)
{
    struct mb *b = readers_behind_writers();
    uint32_t writer = mb_thread(b);

    (void)state;
    writes(b, writer, 1);
    writes(b, writer, 2);
    expect_filtered(b, LH_FILTER_READERS);
}

static void reader_that_also_writes_does_not_wait_for_itself(void **state)
{
    struct mb *b = readers_behind_writers();

    (void)state;
    writes(b, 1, 1);
    writes(b, 2, 1);
    writes(b, mb_thread(b), 2);
    expect_filtered(b, LH_FILTER_READERS);
}

static void writer_that_only_tries_does_not_wait(void **state)
{
    struct mb *b = readers_behind_writers();

    (void)state;
    mb_dep(b, mb_thread(b), TRY(1), NULL, 0);
    writes(b, mb_thread(b), 2);
    expect_filtered(b, LH_FILTER_READERS);
}

static void writer_that_ran_before_the_readers_is_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_lock(b, "a", LH_LOCK_RWLOCK, LH_LOCK_WRITER_FIRST), c = mb_mutex(b, "c");
    uint32_t writer = mb_thread(b);

    (void)state;
    writes(b, writer, a);
    MB_DEP(b, mb_create(b, writer), S(a), X(c));
    MB_DEP(b, mb_create(b, writer), X(c), S(a));
    expect_filtered(b, LH_FILTER_CREATE_JOIN);
}

static void writer_kept_away_by_a_gate_is_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_lock(b, "a", LH_LOCK_RWLOCK, LH_LOCK_WRITER_FIRST), c = mb_mutex(b, "c");
    uint32_t gate = mb_mutex(b, "gate");

    (void)state;
    MB_DEP(b, mb_thread(b), X(a), X(gate));
    MB_DEP(b, mb_thread(b), S(a), X(gate), X(c));
    MB_DEP(b, mb_thread(b), X(c), S(a));
    expect_filtered(b, LH_FILTER_GATE_LOCK);
}

static void writer_that_gives_up_makes_the_cycle_timed(void **state)
{
    struct mb *b = readers_behind_writers();

    (void)state;
    writes(b, mb_thread(b), 1);
    mb_dep(b, mb_thread(b), TIMED(2), NULL, 0);
    findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_true(findings->items[0].timed);
    mb_free(b);
}

/* ---- semaphores that let several in ---- */

/* A circle of so many threads, each with a unit of a semaphore that began with `initial`. */
static struct mb *circle_behind(uint32_t n, uint64_t initial, uint32_t more_flags)
{
    struct mb *b = mb_new();
    uint32_t waiter = mb_lock(b, "waiter", LH_LOCK_SEMAPHORE,
                              LH_LOCK_INIT_SEEN | LH_LOCK_SEM_SIGNAL | more_flags);
    uint32_t first = 0;

    mb_lock_at(b, waiter)->initial = initial;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t fork = mb_mutex(b, "fork");
        first = i ? first : fork;
    }
    for (uint32_t i = 0; i < n; i++)
        mb_unit(b, MB_DEP(b, mb_thread(b), X(first + (i + 1) % n), X(first + i)), waiter);
    return b;
}

static void semaphore_that_lets_too_few_in_filters(void **state)
{
    (void)state;
    expect_filtered(circle_behind(3, 2, 0), LH_FILTER_SEMAPHORE_LIMIT);
    expect_filtered(circle_behind(5, 4, 0), LH_FILTER_SEMAPHORE_LIMIT);
    expect_filtered(circle_behind(5, 2, 0), LH_FILTER_SEMAPHORE_LIMIT);
}

static void semaphore_that_lets_enough_in_does_not(void **state)
{
    (void)state;
    expect_finding(circle_behind(2, 2, 0));
    expect_finding(circle_behind(5, 5, 0));
}

static void semaphore_given_back_by_others_does_not(void **state)
{
    (void)state;
    expect_finding(circle_behind(3, 2, LH_LOCK_SEM_GIVEN));
}

static void semaphore_of_several_processes_does_not(void **state)
{
    (void)state;
    expect_finding(circle_behind(3, 2, LH_LOCK_PSHARED));
}

static void one_thread_without_a_unit_makes_it_real(void **state)
{
    struct mb *b = circle_behind(3, 2, 0);

    (void)state;
    mb_process(b)->deps[1].n_units = 0;
    expect_finding(b);
}

static void threads_beyond_the_limit_need_not_be_all(void **state)
{
    struct mb *b = circle_behind(4, 2, 0);

    (void)state;
    mb_process(b)->deps[1].n_units = 0;
    expect_filtered(b, LH_FILTER_SEMAPHORE_LIMIT);
}

/* ---- gate lock ---- */

static void gate_lock_is_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(gate), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(gate), X(c));
    expect_filtered(b, LH_FILTER_GATE_LOCK);
}

static void gate_held_by_one_only_is_no_gate(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(gate), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(c));
    expect_finding(b);
}

static void gate_of_two_of_three_threads_is_enough(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), a = mb_mutex(b, "a"), c = mb_mutex(b, "c");
    uint32_t d = mb_mutex(b, "d");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(gate), X(a));
    MB_DEP(b, mb_thread(b), X(d), X(gate), X(c));
    MB_DEP(b, mb_thread(b), X(a), X(d));
    expect_filtered(b, LH_FILTER_GATE_LOCK);
}

static struct mb *rwlock_gate(struct mb_ref (*one)(uint32_t), struct mb_ref (*other)(uint32_t))
{
    struct mb *b = mb_new();
    uint32_t gate = mb_rwlock(b, "gate"), a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    MB_DEP(b, mb_thread(b), X(c), one(gate), X(a));
    MB_DEP(b, mb_thread(b), X(a), other(gate), X(c));
    return b;
}

static void gate_held_by_readers_is_no_gate(void **state)
{
    (void)state;
    expect_finding(rwlock_gate(shared, shared));
}

static void gate_held_by_a_reader_and_a_writer_is_one(void **state)
{
    (void)state;
    expect_filtered(rwlock_gate(shared, exclusive), LH_FILTER_GATE_LOCK);
    expect_filtered(rwlock_gate(exclusive, exclusive), LH_FILTER_GATE_LOCK);
}

static void lock_of_the_cycle_held_twice_is_a_gate(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), d = mb_mutex(b, "d");

    (void)state;
    /* a -> c -> d -> a, but the second thread holds a as well. */
    MB_DEP(b, mb_thread(b), X(c), X(a));
    MB_DEP(b, mb_thread(b), X(d), X(a), X(c));
    MB_DEP(b, mb_thread(b), X(a), X(d));
    findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_int_equal(findings->items[0].n_locks, 2);
    mb_free(b);
}

static void way_without_the_gate_makes_it_real(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(gate), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(gate), X(c));
    MB_DEP(b, mb_thread(b), X(a), X(c));
    expect_finding(b);
}

/* ---- create and join ---- */

static void places_ordered_by_create_are_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), first = mb_thread(b);

    (void)state;
    MB_DEP(b, first, X(c), X(a));
    MB_DEP(b, mb_create(b, first), X(a), X(c));
    expect_filtered(b, LH_FILTER_CREATE_JOIN);
}

static void places_ordered_by_join_are_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), first = mb_thread(b);
    uint32_t other = mb_create(b, first);

    (void)state;
    MB_DEP(b, other, X(a), X(c));
    mb_join(b, first, other);
    MB_DEP(b, first, X(c), X(a));
    expect_filtered(b, LH_FILTER_CREATE_JOIN);
}

static void threads_joined_before_others_begin_are_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), first = mb_thread(b);
    uint32_t one = mb_create(b, first), two;

    (void)state;
    MB_DEP(b, one, X(a), X(c));
    mb_join(b, first, one);
    two = mb_create(b, first);
    MB_DEP(b, two, X(c), X(a));
    expect_filtered(b, LH_FILTER_CREATE_JOIN);
}

static void creator_beside_its_thread_is_real(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), first = mb_thread(b);
    uint32_t other = mb_create(b, first);

    (void)state;
    MB_DEP(b, first, X(c), X(a));
    MB_DEP(b, other, X(a), X(c));
    expect_finding(b);
}

static void one_late_occurrence_makes_it_real(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), first = mb_thread(b), other, dep;

    (void)state;
    dep = MB_DEP(b, first, X(c), X(a));
    other = mb_create(b, first);
    mb_seen(b, dep, first, 1);
    MB_DEP(b, other, X(a), X(c));
    expect_finding(b);
}

/* Every pair of a million must be looked at to say so. */
static void two_phases_of_1000_threads_are_filtered(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), first = mb_thread(b);

    (void)state;
    for (int phase = 0; phase < 2; phase++) {
        uint32_t dep = MB_DEP(b, mb_create(b, first), X(phase ? a : c), X(phase ? c : a));
        mb_join(b, first, mb_process(b)->deps[dep].seen[0].thread);
        for (int i = 1; i < 1000; i++) {
            uint32_t thread = mb_create(b, first);
            mb_seen(b, dep, thread, 1);
            mb_join(b, first, thread);
        }
    }
    expect_filtered(b, LH_FILTER_CREATE_JOIN);
}

/* ---- accounting ---- */

static void earlier_filter_names_the_reason(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), a = mb_mutex(b, "a"), c = mb_mutex(b, "c");
    uint32_t one = mb_thread(b);

    (void)state;
    /* Both a gate and a single thread: same-thread comes first in the table. */
    MB_DEP(b, one, X(c), X(gate), X(a));
    MB_DEP(b, one, X(a), X(gate), X(c));
    expect_filtered(b, LH_FILTER_SAME_THREAD);
}

static void every_way_is_tried_before_a_reason_is_given(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), a = mb_mutex(b, "a"), c = mb_mutex(b, "c");
    uint32_t one = mb_thread(b), two = mb_thread(b);

    (void)state;
    /* One way is stopped by the thread, the other by the gate: the later filter it is. */
    MB_DEP(b, one, X(c), X(gate), X(a));
    MB_DEP(b, one, X(a), X(c));
    MB_DEP(b, two, X(a), X(gate), X(c));
    expect_filtered(b, LH_FILTER_GATE_LOCK);
}

static void examples_are_kept_once_a_class_but_all_are_counted(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), one = mb_thread(b), two = mb_thread(b);

    (void)state;
    for (int i = 0; i < 5; i++) {
        uint32_t a = mb_mutex(b, "a[]"), c = mb_mutex(b, "c[]");
        MB_DEP(b, one, X(c), X(gate), X(a));
        MB_DEP(b, two, X(a), X(gate), X(c));
    }
    findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 0);
    assert_int_equal(findings->filtered_count[LH_FILTER_GATE_LOCK], 5);
    assert_int_equal(findings->n_filtered, 1);
    mb_free(b);
}

static void examples_end_at_a_bound(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), one = mb_thread(b), two = mb_thread(b);

    (void)state;
    for (int i = 0; i < 100; i++) {
        char name[32];
        snprintf(name, sizeof(name), "a%d", i);
        uint32_t a = mb_mutex(b, name), c = mb_mutex(b, "c[]");
        MB_DEP(b, one, X(c), X(gate), X(a));
        MB_DEP(b, two, X(a), X(gate), X(c));
    }
    findings = mb_inversions(b, NULL);
    assert_int_equal(findings->filtered_count[LH_FILTER_GATE_LOCK], 100);
    assert_int_equal(findings->n_filtered, 64);
    mb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_in_the_order_of_the_table),
        cmocka_unit_test(one_thread_alone_is_filtered),
        cmocka_unit_test(three_steps_by_two_threads_are_filtered),
        cmocka_unit_test(a_second_thread_makes_it_real),
        cmocka_unit_test(signal_semaphores_are_filtered),
        cmocka_unit_test(lock_like_semaphores_are_locks),
        cmocka_unit_test(light_switch_is_filtered),
        cmocka_unit_test(light_switch_of_a_mutex_is_real),
        cmocka_unit_test(light_switch_that_a_statement_ends_is_real),
        cmocka_unit_test(signal_semaphores_are_no_gate),
        cmocka_unit_test(kinds_of_locks_mix),
        cmocka_unit_test(trylock_at_the_end_is_filtered),
        cmocka_unit_test(lock_held_by_trylock_counts),
        cmocka_unit_test(timed_lock_counts_and_is_marked),
        cmocka_unit_test(untimed_finding_is_not_marked_as_timed),
        cmocka_unit_test(reader_against_reader_is_filtered),
        cmocka_unit_test(reader_against_writer_is_real),
        cmocka_unit_test(one_link_of_readers_breaks_the_cycle),
        cmocka_unit_test(readers_of_locks_that_nobody_waits_to_write_are_filtered),
        cmocka_unit_test(waiting_writers_block_readers_if_they_go_first),
        cmocka_unit_test(writer_that_holds_another_lock_counts),
        cmocka_unit_test(one_writer_cannot_wait_at_both_locks),
        cmocka_unit_test(reader_that_also_writes_does_not_wait_for_itself),
        cmocka_unit_test(writer_that_only_tries_does_not_wait),
        cmocka_unit_test(writer_that_ran_before_the_readers_is_filtered),
        cmocka_unit_test(writer_kept_away_by_a_gate_is_filtered),
        cmocka_unit_test(writer_that_gives_up_makes_the_cycle_timed),
        cmocka_unit_test(semaphore_that_lets_too_few_in_filters),
        cmocka_unit_test(semaphore_that_lets_enough_in_does_not),
        cmocka_unit_test(semaphore_given_back_by_others_does_not),
        cmocka_unit_test(semaphore_of_several_processes_does_not),
        cmocka_unit_test(one_thread_without_a_unit_makes_it_real),
        cmocka_unit_test(threads_beyond_the_limit_need_not_be_all),
        cmocka_unit_test(gate_lock_is_filtered),
        cmocka_unit_test(gate_held_by_one_only_is_no_gate),
        cmocka_unit_test(gate_of_two_of_three_threads_is_enough),
        cmocka_unit_test(gate_held_by_readers_is_no_gate),
        cmocka_unit_test(gate_held_by_a_reader_and_a_writer_is_one),
        cmocka_unit_test(lock_of_the_cycle_held_twice_is_a_gate),
        cmocka_unit_test(way_without_the_gate_makes_it_real),
        cmocka_unit_test(places_ordered_by_create_are_filtered),
        cmocka_unit_test(places_ordered_by_join_are_filtered),
        cmocka_unit_test(threads_joined_before_others_begin_are_filtered),
        cmocka_unit_test(creator_beside_its_thread_is_real),
        cmocka_unit_test(one_late_occurrence_makes_it_real),
        cmocka_unit_test(two_phases_of_1000_threads_are_filtered),
        cmocka_unit_test(earlier_filter_names_the_reason),
        cmocka_unit_test(every_way_is_tried_before_a_reason_is_given),
        cmocka_unit_test(examples_are_kept_once_a_class_but_all_are_counted),
        cmocka_unit_test(examples_end_at_a_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
