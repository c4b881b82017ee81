#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model_builder.h"

#define RUNS 3

/* Some runs of one program, in which the two locks are the same variables. */
static struct suite {
    struct mb *runs[RUNS];
    uint32_t a[RUNS], c[RUNS];
    struct lh_process *processes[RUNS];
    struct lh_model *model; /* of all runs */
    struct lh_findings *findings;
} suite;

static const char *const command[] = {"/usr/bin/server"};

static int set_up(void **state)
{
    (void)state;
    suite.model = lh_model_new();
    suite.findings = lh_findings_new();
    for (size_t i = 0; i < RUNS; i++) {
        suite.runs[i] = mb_new();
        suite.a[i] = mb_mutex(suite.runs[i], "table");
        suite.c[i] = mb_mutex(suite.runs[i], "journal");
        mb_lock_at(suite.runs[i], suite.a[i])->name = "table";
        mb_lock_at(suite.runs[i], suite.c[i])->name = "journal";
        suite.processes[i] = mb_process(suite.runs[i]);
        suite.processes[i]->pid = 100 + (uint32_t)i;
        suite.processes[i]->argv = (const char **)(uintptr_t)command;
        suite.processes[i]->argc = 1;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    suite.model->n_processes = 0;
    suite.model->processes = NULL;
    lh_findings_free(suite.findings);
    lh_model_free(suite.model);
    for (size_t i = 0; i < RUNS; i++)
        mb_free(suite.runs[i]);
    return 0;
}

/* Threads of the start routines that the builder gives; the second of a role is its own. */
static uint32_t worker(size_t run)
{
    mb_thread(suite.runs[run]);
    mb_thread(suite.runs[run]);
    return mb_thread(suite.runs[run]);
}

static void both_orders_in_different_runs(uint32_t one, uint32_t other)
{
    MB_DEP(suite.runs[0], one, X(suite.c[0]), X(suite.a[0]));
    MB_DEP(suite.runs[1], other, X(suite.a[1]), X(suite.c[1]));
}

static size_t find(void)
{
    suite.model->processes = suite.processes;
    suite.model->n_processes = RUNS;
    assert_int_equal(lh_find_inversions(suite.model, NULL, suite.findings), 0);
    assert_int_equal(lh_find_across(suite.model, NULL, suite.findings), 0);
    return suite.findings->n_items;
}

static void orders_of_two_runs_meet(void **state)
{
    const struct lh_finding *finding;

    (void)state;
    both_orders_in_different_runs(worker(0), worker(1));
    assert_int_equal(find(), 1);
    finding = &suite.findings->items[0];
    assert_int_equal(finding->kind, LH_KIND_LOCK_ORDER_INVERSION);
    assert_int_equal(finding->severity, LH_WARNING);
    assert_true(finding->across);
    assert_int_equal(finding->n_participants, 2);
    assert_int_equal(finding->participants[0].pid + finding->participants[1].pid, 201);
    assert_non_null(strstr(finding->message, "no single run"));
}

static void what_one_run_shows_is_told_once(void **state)
{
    (void)state;
    both_orders_in_different_runs(worker(0), worker(1));
    MB_DEP(suite.runs[2], worker(2), X(suite.c[2]), X(suite.a[2]));
    MB_DEP(suite.runs[2], worker(2), X(suite.a[2]), X(suite.c[2]));
    assert_int_equal(find(), 1);
    assert_false(suite.findings->items[0].across);
}

static void main_threads_of_two_runs_are_one_thread(void **state)
{
    uint32_t mains[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        uint32_t x = mb_mutex(suite.runs[i], "x"), y = mb_mutex(suite.runs[i], "y");
        mains[i] = mb_thread(suite.runs[i]);
        assert_int_equal(mains[i], 1);
        /* Another one runs beside it, so it is not alone. */
        MB_DEP(suite.runs[i], mb_thread(suite.runs[i]), X(x), X(y));
    }
    both_orders_in_different_runs(mains[0], mains[1]);
    assert_int_equal(find(), 0);
}

static void the_only_thread_of_its_role_is_one_thread_in_all_runs(void **state)
{
    (void)state;
    mb_thread(suite.runs[0]);
    mb_thread(suite.runs[1]);
    both_orders_in_different_runs(mb_thread(suite.runs[0]), mb_thread(suite.runs[1]));
    assert_int_equal(find(), 0);
}

static void main_thread_alone_makes_no_order(void **state)
{
    uint32_t one = mb_thread(suite.runs[0]);

    (void)state;
    both_orders_in_different_runs(one, worker(1));
    assert_int_equal(find(), 0);
}

static void locks_of_one_birth_place_stay_apart_when_there_are_many(void **state)
{
    (void)state;
    for (size_t i = 0; i < RUNS; i++) {
        mb_lock_at(suite.runs[i], suite.a[i])->name = "mutex 0x1000 born in make";
        suite.processes[i]->classes[mb_lock_at(suite.runs[i], suite.a[i])->class_id].n_locks = 2;
    }
    both_orders_in_different_runs(worker(0), worker(1));
    assert_int_equal(find(), 0);
}

static void a_single_lock_of_its_birth_place_is_the_same_in_all_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < RUNS; i++) {
        mb_lock_at(suite.runs[i], suite.a[i])->name = "mutex 0x1000 born in make";
        suite.processes[i]->classes[mb_lock_at(suite.runs[i], suite.a[i])->class_id].n_locks = 1;
    }
    both_orders_in_different_runs(worker(0), worker(1));
    assert_int_equal(find(), 1);
}

static void runs_of_other_programs_stay_apart(void **state)
{
    static const char *const other[] = {"/usr/bin/client"};

    (void)state;
    suite.processes[1]->argv = (const char **)(uintptr_t)other;
    both_orders_in_different_runs(worker(0), worker(1));
    assert_int_equal(find(), 0);
}

static void a_gate_lock_keeps_the_runs_apart(void **state)
{
    uint32_t gates[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        gates[i] = mb_mutex(suite.runs[i], "gate");
        mb_lock_at(suite.runs[i], gates[i])->name = "gate";
    }
    MB_DEP(suite.runs[0], worker(0), X(suite.c[0]), X(gates[0]), X(suite.a[0]));
    MB_DEP(suite.runs[1], worker(1), X(suite.a[1]), X(gates[1]), X(suite.c[1]));
    assert_int_equal(find(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(orders_of_two_runs_meet),
        TEST(what_one_run_shows_is_told_once),
        TEST(main_threads_of_two_runs_are_one_thread),
        TEST(the_only_thread_of_its_role_is_one_thread_in_all_runs),
        TEST(main_thread_alone_makes_no_order),
        TEST(locks_of_one_birth_place_stay_apart_when_there_are_many),
        TEST(a_single_lock_of_its_birth_place_is_the_same_in_all_runs),
        TEST(runs_of_other_programs_stay_apart),
        TEST(a_gate_lock_keeps_the_runs_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
