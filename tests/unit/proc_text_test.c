/* What /proc says, as the kernel writes it and as a hostile name would have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../analyzer/cli/proc_text.h"

#define REST_OF_STAT                                                                           \
    " 4710 4711 4711 34816 4711 4194304 96 0 0 0 0 0 0 0 20 0 3 0 8891 2985984 448 "           \
    "18446744073709551615 94106 94107 140 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 94112 94113 94139 " \
    "140727 140728 140728 140729 0\n"

static void stat_tells_state_and_threads(void **state)
{
    struct lh_proc_stat stat;

    (void)state;
    assert_true(lh_proc_stat("4711 (server) S" REST_OF_STAT, &stat));
    assert_int_equal(stat.state, 'S');
    assert_int_equal(stat.threads, 3);
    assert_int_equal(stat.parent, 4710);
    assert_string_equal(stat.name, "server");
}

static void a_name_with_parentheses_does_not_forge_a_state(void **state)
{
    struct lh_proc_stat stat;

    (void)state;
    assert_true(lh_proc_stat("4711 (a) S (b) R" REST_OF_STAT, &stat));
    assert_int_equal(stat.state, 'R');
    assert_string_equal(stat.name, "a) S (b");
    assert_true(lh_proc_stat("4711 (\n) S 1 2 3) t" REST_OF_STAT, &stat));
    assert_int_equal(stat.state, 't');
    assert_int_equal(stat.threads, 3);
    assert_true(lh_proc_stat("4711 ()) Z" REST_OF_STAT, &stat));
    assert_int_equal(stat.state, 'Z');
    assert_true(lh_proc_stat("4711 () S" REST_OF_STAT, &stat));
    assert_string_equal(stat.name, "");
}

static void a_name_that_is_too_long_is_cut(void **state)
{
    struct lh_proc_stat stat;

    (void)state;
    assert_true(lh_proc_stat("1 (kworker/u16:0-events_unbound) I" REST_OF_STAT, &stat));
    assert_string_equal(stat.name, "kworker/u16:0-e");
}

static void a_stat_that_is_cut_off_is_refused(void **state)
{
    static const char whole[] =
        "4711 (a b) S 4710 4711 4711 34816 4711 4194304 96 0 0 0 0 0 0 0 20 0 ";
    struct lh_proc_stat stat;
    char cut[sizeof(whole)];

    (void)state;
    for (size_t i = 0; i < sizeof(whole); i++) {
        memcpy(cut, whole, i);
        cut[i] = '\0';
        assert_false(lh_proc_stat(cut, &stat));
    }
    assert_false(lh_proc_stat(") S (", &stat));
}

#define STATUS(tracer, threads, caught)                                                     \
    "Name:\ta\\nSigCgt:\\t1\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\nPid:\t4711\n" \
    "PPid:\t4710\nTracerPid:\t" tracer "\nUid:\t1000\t33\t0\t7\nThreads:\t" threads         \
    "\nSigQ:\t0/96365\nSigBlk:\tffffffffffffffff\nSigCgt:\t" caught "\nCapInh:\t0\n"

static void status_tells_tracer_threads_and_handlers(void **state)
{
    struct lh_proc_status status;

    (void)state;
    assert_true(lh_proc_status(STATUS("0", "3", "0000000180004002"), &status));
    assert_int_equal(status.tracer, 0);
    assert_int_equal(status.threads, 3);
    assert_int_equal(status.user, 33);
    assert_true(status.handled == UINT64_C(0x180004002));
    assert_true(lh_proc_status(STATUS("77", "20000", "fffffffe7ffbfeff"), &status));
    assert_int_equal(status.tracer, 77);
    assert_int_equal(status.threads, 20000);
    assert_true(status.handled == UINT64_C(0xfffffffe7ffbfeff));
}

static void a_status_without_what_is_asked_is_refused(void **state)
{
    struct lh_proc_status status;

    (void)state;
    assert_false(lh_proc_status("", &status));
    assert_false(lh_proc_status("Name:\tx\nTracerPid:\t0\nThreads:\t1\n", &status));
    assert_false(lh_proc_status("x\nTracerPid:\t0\nUid:\t0\nThreads:\t1\nSigCgt:\t0\n", &status));
    assert_false(lh_proc_status(STATUS("", "3", "0"), &status));
    assert_false(lh_proc_status(STATUS("0", "-3", "0"), &status));
    assert_false(lh_proc_status(STATUS("0", "3", "xyz"), &status));
}

static void syscall_tells_number_and_arguments(void **state)
{
    struct lh_proc_call call;

    (void)state;
    assert_true(
        lh_proc_call("202 0x55d8dc4bd268 0x189 0x0 0x0 0x0 0xffffffff 0x7f71 0x7f72\n", &call));
    assert_int_equal(call.number, 202);
    assert_true(call.argument[0] == UINT64_C(0x55d8dc4bd268));
    assert_int_equal(call.argument[1], 0x189);
    assert_true(call.argument[5] == UINT64_C(0xffffffff));
    assert_true(lh_proc_call("running\n", &call));
    assert_int_equal(call.number, LH_CALL_RUNNING);
    assert_true(lh_proc_call("-1 0x7ffe 0x7fff\n", &call));
    assert_int_equal(call.number, LH_CALL_NONE);
}

static void a_syscall_that_is_cut_off_is_refused(void **state)
{
    struct lh_proc_call call;

    (void)state;
    assert_false(lh_proc_call("", &call));
    assert_false(lh_proc_call("202", &call));
    assert_false(lh_proc_call("202 0x1 0x2 0x3 0x4 0x5", &call));
    assert_false(lh_proc_call("202 0x1 0x2 0x3 0x4 0x5 0x", &call));
    assert_false(lh_proc_call("99999999999 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8", &call));
    assert_false(lh_proc_call("-2 0x1", &call));
}

struct futex {
    const char *text;
    bool waits, private;
};

static void only_futex_waits_without_a_limit_count(void **state)
{
    static const struct futex table[] = {
        {"202 0x10 0x80 0x2 0x0 0x0 0x0 0x1 0x2", true, true},             /* FUTEX_WAIT, private */
        {"202 0x10 0x0 0x2 0x0 0x0 0x0 0x1 0x2", true, false},             /* FUTEX_WAIT */
        {"202 0x10 0x189 0x0 0x0 0x0 0xffffffff 0x1 0x2", true, true},     /* condition */
        {"202 0x10 0x109 0x53f6 0x0 0x0 0xffffffff 0x1 0x2", true, false}, /* join */
        {"202 0x10 0x86 0x0 0x0 0x0 0x0 0x1 0x2", true, true},             /* FUTEX_LOCK_PI */
        {"202 0x10 0x8d 0x0 0x0 0x0 0x0 0x1 0x2", true, true},             /* FUTEX_LOCK_PI2 */
        {"202 0x10 0x8b 0x0 0x0 0x0 0x0 0x1 0x2", true, true},             /* WAIT_REQUEUE_PI */
        {"202 0x10 0x189 0x0 0x7ffe0 0x0 0xffffffff 0x1 0x2", false, true}, /* with a limit */
        {"202 0x10 0x81 0x1 0x0 0x0 0x0 0x1 0x2", false, true},             /* FUTEX_WAKE */
        {"0 0x10 0x80 0x2 0x0 0x0 0x0 0x1 0x2", false, false},              /* read */
        {"running", false, false},
        {"-1 0x1 0x2", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct lh_proc_call call = {0};
        bool private = false;

        assert_true(lh_proc_call(table[i].text, &call));
        assert_int_equal(lh_proc_waits_in_futex(&call, &private), table[i].waits);
        if (table[i].waits)
            assert_int_equal(private, table[i].private);
    }
}

static void maps_tell_who_shares_what(void **state)
{
    struct lh_proc_map map;

    (void)state;
    assert_true(lh_proc_map(
        "7fe5669e9000-7fe5669ea000 rw-s 00001000 fe:00 10952753      /tmp/a b (deleted)", &map));
    assert_true(map.start == UINT64_C(0x7fe5669e9000) && map.end == UINT64_C(0x7fe5669ea000));
    assert_true(map.shared);
    assert_int_equal(map.inode, 10952753);
    assert_string_equal(map.path, "/tmp/a b (deleted)");
    assert_true(lh_proc_map("7ffd7f4c8000-7ffd7f4e9000 rw-p 00000000 00:00 0      [stack]", &map));
    assert_false(map.shared);
    assert_true(lh_proc_map("7f10d6d5b000-7f10d6d5d000 ---p 00000000 00:00 0 ", &map));
    assert_string_equal(map.path, "");
    assert_true(lh_proc_map(
        "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0      [vsyscall]", &map));
    assert_true(map.end == UINT64_C(0xffffffffff601000));
}

static void a_map_that_is_cut_off_is_refused(void **state)
{
    static const char whole[] = "7fe5669e9000-7fe5669ea000 rw-s 00001000 fe:00 ";
    struct lh_proc_map map;
    char cut[sizeof(whole)];

    (void)state;
    for (size_t i = 0; i < sizeof(whole); i++) {
        memcpy(cut, whole, i);
        cut[i] = '\0';
        assert_false(lh_proc_map(cut, &map));
    }
    assert_false(lh_proc_map("-7fe5669e9000-7fe5669ea000 rw-s 00001000 fe:00 1", &map));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_tells_state_and_threads),
        cmocka_unit_test(a_name_with_parentheses_does_not_forge_a_state),
        cmocka_unit_test(a_name_that_is_too_long_is_cut),
        cmocka_unit_test(a_stat_that_is_cut_off_is_refused),
        cmocka_unit_test(status_tells_tracer_threads_and_handlers),
        cmocka_unit_test(a_status_without_what_is_asked_is_refused),
        cmocka_unit_test(syscall_tells_number_and_arguments),
        cmocka_unit_test(a_syscall_that_is_cut_off_is_refused),
        cmocka_unit_test(only_futex_waits_without_a_limit_count),
        cmocka_unit_test(maps_tell_who_shares_what),
        cmocka_unit_test(a_map_that_is_cut_off_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
