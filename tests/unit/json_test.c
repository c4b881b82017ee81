/* The JSON report: the fields that others rely on (DESIGN.md section 7), read back with a parser.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report_fixture.h"

static json_t *report_of(const struct fixture *fixture)
{
    char *text = fixture_written(fixture, lh_report_json);
    json_error_t error;
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL)
        fail_msg("line %d: %s\n%s", error.line, error.text, text);
    free(text);
    return root;
}

/* Walk down: keys of objects, and numbers for the places of arrays, divided by dots. */
static json_t *at(json_t *value, const char *path)
{
    char *copy = strdup(path), *rest = copy;

    for (char *step; (step = strsep(&rest, ".")) != NULL;) {
        value = json_is_array(value) ? json_array_get(value, strtoul(step, NULL, 10))
                                     : json_object_get(value, step);
        if (value == NULL)
            fail_msg("%s: there is no %s", path, step);
    }
    free(copy);
    return value;
}

static void assert_text(json_t *root, const char *path, const char *expected)
{
    assert_string_equal(json_string_value(at(root, path)), expected);
}

static void assert_number(json_t *root, const char *path, json_int_t expected)
{
    assert_true(json_is_integer(at(root, path)));
    assert_int_equal(json_integer_value(at(root, path)), expected);
}

static void a_race_has_accesses_and_memory(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_race(fixture, "balance");
    json_t *root = report_of(fixture);
    assert_text(root, "findings.0.kind", "data-race");
    assert_number(root, "summary.data-race", 1);
    assert_text(root, "findings.0.threads.0.access.kind", "write");
    assert_true(json_is_false(at(root, "findings.0.threads.0.access.atomic")));
    assert_number(root, "findings.0.threads.0.access.size", 8);
    assert_text(root, "findings.0.threads.0.access.address", "0x404100");
    assert_number(root, "findings.0.threads.0.access.stack.0.line", 52);
    assert_true(json_is_null(at(root, "findings.0.threads.0.wants")));
    assert_text(root, "findings.0.threads.1.holds.0.lock", "first");
    assert_text(root, "findings.0.memory.name", "balance");
    assert_true(json_is_null(at(root, "findings.0.memory.block")));
    assert_number(root, "findings.0.memory.writes", 41203);
    assert_text(root, "findings.0.memory.guard.lock", "first");
    assert_number(root, "findings.0.memory.guard.writes", 41200);
    json_decref(root);
    fixture_free(fixture);
}

static void the_head_says_which_program_ran_and_how_it_ended(void **state)
{
    struct fixture *fixture = fixture_new(16);
    char program[] = "/usr/bin/bank", flag[] = "-v", *argv[] = {program, flag, NULL};

    (void)state;
    fixture->report.run = (struct lh_run){
        .argv = argv, .argc = 2, .pid = 77, .exit_known = true, .exit = 139, .signal = 11};
    json_t *root = report_of(fixture);
    assert_null(json_object_get(json_object_get(root, "program"), "ended_by"));
    assert_text(root, "lockhound", LH_VERSION);
    assert_text(root, "program.argv.1", "-v");
    assert_number(root, "program.pid", 77);
    assert_number(root, "program.exit", 139);
    assert_number(root, "program.signal", 11);
    assert_true(json_is_true(at(root, "complete")));
    assert_number(root, "dropped", 0);
    assert_int_equal(json_array_size(at(root, "findings")), 0);
    assert_int_equal(json_object_size(at(root, "summary")), 0);
    json_decref(root);
    fixture_free(fixture);
}

static void who_ended_the_program_is_told_when_it_was_us(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture->report.run = (struct lh_run){.pid = 77, .exit_known = true, .ended_by_us = true};
    json_t *root = report_of(fixture);
    assert_text(root, "program.ended_by", "lockhound");
    json_decref(root);
    fixture->report.run = (struct lh_run){0};
    fixture->process->ended_by_us = true;
    root = report_of(fixture);
    assert_text(root, "program.ended_by", "lockhound");
    json_decref(root);
    fixture_free(fixture);
}

static void without_a_run_the_trace_says_which_program_it_was(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    json_t *root = report_of(fixture);
    assert_text(root, "program.argv.0", "./bank");
    assert_number(root, "program.pid", 123);
    assert_true(json_is_null(at(root, "program.exit")));
    assert_null(json_object_get(root, "processes"));
    json_decref(root);
    fixture_free(fixture);
}

static void a_finding_has_threads_with_holds_and_wants(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    json_t *root = report_of(fixture);
    assert_number(root, "summary.lock-order-inversion", 1);
    assert_text(root, "findings.0.kind", "lock-order-inversion");
    assert_text(root, "findings.0.severity", "warning");
    assert_text(root, "findings.0.fingerprint", "0123456789abcdef");
    assert_text(root, "findings.0.message", "first and second are taken in both orders");
    assert_text(root, "findings.0.threads.0.name", "main");
    assert_number(root, "findings.0.threads.0.tid", 1001);
    assert_text(root, "findings.0.threads.0.holds.0.lock", "first");
    assert_text(root, "findings.0.threads.0.holds.0.mode", "exclusive");
    assert_text(root, "findings.0.threads.0.wants.lock", "second");
    assert_text(root, "findings.0.threads.1.name", "worker");
    assert_text(root, "findings.0.threads.1.wants.lock", "first");
    assert_text(root, "findings.0.locks.0.name", "first");
    assert_text(root, "findings.0.locks.0.kind", "mutex");
    json_decref(root);
    fixture_free(fixture);
}

static void a_frame_has_all_five_fields_and_null_where_unknown(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const struct lh_frame unknown = {.offset = 0x1000, .inlined = true};

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[1].wants.stack = fixture_stack(fixture, &unknown, 1);
    json_t *root = report_of(fixture);
    json_t *known = at(root, "findings.0.threads.0.wants.stack.0");
    assert_text(known, "function", "withdraw");
    assert_text(known, "file", "/src/bank.c");
    assert_number(known, "line", 52);
    assert_text(known, "module", "/usr/bin/bank");
    assert_number(known, "offset", 0x1000 + 52);
    assert_null(json_object_get(known, "inlined"));
    json_t *frame = at(root, "findings.0.threads.1.wants.stack.0");
    assert_true(json_is_null(at(frame, "function")));
    assert_true(json_is_null(at(frame, "file")));
    assert_true(json_is_null(at(frame, "line")));
    assert_true(json_is_null(at(frame, "module")));
    assert_number(frame, "offset", 0x1000);
    assert_true(json_is_true(at(frame, "inlined")));
    json_decref(root);
    fixture_free(fixture);
}

static void the_recorders_own_frames_are_left_out(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    char *text = fixture_written(fixture, lh_report_json);
    assert_null(strstr(text, "liblockhound"));
    assert_non_null(strstr(text, "start_thread"));
    free(text);
    fixture_free(fixture);
}

static void wants_is_null_for_a_thread_that_waits_for_nothing(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture)->participants[0].has_wants = false;
    json_t *root = report_of(fixture);
    assert_true(json_is_null(at(root, "findings.0.threads.0.wants")));
    assert_true(json_is_object(at(root, "findings.0.threads.1.wants")));
    json_decref(root);
    fixture_free(fixture);
}

static void the_manner_of_an_attempt_is_there_only_when_special(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[0].wants.flags = LH_ATTEMPT_TIMED;
    finding->participants[0].wants.mode = LH_MODE_SHARED;
    finding->participants[1].holds[0].flags = LH_ATTEMPT_TRY;
    json_t *root = report_of(fixture);
    assert_true(json_is_true(at(root, "findings.0.threads.0.wants.timed")));
    assert_text(root, "findings.0.threads.0.wants.mode", "shared");
    assert_true(json_is_true(at(root, "findings.0.threads.1.holds.0.try")));
    assert_null(json_object_get(at(root, "findings.0.threads.1.wants"), "timed"));
    assert_null(json_object_get(at(root, "findings.0.threads.1.wants"), "try"));
    json_decref(root);
    fixture_free(fixture);
}

static void bytes_that_are_no_text_do_not_break_it(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->message = "bad \xff\xc0\xaf\xed\xa0\x80 end\033\"\\";
    fixture->process->locks[1].name = "\xe2\x82";
    fixture->process->threads[0].name = "\xf4\x90\x80\x80";
    fixture->process->argv[0] = "\x80";
    json_t *root = report_of(fixture);
    assert_text(root, "findings.0.message",
                "bad \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                " end\033\"\\");
    assert_text(root, "findings.0.locks.0.name", "\xef\xbf\xbd\xef\xbf\xbd");
    assert_text(root, "program.argv.0", "\xef\xbf\xbd");
    json_decref(root);
    fixture_free(fixture);
}

static void losses_make_it_incomplete_and_are_named(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture->process->counters[LH_DROP_NO_SPACE] = 2;
    fixture->process->counters[LH_COUNTERS - 1] = 3;
    fixture->process->counters[LH_COUNTERS - 2] = 4;
    fixture_process(fixture, 200, "./child");
    fixture->process->counters[LH_DROP_NO_SPACE] = 40;
    json_t *root = report_of(fixture);
    assert_true(json_is_false(at(root, "complete")));
    assert_number(root, "dropped", 49);
    assert_number(root, "drops.no-space", 42);
    assert_number(root, "drops.other", 7);
    json_decref(root);
    fixture_free(fixture);
}

static void hostile_counters_do_not_overflow(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    for (size_t i = 0; i < LH_COUNTERS; i++)
        fixture->process->counters[i] = UINT64_MAX;
    fixture_inversion(fixture)->similar = UINT64_MAX;
    json_t *root = report_of(fixture);
    assert_number(root, "dropped", INT64_MAX);
    assert_number(root, "findings.0.similar", INT64_MAX);
    json_decref(root);
    fixture_free(fixture);
}

static void several_processes_are_listed(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_process(fixture, 200, "./child");
    fixture->process->ppid = 123;
    fixture->process->damaged = true;
    fixture->process->damage = "torn";
    fixture_inversion(fixture);
    json_t *root = report_of(fixture);
    assert_number(root, "processes.0.pid", 123);
    assert_true(json_is_null(at(root, "processes.0.damaged")));
    assert_number(root, "processes.1.ppid", 123);
    assert_text(root, "processes.1.argv.0", "./child");
    assert_text(root, "processes.1.damaged", "torn");
    assert_number(root, "findings.0.pid", 200);
    json_decref(root);
    fixture_free(fixture);
}

static void what_was_filtered_is_counted_and_listed_on_demand(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_filtered(fixture, LH_FILTER_CREATE_JOIN, 1);
    json_t *brief = report_of(fixture);
    assert_number(brief, "filtered.create-join", 1);
    assert_null(json_object_get(brief, "filtered_findings"));
    assert_int_equal(json_array_size(at(brief, "findings")), 0);
    fixture->report.all = true;
    json_t *all = report_of(fixture);
    assert_text(all, "filtered_findings.0.filter", "create-join");
    assert_int_equal(json_array_size(at(all, "findings")), 0);
    json_decref(brief);
    json_decref(all);
    fixture_free(fixture);
}

static void what_several_processes_show_names_them(void **state)
{
    static const uint32_t pids[] = {123, 201, 202};
    struct fixture *fixture = fixture_new(16);
    struct lh_finding *finding = fixture_inversion(fixture);

    (void)state;
    json_t *one = report_of(fixture);
    assert_number(one, "findings.0.n_processes", 1);
    assert_null(json_object_get(at(one, "findings.0"), "pids"));
    finding->pids = pids;
    finding->n_processes = 3;
    json_t *three = report_of(fixture);
    assert_number(three, "findings.0.n_processes", 3);
    assert_int_equal(json_array_size(at(three, "findings.0.pids")), 3);
    assert_number(three, "findings.0.pids.2", 202);
    json_decref(one);
    json_decref(three);
    fixture_free(fixture);
}

static void the_same_report_is_the_same_bytes(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    char *first = fixture_written(fixture, lh_report_json);
    char *second = fixture_written(fixture, lh_report_json);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "{\n  \"lockhound\": "));
    free(first);
    free(second);
    fixture_free(fixture);
}

static void a_full_disk_is_an_error(void **state)
{
    int r = fixture_on_full_disk(lh_report_json);

    (void)state;
    if (r > 0)
        skip();
    assert_true(r < 0);
}

static void what_threads_did_when_the_time_was_over_is_told(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t first = fixture_mutex(fixture, "first"), second = fixture_mutex(fixture, "second");

    (void)state;
    fixture_timeout(fixture, first, second);
    json_t *root = report_of(fixture);
    assert_true(json_real_value(at(root, "timeout.seconds")) == 2.5);
    assert_number(root, "timeout.processes.0.pid", 123);
    json_t *threads = at(root, "timeout.processes.0.threads");
    assert_int_equal(json_array_size(threads), 3);
    assert_text(threads, "0.name", "waiter");
    assert_number(threads, "0.tid", 1002);
    assert_number(threads, "0.number", 2);
    assert_text(threads, "0.waits_for.kind", "lock");
    assert_text(threads, "0.waits_for.lock", "second");
    assert_text(threads, "0.waits_for.stack.0.function", "withdraw");
    assert_text(threads, "0.holds.0.lock", "first");
    assert_text(threads, "0.system_call", "futex");
    assert_true(json_is_null(at(threads, "0.last")));
    assert_true(json_is_null(at(threads, "1.waits_for")));
    assert_text(threads, "1.state", "sleeping");
    assert_text(threads, "1.system_call", "read");
    assert_text(threads, "1.last.event", "release");
    assert_text(threads, "1.last.lock", "first");
    assert_text(threads, "1.last.stack.0.function", "audit");
    assert_true(json_is_null(at(threads, "2.number")));
    assert_number(threads, "2.system_call", 9999);
    json_decref(root);
    fixture_free(fixture);
}

static void a_run_that_ended_in_time_has_no_timeout(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    json_t *root = report_of(fixture);
    assert_null(json_object_get(root, "timeout"));
    assert_null(json_object_get(root, "doubts"));
    json_decref(root);
    fixture_free(fixture);
}

static void a_doubt_about_a_stall_names_the_process(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture->process->doubt = "another process may wake a thread";
    json_t *root = report_of(fixture);
    assert_number(root, "doubts.0.pid", 123);
    assert_text(root, "doubts.0.text", "another process may wake a thread");
    json_decref(root);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_race_has_accesses_and_memory),
        cmocka_unit_test(the_head_says_which_program_ran_and_how_it_ended),
        cmocka_unit_test(who_ended_the_program_is_told_when_it_was_us),
        cmocka_unit_test(without_a_run_the_trace_says_which_program_it_was),
        cmocka_unit_test(a_finding_has_threads_with_holds_and_wants),
        cmocka_unit_test(a_frame_has_all_five_fields_and_null_where_unknown),
        cmocka_unit_test(the_recorders_own_frames_are_left_out),
        cmocka_unit_test(wants_is_null_for_a_thread_that_waits_for_nothing),
        cmocka_unit_test(the_manner_of_an_attempt_is_there_only_when_special),
        cmocka_unit_test(bytes_that_are_no_text_do_not_break_it),
        cmocka_unit_test(losses_make_it_incomplete_and_are_named),
        cmocka_unit_test(hostile_counters_do_not_overflow),
        cmocka_unit_test(several_processes_are_listed),
        cmocka_unit_test(what_was_filtered_is_counted_and_listed_on_demand),
        cmocka_unit_test(what_several_processes_show_names_them),
        cmocka_unit_test(the_same_report_is_the_same_bytes),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(what_threads_did_when_the_time_was_over_is_told),
        cmocka_unit_test(a_run_that_ended_in_time_has_no_timeout),
        cmocka_unit_test(a_doubt_about_a_stall_names_the_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
