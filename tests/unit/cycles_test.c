#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_builder.h"

/* ---- what a cycle is ---- */

/* Thread i holds lock i and wants the next. */
static struct mb *ring(uint32_t n, bool one_class)
{
    struct mb *b = mb_new();
    uint32_t *locks = calloc(n, sizeof(*locks));

    assert_non_null(locks);
    for (uint32_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof(name), one_class ? "forks[]" : "lock_%u", i);
        locks[i] = mb_mutex(b, name);
    }
    for (uint32_t i = 0; i < n; i++)
        MB_DEP(b, mb_thread(b), X(locks[(i + 1) % n]), X(locks[i]));
    free(locks);
    return b;
}

static void check_ring(uint32_t n)
{
    struct mb *b = ring(n, false);
    struct lh_findings *findings = mb_inversions(b, NULL);
    const struct lh_finding *finding = &findings->items[0];

    assert_int_equal(findings->n_items, 1);
    assert_int_equal(finding->kind, LH_KIND_LOCK_ORDER_INVERSION);
    assert_int_equal(finding->severity, LH_WARNING);
    assert_int_equal(finding->n_participants, n);
    assert_int_equal(finding->n_locks, n);
    for (size_t i = 0; i < n; i++) {
        const struct lh_participant *one = &finding->participants[i];
        const struct lh_participant *next = &finding->participants[(i + 1) % n];
        assert_true(one->has_wants);
        assert_int_equal(one->holds[one->cycle_hold].lock, finding->locks[i]);
        assert_int_equal(one->wants.lock, next->holds[next->cycle_hold].lock);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(finding->participants[k].thread, one->thread);
    }
    assert_false(findings->cut);
    assert_non_null(finding->message);
    assert_null(strchr(finding->message, '\n'));
    assert_non_null(finding->remedy);
    mb_free(b);
}

static void cycles_of_2_3_5_and_12_locks_are_found(void **state)
{
    (void)state;
    check_ring(2);
    check_ring(3);
    check_ring(5);
    check_ring(12);
}

static void one_order_is_silent(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), d = mb_mutex(b, "d");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(a));
    MB_DEP(b, mb_thread(b), X(d), X(c));
    MB_DEP(b, mb_thread(b), X(d), X(a));
    assert_int_equal(mb_inversions(b, NULL)->n_items, 0);
    mb_free(b);
}

static void cycle_through_an_outer_lock_of_a_held_set_is_found(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), inner = mb_mutex(b, "inner"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(a), X(inner));
    MB_DEP(b, mb_thread(b), X(a), X(c));
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_int_equal(findings->items[0].n_locks, 2);
    for (size_t i = 0; i < 2; i++)
        if (findings->items[0].participants[i].n_holds == 2)
            assert_int_equal(findings->items[0].participants[i].cycle_hold, 0);
    mb_free(b);
}

static void both_cycles_that_share_an_edge_are_found(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), d = mb_mutex(b, "d");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(c));
    MB_DEP(b, mb_thread(b), X(d), X(c));
    MB_DEP(b, mb_thread(b), X(a), X(d));
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 2);
    assert_int_equal(findings->items[0].n_locks, 2);
    assert_int_equal(findings->items[1].n_locks, 3);
    mb_free(b);
}

static void dependency_on_a_lock_held_already_is_ignored(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), X(a), X(a), X(c));
    MB_DEP(b, mb_thread(b), X(c), X(a));
    assert_int_equal(mb_inversions(b, NULL)->n_items, 0);
    mb_free(b);
}

static void unknown_locks_and_aggregates_are_ignored(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), sum = mb_lock(b, "s", LH_LOCK_MUTEX, LH_LOCK_AGGREGATE);

    (void)state;
    MB_DEP(b, mb_thread(b), X(4711), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(4711));
    MB_DEP(b, mb_thread(b), X(sum), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(sum));
    assert_int_equal(mb_inversions(b, NULL)->n_items, 0);
    mb_free(b);
}

static void processes_do_not_mix(void **state)
{
    struct mb *b = mb_new(), *other = mb_new();
    struct lh_process *both[2] = {mb_process(b), mb_process(other)};
    struct lh_model model = {.processes = both, .n_processes = 2};
    struct lh_findings *findings = lh_findings_new();

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct mb *at = i ? other : b;
        uint32_t a = mb_mutex(at, "a"), c = mb_mutex(at, "c");
        MB_DEP(at, mb_thread(at), i ? X(a) : X(c), i ? X(c) : X(a));
    }
    assert_int_equal(lh_find_inversions(&model, NULL, findings), 0);
    assert_int_equal(findings->n_items, 0);
    lh_findings_free(findings);
    mb_free(b);
    mb_free(other);
}

/* ---- one finding for what is one fault ---- */

static void philosophers_at_any_table_have_one_fingerprint(void **state)
{
    struct mb *three = ring(3, true), *five = ring(5, true);
    struct lh_findings *small = mb_inversions(three, NULL), *large = mb_inversions(five, NULL);

    (void)state;
    assert_int_equal(small->n_items, 1);
    assert_int_equal(large->n_items, 1);
    assert_int_equal(large->items[0].n_participants, 5);
    assert_string_equal(small->items[0].fingerprint, large->items[0].fingerprint);
    mb_free(three);
    mb_free(five);
}

/* Every account is locked with every other. */
static struct mb *bank(uint32_t accounts, uint32_t threads)
{
    struct mb *b = mb_new();
    uint32_t uids[16];

    assert_in_range(threads, 1, 16);
    for (uint32_t i = 0; i < accounts; i++)
        mb_mutex(b, "accounts[].lock");
    for (uint32_t i = 0; i < threads; i++)
        uids[i] = mb_thread(b);
    for (uint32_t from = 1; from <= accounts; from++)
        for (uint32_t to = 1; to <= accounts; to++) {
            if (from == to)
                continue;
            uint32_t dep = MB_DEP(b, uids[0], X(to), X(from));
            for (uint32_t i = 1; i < threads; i++)
                mb_seen(b, dep, uids[i], 3);
        }
    return b;
}

static void bank_of_100_accounts_is_one_finding(void **state)
{
    struct mb *b = bank(100, 8);
    struct lh_findings *findings = mb_inversions(b, NULL);

    (void)state;
    assert_int_equal(findings->n_items, 1);
    assert_int_equal(findings->items[0].n_participants, 2);
    assert_int_equal(findings->items[0].similar, 100 * 99 / 2 - 1);
    assert_false(findings->cut);
    mb_free(b);
}

static void other_functions_are_another_finding(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), AT(c, "one"), X(a));
    MB_DEP(b, mb_thread(b), AT(c, "two"), X(a));
    MB_DEP(b, mb_thread(b), AT(a, "three"), X(c));
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 2);
    assert_string_not_equal(findings->items[0].fingerprint, findings->items[1].fingerprint);
    mb_free(b);
}

static void message_names_classes_and_remedy_the_rarer_order(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "audit_lock"), c = mb_mutex(b, "accounts[].lock"), often;

    (void)state;
    often = MB_DEP(b, mb_thread(b), AT(c, "audit"), X(a));
    mb_seen(b, often, mb_thread(b), 100);
    MB_DEP(b, mb_thread(b), AT(a, "transfer"), X(c));
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_non_null(strstr(findings->items[0].message, "audit_lock"));
    assert_non_null(strstr(findings->items[0].message, "accounts[].lock"));
    assert_non_null(strstr(findings->items[0].remedy,
                           "take audit_lock before accounts[].lock in transfer (work.c:"));
    mb_free(b);
}

static void remedy_names_the_function_that_called_for_both(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), AT(a, "lock_a"), AT(c, "lock_c"));
    MB_DEP(b, mb_thread(b), AT(c, "enter"), AT(a, "flush"));
    mb_called_by(b, "lock_a", "update", 101);
    mb_called_by(b, "lock_c", "update", 102);
    mb_called_by(b, "lock_a", "main", 201);
    mb_called_by(b, "lock_c", "main", 201);
    /* Two calls of main: it is the one that can change the order. */
    mb_called_by(b, "enter", "worker", 301);
    mb_called_by(b, "flush", "worker", 302);
    mb_called_by(b, "enter", "main", 401);
    mb_called_by(b, "flush", "main", 402);
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_non_null(strstr(findings->items[0].remedy, " in main (work.c:401)"));
    assert_non_null(strstr(findings->items[0].remedy, ", as update (work.c:101)"));
    mb_free(b);
}

static void locks_of_one_class_are_named_one_by_one(void **state)
{
    struct mb *b = bank(2, 2);
    struct lh_findings *findings = mb_inversions(b, NULL);

    (void)state;
    assert_non_null(strstr(findings->items[0].message, "accounts[].lock#1"));
    assert_non_null(strstr(findings->items[0].message, "accounts[].lock#2"));
    mb_free(b);
}

/* ---- bounds ---- */

/* Locks 1..n; dependencies from smaller to greater ones only, `each` for each lock. */
static struct mb *ordered(uint32_t n, uint32_t each, uint32_t threads)
{
    struct mb *b = mb_new();
    uint32_t seed = 1;

    for (uint32_t i = 0; i < n; i++)
        mb_mutex(b, NULL);
    for (uint32_t i = 0; i < threads; i++)
        mb_thread(b);
    for (uint32_t from = 1; from < n; from++)
        for (uint32_t k = 0; k < each; k++) {
            seed = seed * 1103515245 + 12345;
            MB_DEP(b, 1 + seed / 7 % threads, X(from + 1 + seed / 65536 % (n - from)), X(from));
        }
    /* Every lock is a class of its own. */
    struct lh_process *process = mb_process(b);
    process->classes = realloc(process->classes, (n + 20) * sizeof(*process->classes));
    assert_non_null(process->classes);
    for (uint32_t i = 1; i <= n; i++) {
        process->classes[i] = (struct lh_class){.name = "a lock", .key = "a lock"};
        process->locks[i].class_id = i;
    }
    process->n_classes = n + 1;
    return b;
}

static void cycle_of_12_beside_200000_ordered_dependencies_is_found(void **state)
{
    struct mb *b = ordered(5000, 40, 32);
    uint32_t locks[12];

    (void)state;
    for (uint32_t i = 0; i < 12; i++)
        locks[i] = mb_mutex(b, NULL);
    for (uint32_t i = 0; i < 12; i++)
        MB_DEP(b, 1 + i, X(locks[(i + 1) % 12]), X(locks[i]));
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_int_equal(findings->items[0].n_locks, 12);
    assert_false(findings->cut);
    mb_free(b);
}

/* The whole graph is one component; the edge back makes cycles beyond number. */
static void edge_back_in_a_large_ordered_graph_is_found(void **state)
{
    struct mb *b = ordered(5000, 40, 32);
    uint32_t back = MB_DEP(b, 1, X(3), X(4990));

    (void)state;
    mb_seen(b, back, 2, 1);
    struct lh_findings *findings = mb_inversions(b, NULL);
    size_t shortest = SIZE_MAX;
    assert_true(findings->n_items > 0);
    for (size_t i = 0; i < findings->n_items; i++)
        if (findings->items[i].n_locks < shortest)
            shortest = findings->items[i].n_locks;
    assert_in_range(shortest, 2, 6);
    /* The one edge is in all of them: enough of it is enough. */
    assert_int_equal(findings->n_items, 100);
    assert_true(findings->cut);
    assert_non_null(strstr(findings->cut_text, "more than 100 cycles"));
    mb_free(b);
}

static struct mb *dense(uint32_t n, uint32_t threads);

/* Ten thousand steps, none of which can block another: nothing to search, nothing cut. */
static void dense_graphs_that_cannot_block_are_not_cut(void **state)
{
    struct mb *gated = mb_new(), *readers = mb_new(), *alone = dense(100, 1);
    uint32_t gate = mb_mutex(gated, "gate");

    (void)state;
    for (int i = 0; i < 20; i++) {
        mb_thread(gated);
        mb_thread(readers);
    }
    for (int i = 0; i < 100; i++) {
        mb_mutex(gated, "a[]");
        mb_rwlock(readers, "a[]");
    }
    for (uint32_t i = 0; i < 100; i++)
        for (uint32_t k = 0; k < 100; k++) {
            if (i == k)
                continue;
            MB_DEP(gated, 1 + (i * 7 + k) % 20, X(2 + k), X(gate), X(2 + i));
            MB_DEP(readers, 1 + (i * 7 + k) % 20, S(1 + k), S(1 + i));
        }
    struct mb *const all[] = {gated, readers, alone};
    for (int i = 0; i < 3; i++) {
        struct lh_findings *findings = mb_inversions(all[i], NULL);
        assert_int_equal(findings->n_items, 0);
        assert_false(findings->cut);
        assert_true(findings->n_filtered > 0);
        mb_free(all[i]);
    }
}

/* A ring of 12 hangs on a dense part in which one gate lock forbids everything. */
static void long_cycle_beside_a_dense_part_is_found(void **state)
{
    struct mb *b = mb_new();
    uint32_t gate = mb_mutex(b, "gate"), dense[60], ring_locks[12];

    (void)state;
    for (uint32_t i = 0; i < 40; i++)
        mb_thread(b);
    for (uint32_t i = 0; i < 60; i++)
        dense[i] = mb_mutex(b, "dense");
    for (uint32_t i = 0; i < 12; i++) {
        char name[32];
        snprintf(name, sizeof(name), "ring_%u", i);
        ring_locks[i] = mb_mutex(b, name);
    }
    for (uint32_t i = 0; i < 60; i++)
        for (uint32_t k = 0; k < 60; k++)
            if (i != k)
                MB_DEP(b, 13 + (i + k) % 20, X(dense[k]), X(gate), X(dense[i]));
    for (uint32_t i = 0; i < 12; i++)
        MB_DEP(b, 1 + i, X(ring_locks[(i + 1) % 12]), X(ring_locks[i]));
    MB_DEP(b, 38, X(dense[0]), X(ring_locks[0]));
    MB_DEP(b, 39, X(ring_locks[5]), X(dense[1]));
    struct lh_findings *findings = mb_inversions(b, NULL);
    bool found = false;
    for (size_t i = 0; i < findings->n_items; i++)
        found = found || findings->items[i].n_locks == 12;
    assert_true(found);
    mb_free(b);
}

/* Every thread has a part of the edges to itself; no class, function or gate to lean on. */
static struct mb *dense(uint32_t n, uint32_t threads)
{
    struct mb *b = ordered(n, 0, threads);

    for (uint32_t from = 1; from <= n; from++)
        for (uint32_t to = 1; to <= n; to++)
            if (from != to)
                MB_DEP(b, 1 + (from * 7 + to * 13) % threads, X(to), X(from));
    return b;
}

static void dense_graph_ends_at_the_bound_of_findings_and_says_so(void **state)
{
    struct mb *b = dense(200, 50);
    struct lh_findings *findings = mb_inversions(b, NULL);

    (void)state;
    assert_int_equal(findings->n_items, 1000);
    assert_true(findings->cut);
    assert_non_null(strstr(findings->cut_text, "1000"));
    mb_free(b);
}

static void search_ends_at_the_bound_of_steps_and_says_so(void **state)
{
    struct mb *b = dense(100, 2);
    struct lh_cycle_limits limits = {.steps = 20000, .reports = 1000000};
    struct lh_findings *findings = mb_inversions(b, &limits);

    (void)state;
    assert_true(findings->cut);
    assert_non_null(strstr(findings->cut_text, "20000 steps"));
    mb_free(b);
}

static void small_graphs_are_never_cut(void **state)
{
    struct mb *b = dense(6, 12);
    struct lh_findings *findings = mb_inversions(b, NULL);

    (void)state;
    assert_true(findings->n_items > 0);
    assert_false(findings->cut);
    assert_null(findings->cut_text);
    mb_free(b);
}

/* Is the step from one lock to another in a finding of fewer locks than n? */
static bool is_in_shorter(const struct lh_findings *findings, uint32_t from, uint32_t to, size_t n)
{
    for (size_t i = 0; i < findings->n_items; i++)
        for (size_t k = 0; k < findings->items[i].n_locks && findings->items[i].n_locks < n; k++)
            if (findings->items[i].locks[k] == from &&
                findings->items[i].locks[(k + 1) % findings->items[i].n_locks] == to)
                return true;
    return false;
}

static void each_finding_shows_a_step_that_no_shorter_one_shows(void **state)
{
    struct mb *b = dense(6, 12);
    struct lh_findings *findings = mb_inversions(b, NULL);
    bool longer = false;

    (void)state;
    for (size_t i = 0; i < findings->n_items; i++) {
        const struct lh_finding *finding = &findings->items[i];
        size_t n = finding->n_locks, shown = 0;
        for (size_t k = 0; k < n; k++)
            shown += is_in_shorter(findings, finding->locks[k], finding->locks[(k + 1) % n], n);
        assert_true(shown < n);
        longer = longer || n > 2;
    }
    assert_true(longer);
    mb_free(b);
}

static void locks_taken_in_every_order_are_told_by_pairs(void **state)
{
    struct mb *b = dense(6, 1);
    struct lh_process *process = mb_process(b);

    (void)state;
    for (uint32_t i = 1; i < process->n_deps; i++)
        process->deps[i].seen[0].thread = mb_thread(b);
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 6 * 5 / 2);
    assert_false(findings->cut);
    mb_free(b);
}

static void cycle_beyond_the_bound_of_length_is_left_out_and_said(void **state)
{
    struct mb *b = ring(12, false);
    struct lh_cycle_limits limits = {.length = 11};
    struct lh_findings *findings = mb_inversions(b, &limits);

    (void)state;
    assert_int_equal(findings->n_items, 0);
    assert_true(findings->cut);
    assert_non_null(strstr(findings->cut_text, "11 locks"));
    mb_free(b);
}

static void dependency_seen_by_1000_threads_closes_a_cycle(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), d = mb_mutex(b, "d");
    uint32_t first = mb_thread(b);
    uint32_t deps[3] = {MB_DEP(b, first, X(c), X(a)), MB_DEP(b, first, X(d), X(c)),
                        MB_DEP(b, first, X(a), X(d))};

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t thread = mb_thread(b);
        for (uint32_t k = 0; k < 3; k++)
            mb_seen(b, deps[k], thread, 1);
    }
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_int_equal(findings->items[0].n_participants, 3);
    mb_free(b);
}

/* Thread 1 can serve both links, thread 2 only the first: the greedy choice must be revised. */
static void choice_of_threads_is_revised(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");
    uint32_t one = mb_thread(b), two = mb_thread(b);
    uint32_t dep = MB_DEP(b, one, X(c), X(a));

    (void)state;
    mb_seen(b, dep, two, 1);
    MB_DEP(b, one, X(a), X(c));
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    assert_int_not_equal(findings->items[0].participants[0].thread,
                         findings->items[0].participants[1].thread);
    mb_free(b);
}

static void damaged_models_do_not_crash(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), thread = mb_thread(b);
    uint32_t dep = MB_DEP(b, thread, X(c), X(a));

    (void)state;
    mb_process(b)->deps[dep].seen[0].thread = 999;
    mb_process(b)->deps[dep].seen[0].segment = 123456;
    mb_process(b)->deps[dep].held[0].stack = 888;
    dep = MB_DEP(b, thread, X(a), X(c));
    mb_process(b)->deps[dep].wanted.stack = UINT32_MAX;
    mb_process(b)->segments[mb_segment_of(b, thread)].id = 0;
    assert_int_equal(mb_inversions(b, NULL)->n_items, 1);
    mb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cycles_of_2_3_5_and_12_locks_are_found),
        cmocka_unit_test(one_order_is_silent),
        cmocka_unit_test(cycle_through_an_outer_lock_of_a_held_set_is_found),
        cmocka_unit_test(both_cycles_that_share_an_edge_are_found),
        cmocka_unit_test(dependency_on_a_lock_held_already_is_ignored),
        cmocka_unit_test(unknown_locks_and_aggregates_are_ignored),
        cmocka_unit_test(processes_do_not_mix),
        cmocka_unit_test(philosophers_at_any_table_have_one_fingerprint),
        cmocka_unit_test(bank_of_100_accounts_is_one_finding),
        cmocka_unit_test(other_functions_are_another_finding),
        cmocka_unit_test(message_names_classes_and_remedy_the_rarer_order),
        cmocka_unit_test(remedy_names_the_function_that_called_for_both),
        cmocka_unit_test(locks_of_one_class_are_named_one_by_one),
        cmocka_unit_test(cycle_of_12_beside_200000_ordered_dependencies_is_found),
        cmocka_unit_test(edge_back_in_a_large_ordered_graph_is_found),
        cmocka_unit_test(dense_graphs_that_cannot_block_are_not_cut),
        cmocka_unit_test(long_cycle_beside_a_dense_part_is_found),
        cmocka_unit_test(dense_graph_ends_at_the_bound_of_findings_and_says_so),
        cmocka_unit_test(search_ends_at_the_bound_of_steps_and_says_so),
        cmocka_unit_test(small_graphs_are_never_cut),
        cmocka_unit_test(each_finding_shows_a_step_that_no_shorter_one_shows),
        cmocka_unit_test(locks_taken_in_every_order_are_told_by_pairs),
        cmocka_unit_test(cycle_beyond_the_bound_of_length_is_left_out_and_said),
        cmocka_unit_test(dependency_seen_by_1000_threads_closes_a_cycle),
        cmocka_unit_test(choice_of_threads_is_revised),
        cmocka_unit_test(damaged_models_do_not_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
