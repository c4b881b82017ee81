#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "finding.h"
#include "model_builder.h"

static void kinds_have_the_names_that_others_rely_on(void **state)
{
    (void)state;
    assert_string_equal(lh_kind_name(LH_KIND_DEADLOCK), "deadlock");
    assert_string_equal(lh_kind_name(LH_KIND_LOCK_ORDER_INVERSION), "lock-order-inversion");
    for (int kind = 0; kind < LH_KINDS; kind++) {
        assert_int_equal(lh_kind_from_name(lh_kind_name((enum lh_kind)kind)), kind);
        assert_true(strlen(lh_kind_help((enum lh_kind)kind)) > 0);
    }
    assert_int_equal(lh_kind_from_name("no such kind"), -1);
    assert_int_equal(lh_kind_from_name(""), -1);
}

static void severities_and_filters_have_names(void **state)
{
    (void)state;
    assert_string_equal(lh_severity_name(LH_NOTE), "note");
    assert_string_equal(lh_severity_name(LH_WARNING), "warning");
    assert_string_equal(lh_severity_name(LH_ERROR), "error");
    assert_string_equal(lh_filter_name(LH_FILTER_GATE_LOCK), "gate-lock");
    assert_string_equal(lh_filter_name(LH_FILTER_NONE), "none");
    for (int filter = 0; filter < LH_FILTERS; filter++)
        assert_true(strlen(lh_filter_help((enum lh_filter)filter)) > 0);
}

static void numbers_out_of_range_are_answered(void **state)
{
    (void)state;
    assert_string_equal(lh_kind_name((enum lh_kind)1000), "unknown");
    assert_string_equal(lh_severity_name((enum lh_severity)1000), "unknown");
    assert_string_equal(lh_kind_help((enum lh_kind)1000), "");
    assert_string_equal(lh_filter_help((enum lh_filter)1000), "");
}

static void findings_are_sorted_by_severity_length_and_name(void **state)
{
    struct mb *b = mb_new();
    uint32_t locks[] = {mb_mutex(b, "m"), mb_mutex(b, "a")};
    struct lh_findings *findings = lh_findings_new();
    static const struct {
        enum lh_severity severity;
        size_t n;
        int lock;
    } rows[] = {{LH_NOTE, 2, 0},
                {LH_WARNING, 3, 0},
                {LH_ERROR, 4, 0},
                {LH_WARNING, 2, 0},
                {LH_WARNING, 2, 1}};
    static const int order[] = {2, 4, 3, 1, 0};
    struct lh_participant nobody[4] = {{0}};

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct lh_finding *finding = lh_findings_add(findings);
        assert_non_null(finding);
        assert_int_equal(finding->filter, LH_FILTER_NONE);
        finding->kind = LH_KIND_LOCK_ORDER_INVERSION;
        finding->process = mb_process(b);
        finding->severity = rows[i].severity;
        finding->participants = nobody;
        finding->n_participants = rows[i].n;
        finding->locks = &locks[rows[i].lock];
        finding->n_locks = 1;
        finding->similar = i;
    }
    lh_findings_sort(findings);
    assert_int_equal(findings->n_items, 5);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(findings->items[i].similar, order[i]);
    lh_findings_free(findings);
    mb_free(b);
}

static void add_as(struct lh_findings *findings, const struct lh_process *process,
                   enum lh_kind kind, const char *fingerprint)
{
    struct lh_finding *finding = lh_findings_add(findings);

    assert_non_null(finding);
    finding->kind = kind;
    finding->severity = kind == LH_KIND_DEADLOCK ? LH_ERROR : LH_WARNING;
    finding->process = process;
    strcpy(finding->fingerprint, fingerprint);
}

/* What a server shows, all its workers show too. */
static void inversion_in_several_processes_is_told_once(void **state)
{
    struct lh_process parent = {.pid = 10}, child = {.pid = 11}, other = {.pid = 12};
    struct lh_findings *findings = lh_findings_new();

    (void)state;
    add_as(findings, &other, LH_KIND_LOCK_ORDER_INVERSION, "aaaa");
    add_as(findings, &parent, LH_KIND_LOCK_ORDER_INVERSION, "aaaa");
    add_as(findings, &child, LH_KIND_LOCK_ORDER_INVERSION, "bbbb");
    add_as(findings, &child, LH_KIND_LOCK_ORDER_INVERSION, "aaaa");
    findings->items[3].similar = 4;
    lh_findings_sort(findings);
    assert_int_equal(findings->n_items, 2);
    assert_ptr_equal(findings->items[0].process, &parent);
    assert_string_equal(findings->items[0].fingerprint, "aaaa");
    assert_int_equal(findings->items[0].similar, 6);
    assert_int_equal(findings->items[0].n_processes, 3);
    assert_int_equal(findings->items[0].pids[0], 10);
    assert_int_equal(findings->items[0].pids[1], 11);
    assert_int_equal(findings->items[0].pids[2], 12);
    assert_string_equal(findings->items[1].fingerprint, "bbbb");
    assert_int_equal(findings->items[1].similar, 0);
    lh_findings_free(findings);
}

/* A test suite that runs a program 2,000 times is told once what is wrong with it. */
static void what_every_run_shows_is_told_once(void **state)
{
    static const enum lh_kind kinds[] = {LH_KIND_DEADLOCK, LH_KIND_STALL, LH_KIND_UNLOCK_NOT_OWNER};
    enum { RUNS = 2000 };
    struct lh_process *runs = calloc(RUNS, sizeof(*runs));
    struct lh_findings *findings = lh_findings_new();

    (void)state;
    for (uint32_t i = 0; i < RUNS; i++) {
        runs[i].pid = 100 + i;
        for (size_t k = 0; k < 3; k++)
            add_as(findings, &runs[i], kinds[k], "aaaa");
    }
    lh_findings_sort(findings);
    assert_int_equal(findings->n_items, 3);
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(findings->items[k].similar, RUNS - 1);
        assert_int_equal(findings->items[k].n_processes, RUNS);
        assert_int_equal(findings->items[k].pids[LH_PIDS_MOST - 1], 100 + LH_PIDS_MOST - 1);
    }
    lh_findings_free(findings);
    free(runs);
}

static void a_kind_is_not_taken_for_another(void **state)
{
    struct lh_process parent = {.pid = 10}, child = {.pid = 11};
    struct lh_findings *findings = lh_findings_new();

    (void)state;
    add_as(findings, &parent, LH_KIND_DEADLOCK, "aaaa");
    add_as(findings, &child, LH_KIND_STALL, "aaaa");
    add_as(findings, &child, LH_KIND_DEADLOCK, "bbbb");
    lh_findings_sort(findings);
    assert_int_equal(findings->n_items, 3);
    assert_int_equal(findings->items[0].n_processes, 0);
    lh_findings_free(findings);
}

/* Two places of one process are two findings, though they are named alike. */
static void inversions_of_one_process_are_kept_apart(void **state)
{
    struct lh_process process = {.pid = 10};
    struct lh_findings *findings = lh_findings_new();

    (void)state;
    add_as(findings, &process, LH_KIND_LOCK_ORDER_INVERSION, "aaaa");
    add_as(findings, &process, LH_KIND_LOCK_ORDER_INVERSION, "aaaa");
    lh_findings_sort(findings);
    assert_int_equal(findings->n_items, 2);
    lh_findings_free(findings);
}

static void empty_findings_can_be_sorted_and_freed(void **state)
{
    struct lh_findings *findings = lh_findings_new();

    (void)state;
    lh_findings_sort(findings);
    assert_int_equal(findings->n_items, 0);
    lh_findings_free(findings);
    lh_findings_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_have_the_names_that_others_rely_on),
        cmocka_unit_test(severities_and_filters_have_names),
        cmocka_unit_test(numbers_out_of_range_are_answered),
        cmocka_unit_test(findings_are_sorted_by_severity_length_and_name),
        cmocka_unit_test(inversion_in_several_processes_is_told_once),
        cmocka_unit_test(what_every_run_shows_is_told_once),
        cmocka_unit_test(a_kind_is_not_taken_for_another),
        cmocka_unit_test(inversions_of_one_process_are_kept_apart),
        cmocka_unit_test(empty_findings_can_be_sorted_and_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
