/* A trace that is looked at from outside while it is written, and marked. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "live.h"
#include "model.h"
#include "reader.h"
#include "trace_builder.h"

static struct lh_builder *builder;
static struct lh_live *live;
static char *path;

static int begin(void **state)
{
    (void)state;
    builder = lh_builder_inversion();
    live = NULL;
    path = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    lh_live_close(live);
    lh_builder_free(builder);
    if (path)
        unlink(path);
    free(path);
    return 0;
}

static void write_built(void)
{
    size_t size;
    unsigned char *data = lh_builder_data(builder, &size);

    path = lh_write_temporary(data, size);
}

/* The file changes as a writer would change it. */
static void write_again(void)
{
    size_t size;
    unsigned char *data = lh_builder_data(builder, &size);
    int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, 0), size);
    close(fd);
}

static void open_built(void)
{
    write_built();
    assert_int_equal(lh_live_open(path, &live), 0);
}

static void an_interpreter_found_later_is_seen(void **state)
{
    (void)state;
    open_built();
    assert_int_equal(lh_live_header(live)->mode & LH_RECORD_PYTHON, 0);
    lh_builder_header(builder)->mode |= LH_RECORD_PYTHON;
    write_again();
    lh_live_refresh(live);
    assert_int_not_equal(lh_live_header(live)->mode & LH_RECORD_PYTHON, 0);
}

static void what_threads_wait_for_is_seen_as_it_changes(void **state)
{
    struct lh_live_thread thread;

    (void)state;
    open_built();
    assert_int_equal(lh_live_refresh(live), LH_STATE_EXITED);
    assert_int_equal(lh_live_places(live), 2);
    assert_int_equal(lh_live_thread(live, 1).wait_kind, LH_WAIT_NONE);
    lh_builder_thread(builder, 2)->wait_kind = LH_WAIT_COND;
    lh_builder_thread(builder, 2)->wait_lock = 2;
    lh_builder_thread(builder, 2)->wait_other = 1;
    lh_builder_thread(builder, 2)->wait_flags = LH_ATTEMPT_TIMED;
    lh_builder_thread(builder, 2)->wait_number = 7;
    lh_builder_thread(builder, 2)->tid = 4243;
    write_again();
    thread = lh_live_thread(live, 1);
    assert_int_equal(thread.uid, 2);
    assert_int_equal(thread.tid, 4243);
    assert_int_equal(thread.wait_kind, LH_WAIT_COND);
    assert_int_equal(thread.wait_lock, 2);
    assert_int_equal(thread.wait_other, 1);
    assert_int_equal(thread.wait_flags, LH_ATTEMPT_TIMED);
    assert_int_equal(thread.wait_number, 7);
    assert_int_equal(lh_live_thread(live, 2).uid, 0);
}

static void threads_that_come_later_are_found(void **state)
{
    (void)state;
    open_built();
    lh_live_refresh(live);
    lh_build_extent(builder, 99, 3);
    lh_build_thread(builder, "late", LH_THREAD_LIVE);
    lh_builder_header(builder)->state = LH_STATE_RUNNING;
    write_again();
    assert_int_equal(lh_live_refresh(live), LH_STATE_RUNNING);
    assert_int_equal(lh_live_places(live), 3);
    assert_int_equal(lh_live_thread(live, 2).uid, 3);
    assert_int_equal(lh_live_thread(live, 2).state, LH_THREAD_LIVE);
}

static void locks_are_found_by_their_numbers(void **state)
{
    struct lh_trace_lock lock;

    (void)state;
    open_built();
    lh_live_refresh(live);
    assert_true(lh_live_lock(live, 1, &lock));
    assert_int_equal(lock.addr, lh_builder_lock(builder, 1)->addr);
    assert_false(lh_live_lock(live, LH_NO_LOCK, &lock));
    assert_false(lh_live_lock(live, 3, &lock));
    assert_false(lh_live_lock(live, UINT32_MAX, &lock));
}

static void a_file_that_is_cut_off_under_the_reader_is_no_harm(void **state)
{
    struct lh_trace_lock lock;
    struct stat info;

    (void)state;
    open_built();
    lh_live_refresh(live);
    assert_int_equal(stat(path, &info), 0);
    for (off_t size = info.st_size; size > 0; size -= 777) {
        assert_int_equal(truncate(path, size), 0);
        lh_live_refresh(live);
        for (size_t i = 0; i < 3; i++) {
            lh_live_thread(live, i);
            lh_live_lock(live, (uint32_t)i, &lock);
        }
    }
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(lh_live_refresh(live), -EIO);
    assert_int_equal(lh_live_thread(live, 0).uid, 0);
    assert_false(lh_live_lock(live, 1, &lock));
}

static void senseless_sizes_are_no_harm(void **state)
{
    static const uint32_t sizes[] = {0, 1, 7, 8, 64, LH_UNIT, UINT32_MAX};
    struct lh_trace_lock lock;

    (void)state;
    write_built();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        lh_builder_header(builder)->lock_slot_size = sizes[i];
        lh_builder_header(builder)->thread_slot_size = sizes[i];
        lh_builder_header(builder)->used = UINT64_MAX - i;
        write_again();
        lh_live_close(live);
        live = NULL;
        assert_int_equal(lh_live_open(path, &live), 0);
        assert_int_equal(lh_live_refresh(live), -EIO); /* `used` lies beyond the end */
        for (uint32_t k = 0; k < 4; k++) {
            lh_live_thread(live, k);
            lh_live_lock(live, k, &lock);
        }
    }
}

static void what_is_no_trace_is_refused(void **state)
{
    (void)state;
    write_built();
    lh_builder_header(builder)->magic[0] = 'X';
    write_again();
    assert_int_equal(lh_live_open(path, &live), -EBADMSG);
    assert_int_equal(lh_live_mark(path, &(struct lh_mark){.stalled_ns = 1}), -EBADMSG);
    assert_int_equal(lh_live_open("/no/such/trace", &live), -ENOENT);
    assert_int_equal(lh_live_open("/tmp", &live), -EISDIR);
}

static const struct lh_process *load(struct lh_model **ret)
{
    *ret = lh_model_new();
    assert_int_equal(lh_model_load(*ret, path, NULL), 0);
    return (*ret)->processes[0];
}

static void a_mark_is_read_back_and_changes_nothing_else(void **state)
{
    struct lh_mark stalled = {.stalled_ns = 123456789};
    struct lh_model *model;
    struct stat before, after;
    size_t size;
    unsigned char *data = lh_builder_data(builder, &size), *marked = malloc(size);
    int fd;

    (void)state;
    write_built();
    assert_int_equal(stat(path, &before), 0);
    assert_int_equal(lh_live_mark(path, &stalled), 0);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_true(load(&model)->stalled);
    assert_null(model->processes[0]->doubt);
    lh_model_free(model);
    fd = open(path, O_RDONLY);
    assert_int_equal(pread(fd, marked, size, 0), size);
    close(fd);
    lh_builder_header(builder)->stalled_ns = 123456789;
    assert_memory_equal(data, marked, size);
    free(marked);
}

static void a_mark_can_be_taken_back(void **state)
{
    struct lh_model *model;

    (void)state;
    write_built();
    assert_int_equal(lh_live_mark(path, &(struct lh_mark){.stalled_ns = 5}), 0);
    assert_int_equal(lh_live_mark(path, &(struct lh_mark){0}), 0);
    assert_false(load(&model)->stalled);
    lh_model_free(model);
}

static void doubts_are_told_in_words(void **state)
{
    struct lh_mark mark = {
        .doubts = LH_DOUBT_HANDLER | LH_DOUBT_SHARED | LH_DOUBT_UNRECORDED | LH_DOUBT_UNSEEN,
        .doubt_signals = UINT64_C(1) << 14 | UINT64_C(1) << 1 | UINT64_C(1) << 39,
    };
    const struct lh_process *process;
    struct lh_model *model;

    (void)state;
    write_built();
    assert_int_equal(lh_live_mark(path, &mark), 0);
    process = load(&model);
    assert_false(process->stalled);
    assert_non_null(strstr(process->doubt, "handler of SIGINT, SIGTERM and signal 40 may"));
    assert_non_null(strstr(process->doubt, "another process"));
    assert_non_null(strstr(process->doubt, "not recorded"));
    assert_non_null(strstr(process->doubt, "root"));
    lh_model_free(model);
}

static void doubts_of_a_later_version_are_told_too(void **state)
{
    struct lh_model *model;

    (void)state;
    write_built();
    assert_int_equal(lh_live_mark(path, &(struct lh_mark){.doubts = 1u << 31}), 0);
    assert_non_null(strstr(load(&model)->doubt, "does not know"));
    lh_model_free(model);
}

/* Nothing may be written where an older writer has something else. */
static void a_trace_of_an_older_version_is_not_marked(void **state)
{
    struct lh_model *model;

    (void)state;
    lh_builder_header(builder)->header_size = offsetof(struct lh_trace_header, stalled_ns);
    write_built();
    assert_int_equal(lh_live_mark(path, &(struct lh_mark){.stalled_ns = 5}), -EPROTONOSUPPORT);
    lh_builder_header(builder)->header_size = offsetof(struct lh_trace_header, doubts);
    lh_builder_header(builder)->stalled_ns = 5;
    lh_builder_header(builder)->doubts = LH_DOUBT_SHARED;
    write_again();
    assert_int_equal(lh_live_mark(path, &(struct lh_mark){0}), -EPROTONOSUPPORT);
    assert_true(load(&model)->stalled);
    lh_model_free(model);
}

static void a_short_file_is_not_made_longer(void **state)
{
    struct stat info;

    (void)state;
    write_built();
    assert_int_equal(truncate(path, offsetof(struct lh_trace_header, doubt_signals)), 0);
    assert_int_equal(lh_live_mark(path, &(struct lh_mark){.stalled_ns = 5}), -EBADMSG);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, offsetof(struct lh_trace_header, doubt_signals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_interpreter_found_later_is_seen, begin, end),
        cmocka_unit_test_setup_teardown(what_threads_wait_for_is_seen_as_it_changes, begin, end),
        cmocka_unit_test_setup_teardown(threads_that_come_later_are_found, begin, end),
        cmocka_unit_test_setup_teardown(locks_are_found_by_their_numbers, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_is_cut_off_under_the_reader_is_no_harm, begin,
                                        end),
        cmocka_unit_test_setup_teardown(senseless_sizes_are_no_harm, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_trace_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_mark_is_read_back_and_changes_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(a_mark_can_be_taken_back, begin, end),
        cmocka_unit_test_setup_teardown(doubts_are_told_in_words, begin, end),
        cmocka_unit_test_setup_teardown(doubts_of_a_later_version_are_told_too, begin, end),
        cmocka_unit_test_setup_teardown(a_trace_of_an_older_version_is_not_marked, begin, end),
        cmocka_unit_test_setup_teardown(a_short_file_is_not_made_longer, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
