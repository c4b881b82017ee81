#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "reader.h"
#include "trace_builder.h"

static struct lh_builder *builder;
static struct lh_reader *reader;

static int begin(void **state)
{
    (void)state;
    builder = lh_builder_inversion();
    reader = NULL;
    return 0;
}

static int end(void **state)
{
    (void)state;
    lh_reader_close(reader);
    lh_builder_free(builder);
    return 0;
}

static int open_built(const char **ret_why)
{
    size_t size;
    unsigned char *data = lh_builder_data(builder, &size);

    return lh_reader_open_memory(data, size, &reader, ret_why);
}

static void assert_refused(int error, const char *word)
{
    const char *why = NULL;

    assert_int_equal(open_built(&why), error);
    assert_non_null(why);
    assert_non_null(strstr(why, word));
}

/* Read everything there is; returns the number of extents. */
static size_t read_through(size_t *ret_records)
{
    struct lh_extent extent;
    struct lh_record record;
    uint64_t place = 0;
    size_t extents = 0;

    *ret_records = 0;
    while (lh_reader_next_extent(reader, &place, &extent)) {
        size_t position = 0;

        extents++;
        while (extent.type == LH_EXTENT_LOG &&
               lh_reader_next_record(reader, &extent, &position, &record))
            (*ret_records)++;
    }
    return extents;
}

static void a_whole_trace_has_no_damage(void **state)
{
    size_t records;

    (void)state;
    assert_int_equal(open_built(NULL), 0);
    assert_int_equal(read_through(&records), 4); /* a log, the locks, two threads */
    assert_int_equal(records, 1 + 4 + 2 + 3 * 2);
    assert_null(lh_reader_damage(reader));
}

static void an_empty_file_is_named_so(void **state)
{
    char *path = lh_write_temporary("", 0);
    const char *why;

    (void)state;
    assert_int_equal(lh_reader_open(path, &reader, &why), -ENODATA);
    assert_non_null(strstr(why, "empty"));
    unlink(path);
    free(path);
}

static void a_missing_file_and_a_directory_are_named_so(void **state)
{
    const char *why;

    (void)state;
    assert_int_equal(lh_reader_open("/no/such/trace", &reader, &why), -ENOENT);
    assert_string_equal(why, strerror(ENOENT));
    assert_int_equal(lh_reader_open("/tmp", &reader, &why), -EISDIR);
    assert_string_equal(why, strerror(EISDIR));
}

static void other_files_are_no_traces(void **state)
{
    (void)state;
    lh_builder_header(builder)->magic[0] = 'X';
    assert_refused(-EBADMSG, "not a Lockhound trace");
}

static void the_other_byte_order_is_named_so(void **state)
{
    (void)state;
    lh_builder_header(builder)->byte_order = __builtin_bswap32(LH_BYTE_ORDER);
    assert_refused(-EPROTONOSUPPORT, "byte order");
}

static void a_newer_version_says_which(void **state)
{
    (void)state;
    lh_builder_header(builder)->version = 7;
    assert_refused(-EPROTONOSUPPORT,
                   "written by a newer Lockhound (format 7, this one reads 3); use that version");
}

static void an_older_version_says_which(void **state)
{
    (void)state;
    lh_builder_header(builder)->version = 1;
    assert_refused(-EPROTONOSUPPORT, "written by an older Lockhound (format 1, this one reads 3); "
                                     "record it anew, or use that version");
}

static void a_header_that_is_cut_off_is_named_so(void **state)
{
    const char *why;
    size_t size;
    unsigned char *data = lh_builder_data(builder, &size);

    (void)state;
    /* The fields that came later may be missing. */
    for (size_t i = 1; i < offsetof(struct lh_trace_header, stalled_ns); i++) {
        assert_int_equal(lh_reader_open_memory(data, i, &reader, &why), -EBADMSG);
        assert_non_null(strstr(why, "cut off"));
    }
}

static void senseless_header_sizes_are_refused(void **state)
{
    static const uint32_t units[] = {0, 1, 3, 513, 16383, 16385, 1u << 31, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        lh_builder_header(builder)->unit = units[i];
        assert_refused(-EBADMSG, "damaged");
    }
    lh_builder_header(builder)->unit = LH_UNIT;
    lh_builder_header(builder)->header_size = 8;
    assert_refused(-EBADMSG, "damaged");
    lh_builder_header(builder)->header_size = LH_UNIT + 1;
    assert_refused(-EBADMSG, "damaged");
}

static void a_longer_header_of_a_newer_writer_is_read(void **state)
{
    size_t records;

    (void)state;
    lh_builder_header(builder)->header_size += 64;
    assert_int_equal(open_built(NULL), 0);
    assert_int_equal(read_through(&records), 4);
}

static void an_extent_without_magic_is_skipped(void **state)
{
    size_t records, size;
    unsigned char *data = lh_builder_data(builder, &size);

    (void)state;
    memset(data + LH_UNIT, 0, 4); /* the log comes first */
    assert_int_equal(open_built(NULL), 0);
    assert_int_equal(read_through(&records), 3);
    assert_int_equal(records, 0);
    assert_null(lh_reader_damage(reader));
}

static void an_extent_of_senseless_size_is_skipped_and_noted(void **state)
{
    static const uint32_t sizes[] = {0, 63, 64, LH_UNIT - 1, LH_UNIT + 8, UINT32_MAX};
    struct lh_trace_extent *extent;
    size_t records, size;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        extent = (void *)(lh_builder_data(builder, &size) + LH_UNIT);
        extent->size = sizes[i];
        assert_int_equal(open_built(NULL), 0);
        assert_int_equal(read_through(&records), 3);
        assert_non_null(strstr(lh_reader_damage(reader), "extent"));
        lh_reader_close(reader);
        reader = NULL;
    }
}

static void an_extent_beyond_the_end_is_read_as_far_as_it_goes(void **state)
{
    struct lh_trace_extent *extent;
    size_t records, size;

    (void)state;
    extent = (void *)(lh_builder_data(builder, &size) + LH_UNIT);
    extent->size = 0xffffc000u;
    assert_int_equal(open_built(NULL), 0);
    assert_int_equal(read_through(&records), 1);
    assert_int_equal(records, 13);
    assert_non_null(strstr(lh_reader_damage(reader), "cut off"));
}

static void a_record_of_impossible_size_ends_its_log(void **state)
{
    static const uint32_t sizes[] = {0, 4, 7, 12, LH_UNIT, UINT32_MAX, UINT32_MAX - 7};
    struct lh_trace_record *record;
    size_t records, size, offset = lh_build_record(builder, LH_RECORD_CHILD, "12345678", 8);

    (void)state;
    lh_build_record(builder, LH_RECORD_CHILD, "12345678", 8);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        record = (void *)(lh_builder_data(builder, &size) + offset);
        record->size = sizes[i];
        assert_int_equal(open_built(NULL), 0);
        read_through(&records);
        assert_int_equal(records, 13);
        assert_non_null(strstr(lh_reader_damage(reader), "record"));
        lh_reader_close(reader);
        reader = NULL;
    }
}

static void a_file_that_lost_its_end_is_noted(void **state)
{
    size_t records, size;
    unsigned char *data = lh_builder_data(builder, &size);

    (void)state;
    assert_int_equal(lh_reader_open_memory(data, size - LH_UNIT, &reader, NULL), 0);
    assert_int_equal(read_through(&records), 3);
    assert_non_null(strstr(lh_reader_damage(reader), "cut off"));
}

static void room_beyond_what_is_used_is_not_read(void **state)
{
    size_t records;

    (void)state;
    lh_builder_header(builder)->used = 2 * LH_UNIT;
    assert_int_equal(open_built(NULL), 0);
    assert_int_equal(read_through(&records), 1);
    assert_null(lh_reader_damage(reader));
}

static void bigger_lock_slots_are_read_by_their_known_part(void **state)
{
    size_t wide = sizeof(struct lh_trace_lock) + 32, offset, size;
    struct lh_extent extent = {0};
    struct lh_trace_lock lock = {.uid = 77, .wait_max = 5};
    uint64_t place = 0;

    (void)state;
    lh_builder_free(builder);
    builder = lh_builder_new();
    lh_builder_header(builder)->lock_slot_size = (uint32_t)wide;
    offset = lh_build_extent(builder, LH_EXTENT_LOCKS, 1) + sizeof(struct lh_trace_extent);
    memcpy(lh_builder_data(builder, &size) + offset + 2 * wide, &lock, sizeof(lock));
    memset(lh_builder_data(builder, &size) + offset + 2 * wide + sizeof(lock), 0xff, 32);
    assert_int_equal(open_built(NULL), 0);
    assert_true(lh_reader_next_extent(reader, &place, &extent));
    assert_int_equal(lh_reader_lock_slots(reader, &extent), (LH_UNIT - 64) / wide);
    lh_reader_lock_slot(reader, &extent, 2, &lock);
    assert_int_equal(lock.uid, 77);
    assert_int_equal(lock.wait_max, 5);
    lh_reader_lock_slot(reader, &extent, 3, &lock);
    assert_int_equal(lock.uid, 0);
}

static void smaller_slots_are_extended_with_zeros(void **state)
{
    struct lh_extent extent = {0};
    struct lh_trace_lock lock;
    struct lh_trace_thread thread;
    uint64_t place = 0;

    (void)state;
    lh_builder_lock(builder, 1)->hold_max = 99;
    lh_builder_header(builder)->lock_slot_size = 16;
    lh_builder_header(builder)->thread_slot_size = offsetof(struct lh_trace_thread, wait_kind);
    lh_builder_thread(builder, 1)->wait_kind = LH_WAIT_LOCK;
    assert_int_equal(open_built(NULL), 0);
    while (lh_reader_next_extent(reader, &place, &extent) && extent.type != LH_EXTENT_LOCKS)
        ;
    lh_reader_lock_slot(reader, &extent, 8, &lock); /* 8 * 16: what was slot 1 */
    assert_int_equal(lock.uid, 1);
    assert_int_equal(lock.addr, 0x404000);
    assert_int_equal(lock.hold_max, 0);
    assert_true(lh_reader_next_extent(reader, &place, &extent));
    assert_true(lh_reader_thread_slot(reader, &extent, &thread));
    assert_string_equal(thread.name, "boy");
    assert_int_equal(thread.wait_kind, LH_WAIT_NONE);
}

static void events_end_at_the_first_unwritten_one(void **state)
{
    struct lh_extent extent = {0};
    const struct lh_trace_event *events;
    struct lh_trace_event *to;
    uint64_t place = 0;
    size_t offset, size, count;

    (void)state;
    lh_builder_free(builder);
    builder = lh_builder_new();
    offset = lh_build_extent(builder, LH_EXTENT_EVENTS, 1) + sizeof(struct lh_trace_extent);
    to = (void *)(lh_builder_data(builder, &size) + offset);
    to[0].time_type = 256 | LH_EVENT_ACQUIRE;
    to[1].time_type = 512 | LH_EVENT_RELEASE;
    assert_int_equal(open_built(NULL), 0);
    assert_true(lh_reader_next_extent(reader, &place, &extent));
    events = lh_reader_events(&extent, &count);
    assert_int_equal(count, 2);
    assert_int_equal(events[1].time_type, 512 | LH_EVENT_RELEASE);
}

static void ranges_outside_of_the_trace_are_refused(void **state)
{
    uint64_t size;

    (void)state;
    assert_int_equal(open_built(NULL), 0);
    size = lh_reader_size(reader);
    assert_non_null(lh_reader_range(reader, 0, size, 1));
    assert_non_null(lh_reader_range(reader, size, 0, 32));
    assert_null(lh_reader_range(reader, 0, size + 1, 1));
    assert_null(lh_reader_range(reader, size, 1, 1));
    assert_null(lh_reader_range(reader, UINT64_MAX, 1, 1));
    assert_null(lh_reader_range(reader, UINT64_MAX - 31, 1, 32));
    assert_null(lh_reader_range(reader, 64, UINT64_MAX / 32 + 2, 32));
}

static void a_pipe_can_be_read(void **state)
{
    size_t records, size;
    unsigned char *data = lh_builder_data(builder, &size);
    char name[64];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    if (fork() == 0) {
        while (size > 0) {
            ssize_t n = write(ends[1], data, size);

            if (n <= 0)
                _exit(1);
            data += n;
            size -= (size_t)n;
        }
        _exit(0);
    }
    close(ends[1]);
    snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
    assert_int_equal(lh_reader_open(name, &reader, NULL), 0);
    close(ends[0]);
    assert_int_equal(read_through(&records), 4);
    assert_null(lh_reader_damage(reader));
}

static void a_file_that_shrinks_afterwards_does_no_harm(void **state)
{
    size_t records, size;
    unsigned char *data = lh_builder_data(builder, &size);
    char *path = lh_write_temporary(data, size);

    (void)state;
    assert_int_equal(lh_reader_open(path, &reader, NULL), 0);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(read_through(&records), 4);
    unlink(path);
    free(path);
}

/* The holes take no room on the disk. */
static char *write_big(size_t size)
{
    lh_builder_header(builder)->used = size;
    size_t built;
    unsigned char *data = lh_builder_data(builder, &built);
    char *path = lh_write_temporary(data, built);

    assert_int_equal(truncate(path, (off_t)size), 0);
    return path;
}

static void a_big_file_that_shrinks_while_it_is_read_does_no_harm(void **state)
{
    size_t size = LH_READER_COPY_MAX + (64u << 20), records;
    char *path = write_big(size);

    (void)state;
    assert_int_equal(lh_reader_open(path, &reader, NULL), 0);
    assert_int_equal(lh_reader_size(reader), size);
    assert_int_equal(truncate(path, 2 * LH_UNIT), 0);
    assert_int_equal(read_through(&records), 1);
    assert_non_null(strstr(lh_reader_damage(reader), "cut off while it was read"));
    const char *end = lh_reader_range(reader, size - 1, 1, 1);
    assert_int_equal(*end, 0);
    unlink(path);
    free(path);
}

static void a_big_file_that_stays_has_no_damage(void **state)
{
    char *path = write_big(LH_READER_COPY_MAX + (64u << 20));
    size_t records;

    (void)state;
    assert_int_equal(lh_reader_open(path, &reader, NULL), 0);
    assert_int_equal(read_through(&records), 4);
    assert_null(lh_reader_damage(reader));
    unlink(path);
    free(path);
}

static void two_big_files_shrink(void **state)
{
    char *path = write_big(LH_READER_COPY_MAX + (64u << 20));
    struct lh_reader *other;
    size_t records;

    (void)state;
    assert_int_equal(lh_reader_open(path, &reader, NULL), 0);
    assert_int_equal(lh_reader_open(path, &other, NULL), 0);
    assert_int_equal(truncate(path, LH_UNIT), 0);
    assert_int_equal(read_through(&records), 0);
    lh_reader_close(reader);
    reader = other;
    assert_int_equal(read_through(&records), 0);
    assert_non_null(lh_reader_damage(reader));
    unlink(path);
    free(path);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_whole_trace_has_no_damage),
        TEST(an_empty_file_is_named_so),
        TEST(a_missing_file_and_a_directory_are_named_so),
        TEST(other_files_are_no_traces),
        TEST(the_other_byte_order_is_named_so),
        TEST(a_newer_version_says_which),
        TEST(an_older_version_says_which),
        TEST(a_header_that_is_cut_off_is_named_so),
        TEST(senseless_header_sizes_are_refused),
        TEST(a_longer_header_of_a_newer_writer_is_read),
        TEST(an_extent_without_magic_is_skipped),
        TEST(an_extent_of_senseless_size_is_skipped_and_noted),
        TEST(an_extent_beyond_the_end_is_read_as_far_as_it_goes),
        TEST(a_record_of_impossible_size_ends_its_log),
        TEST(a_file_that_lost_its_end_is_noted),
        TEST(room_beyond_what_is_used_is_not_read),
        TEST(bigger_lock_slots_are_read_by_their_known_part),
        TEST(smaller_slots_are_extended_with_zeros),
        TEST(events_end_at_the_first_unwritten_one),
        TEST(ranges_outside_of_the_trace_are_refused),
        TEST(a_pipe_can_be_read),
        TEST(a_file_that_shrinks_afterwards_does_no_harm),
        TEST(a_big_file_that_shrinks_while_it_is_read_does_no_harm),
        TEST(a_big_file_that_stays_has_no_damage),
        TEST(two_big_files_shrink),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
