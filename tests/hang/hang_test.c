/*
 * What is called a hang of a process that runs: hang_test SHIM PROGRAM. The program is
 * tests/programs/waiting.c. The clock is the test's own, so no time passes in it; what happens in
 * the program is waited for by looking at it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../analyzer/cli/hang.h"

#define GRACE    UINT64_C(1000000000)
#define PATIENCE 240 /* seconds, for what must happen */

static const char *shim, *program;

struct hung {
    char folder[64], trace[96];
    pid_t pid;
    struct lh_hang *hang;
};

static struct hung hung;

/* ---- the program ---- */

static void run(const char *mode)
{
    char options[160];

    snprintf(options, sizeof(options), "output=%s:quiet=1", hung.trace);
    setenv("LOCKHOUND_OPTIONS", options, 1);
    setenv("LD_PRELOAD", shim, 1);
    execl(program, program, mode, (char *)NULL);
    _exit(127);
}

/* Starts it; it says "ready" into a pipe. */
static void start(const char *mode)
{
    int ends[2];
    char line[64] = "";

    assert_int_equal(pipe(ends), 0);
    hung.pid = fork();
    assert_true(hung.pid >= 0);
    if (hung.pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        run(mode);
    }
    close(ends[1]);
    assert_true(read(ends[0], line, sizeof(line) - 1) > 0);
    assert_int_equal(strncmp(line, "ready", 5), 0);
    close(ends[0]);
    assert_int_equal(lh_hang_new(hung.trace, &hung.hang), 0);
}

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* Look with a clock that stands still until the look is as expected. */
static void await_look(enum lh_look expected, uint64_t now)
{
    time_t end = time(NULL) + PATIENCE;

    while (lh_hang_look(hung.hang, now, GRACE) != expected) {
        if (time(NULL) > end)
            fail_msg("the look never became %d", (int)expected);
        rest();
    }
}

static void await_state(char expected)
{
    time_t end = time(NULL) + PATIENCE;
    struct lh_proc_stat stat;

    while (lh_proc_thread_stat(lh_hang_proc(hung.hang), (uint32_t)hung.pid, &stat) == 0 &&
           stat.state != expected) {
        if (time(NULL) > end)
            fail_msg("the state stays %c", stat.state);
        rest();
    }
}

static int begin(void **state)
{
    (void)state;
    memset(&hung, 0, sizeof(hung));
    strcpy(hung.folder, "/tmp/lockhound-hang-XXXXXX");
    assert_non_null(mkdtemp(hung.folder));
    snprintf(hung.trace, sizeof(hung.trace), "%s/trace", hung.folder);
    return 0;
}

static int end(void **state)
{
    char command[96];

    (void)state;
    if (hung.pid > 0) {
        kill(hung.pid, SIGKILL);
        waitpid(hung.pid, NULL, 0);
    }
    lh_hang_free(hung.hang);
    snprintf(command, sizeof(command), "rm -r %s", hung.folder);
    return system(command);
}

/* ---- the trace, changed as the shim would ---- */

static uint64_t place_of_thread(uint32_t uid)
{
    int fd = open(hung.trace, O_RDONLY);
    struct lh_trace_extent extent;
    uint64_t found = 0;
    struct stat info;

    assert_int_equal(fstat(fd, &info), 0);
    for (uint64_t at = LH_UNIT; !found && at < (uint64_t)info.st_size; at += LH_UNIT) {
        uint32_t number = 0;

        assert_int_equal(pread(fd, &extent, sizeof(extent), (off_t)at), sizeof(extent));
        if (extent.magic == LH_EXTENT_MAGIC && extent.type == LH_EXTENT_THREADS)
            assert_int_equal(pread(fd, &number, 4, (off_t)(at + sizeof(extent))), 4);
        if (number == uid)
            found = at + sizeof(extent);
    }
    close(fd);
    assert_true(found > 0);
    return found;
}

static uint32_t change(uint32_t uid, size_t field, uint32_t value)
{
    off_t at = (off_t)(place_of_thread(uid) + field);
    int fd = open(hung.trace, O_RDWR);
    uint32_t before;

    assert_int_equal(pread(fd, &before, sizeof(before), at), sizeof(before));
    assert_int_equal(pwrite(fd, &value, sizeof(value), at), sizeof(value));
    close(fd);
    return before;
}

#define CHANGE(uid, field, value) change(uid, offsetof(struct lh_trace_thread, field), value)

/* ---- tests ---- */

static void two_looks_a_grace_apart_tell_a_stall(void **state)
{
    (void)state;
    start("stalled");
    await_look(LH_LOOK_WAITING, 5);
    assert_int_equal(lh_hang_look(hung.hang, 5 + GRACE - 1, GRACE), LH_LOOK_WAITING);
    assert_int_equal(lh_hang_mark(hung.hang)->stalled_ns, 0);
    assert_int_equal(lh_hang_look(hung.hang, 5 + GRACE, GRACE), LH_LOOK_HUNG);
    assert_true(lh_hang_mark(hung.hang)->stalled_ns == 5 + GRACE);
    assert_int_equal(lh_hang_mark(hung.hang)->doubts, 0);
    assert_int_equal(lh_hang_look(hung.hang, 6 + GRACE, GRACE), LH_LOOK_HUNG);
}

static void every_kind_of_wait_counts(void **state)
{
    static const char *const modes[] = {"barrier",    "unshared", "rwlock", "robust",
                                        "inheriting", "spin",     "once"};

    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        start(modes[i]);
        await_look(LH_LOOK_WAITING, 0);
        assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_HUNG);
        end(NULL);
        begin(NULL);
    }
}

static void a_thread_that_reads_is_able(void **state)
{
    (void)state;
    start("read");
    await_state('S');
    for (uint64_t now = 0; now < 10 * GRACE; now += GRACE)
        assert_int_equal(lh_hang_look(hung.hang, now, GRACE), LH_LOOK_ABLE);
}

static void a_wait_that_began_anew_begins_the_grace_anew(void **state)
{
    uint32_t number;

    (void)state;
    start("stalled");
    await_look(LH_LOOK_WAITING, 0);
    number = CHANGE(2, wait_number, 4711);
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_WAITING);
    assert_int_equal(lh_hang_look(hung.hang, 2 * GRACE - 1, GRACE), LH_LOOK_WAITING);
    assert_int_equal(lh_hang_look(hung.hang, 2 * GRACE, GRACE), LH_LOOK_HUNG);
    CHANGE(2, wait_number, number);
    assert_int_equal(lh_hang_look(hung.hang, 3 * GRACE, GRACE), LH_LOOK_WAITING);
    assert_int_equal(lh_hang_mark(hung.hang)->stalled_ns, 0);
}

static void a_wait_with_a_limit_is_able(void **state)
{
    (void)state;
    start("stalled");
    await_look(LH_LOOK_WAITING, 0);
    CHANGE(2, wait_mode, LH_ATTEMPT_TIMED << 8);
    CHANGE(2, wait_number, 4711);
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_ABLE);
}

static void a_thread_that_is_not_recorded_is_able(void **state)
{
    (void)state;
    start("stalled");
    await_look(LH_LOOK_WAITING, 0);
    CHANGE(2, state, LH_THREAD_ENDED);
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_ABLE);
    CHANGE(2, state, LH_THREAD_LIVE);
    assert_int_equal(lh_hang_look(hung.hang, 2 * GRACE, GRACE), LH_LOOK_WAITING);
}

static void a_thread_asleep_in_another_lock_than_recorded_is_able(void **state)
{
    uint32_t lock;

    (void)state;
    start("barrier");
    await_look(LH_LOOK_WAITING, 0);
    /* The main thread is at the barrier, the second one at the condition. */
    lock = CHANGE(1, wait_lock, 1);
    CHANGE(1, wait_lock, lock == 1 ? 2 : 1);
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_ABLE);
    CHANGE(1, wait_lock, lock);
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_WAITING);
}

static void a_wait_for_what_is_not_recorded_is_in_doubt(void **state)
{
    (void)state;
    start("stalled");
    await_look(LH_LOOK_WAITING, 0);
    CHANGE(2, wait_lock, LH_NO_LOCK);
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_WAITING);
    assert_int_equal(lh_hang_look(hung.hang, 2 * GRACE, GRACE), LH_LOOK_IN_DOUBT);
    assert_int_equal(lh_hang_mark(hung.hang)->doubts, LH_DOUBT_UNRECORDED);
    assert_int_equal(lh_hang_mark(hung.hang)->stalled_ns, 0);
}

static void a_handler_is_a_doubt_that_names_the_signal(void **state)
{
    (void)state;
    start("handler");
    await_look(LH_LOOK_WAITING, 0);
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_IN_DOUBT);
    assert_int_equal(lh_hang_mark(hung.hang)->doubts, LH_DOUBT_HANDLER);
    assert_true(lh_hang_mark(hung.hang)->doubt_signals == UINT64_C(1) << (SIGTERM - 1));
    assert_int_equal(lh_hang_look(hung.hang, 2 * GRACE, GRACE), LH_LOOK_IN_DOUBT);
}

static void what_another_process_can_reach_is_a_doubt(void **state)
{
    (void)state;
    start("shared_for_ever");
    await_look(LH_LOOK_WAITING, 0);
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_IN_DOUBT);
    assert_int_equal(lh_hang_mark(hung.hang)->doubts, LH_DOUBT_SHARED);
}

static void a_handler_at_work_is_able(void **state)
{
    (void)state;
    start("busy_handler");
    for (uint64_t now = 0; now < 10 * GRACE; now += GRACE)
        assert_int_equal(lh_hang_look(hung.hang, now, GRACE), LH_LOOK_ABLE);
}

static void a_stopped_process_is_able(void **state)
{
    (void)state;
    start("stalled");
    await_look(LH_LOOK_WAITING, 0);
    kill(hung.pid, SIGSTOP);
    await_state('T');
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_ABLE);
    assert_int_equal(lh_hang_look(hung.hang, 2 * GRACE, GRACE), LH_LOOK_ABLE);
    kill(hung.pid, SIGCONT);
    await_look(LH_LOOK_WAITING, 2 * GRACE);
    assert_int_equal(lh_hang_look(hung.hang, 3 * GRACE, GRACE), LH_LOOK_HUNG);
}

static void a_process_that_is_debugged_is_able(void **state)
{
    (void)state;
    start("stalled");
    await_look(LH_LOOK_WAITING, 0);
    if (ptrace(PTRACE_SEIZE, hung.pid, NULL, NULL) < 0)
        skip();
    assert_int_not_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_HUNG);
    assert_int_not_equal(lh_hang_look(hung.hang, 3 * GRACE, GRACE), LH_LOOK_HUNG);
}

static void what_the_kernel_hides_is_in_doubt(void **state)
{
    enum lh_look look;

    (void)state;
    if (geteuid() != 0)
        skip();
    start("stalled");
    await_look(LH_LOOK_WAITING, 0);
    assert_int_equal(seteuid(65534), 0);
    look = lh_hang_look(hung.hang, GRACE, GRACE);
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(look, LH_LOOK_IN_DOUBT);
    assert_int_equal(lh_hang_mark(hung.hang)->doubts, LH_DOUBT_UNSEEN);
}

static void a_process_is_not_what_the_trace_of_another_user_says(void **state)
{
    struct lh_hang *other;

    (void)state;
    if (geteuid() != 0)
        skip();
    start("stalled");
    assert_int_equal(chown(hung.trace, 65534, (gid_t)-1), 0);
    assert_int_equal(lh_hang_new(hung.trace, &other), -EPERM);
    assert_int_equal(chown(hung.trace, 0, (gid_t)-1), 0);
    assert_int_equal(lh_hang_new(hung.trace, &other), 0);
    lh_hang_free(other);
}

static void a_killed_process_is_gone_and_its_trace_stays(void **state)
{
    (void)state;
    start("stalled");
    await_look(LH_LOOK_WAITING, 0);
    assert_false(lh_hang_stays(hung.hang));
    assert_int_equal(lh_hang_look(hung.hang, GRACE, GRACE), LH_LOOK_HUNG);
    assert_true(lh_hang_is_writer(hung.hang));
    kill(hung.pid, SIGKILL);
    await_state('Z');
    await_look(LH_LOOK_GONE, GRACE);
    assert_true(lh_hang_stays(hung.hang));
    assert_true(lh_hang_mark(hung.hang)->stalled_ns == GRACE);
    CHANGE(2, wait_number, 4711);
    assert_false(lh_hang_stays(hung.hang));
}

/* The old trace says "running" for ever, and the number of the first thread is the same. */
static void a_process_that_executed_another_program_does_not_hang_in_the_old_one(void **state)
{
    char second[128];
    struct stat info;
    time_t limit = time(NULL) + PATIENCE;

    (void)state;
    start("executes");
    snprintf(second, sizeof(second), "%s.%d", hung.trace, (int)hung.pid);
    while (stat(second, &info) < 0) {
        if (time(NULL) > limit)
            fail_msg("%s never came", second);
        rest();
    }
    assert_false(lh_hang_is_writer(hung.hang));
    CHANGE(1, wait_kind, LH_WAIT_COND);
    CHANGE(2, state, LH_THREAD_ENDED);
    for (uint64_t now = 0; now < 5 * GRACE; now += GRACE)
        assert_int_not_equal(lh_hang_look(hung.hang, now, GRACE), LH_LOOK_HUNG);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
        TEST(two_looks_a_grace_apart_tell_a_stall),
        TEST(every_kind_of_wait_counts),
        TEST(a_thread_that_reads_is_able),
        TEST(a_wait_that_began_anew_begins_the_grace_anew),
        TEST(a_wait_with_a_limit_is_able),
        TEST(a_thread_that_is_not_recorded_is_able),
        TEST(a_thread_asleep_in_another_lock_than_recorded_is_able),
        TEST(a_wait_for_what_is_not_recorded_is_in_doubt),
        TEST(a_handler_is_a_doubt_that_names_the_signal),
        TEST(what_another_process_can_reach_is_a_doubt),
        TEST(a_handler_at_work_is_able),
        TEST(a_stopped_process_is_able),
        TEST(a_process_that_is_debugged_is_able),
        TEST(what_the_kernel_hides_is_in_doubt),
        TEST(a_process_is_not_what_the_trace_of_another_user_says),
        TEST(a_killed_process_is_gone_and_its_trace_stays),
        TEST(a_process_that_executed_another_program_does_not_hang_in_the_old_one),
#undef TEST
    };

    if (argc != 3) {
        fputs("usage: hang_test SHIM PROGRAM\n", stderr);
        return 2;
    }
    shim = argv[1];
    program = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
