/* The events of a full trace: merged by time, and drawn as bars that nest, whatever they say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "analyses.h"
#include "event_stream.h"
#include "model.h"
#include "timeline.h"
#include "trace_builder.h"

struct event {
    uint64_t time; /* ticks */
    uint8_t type;
    uint32_t lock;
};

static struct lh_builder *full_trace(void)
{
    struct lh_builder *builder = lh_builder_inversion();

    lh_builder_header(builder)->mode = LH_RECORD_FULL;
    return builder;
}

static void add_events(struct lh_builder *builder, uint32_t thread, uint32_t first_index,
                       const struct event *events, size_t n)
{
    size_t offset = lh_build_extent(builder, LH_EXTENT_EVENTS, 1), size;
    struct lh_trace_extent *extent = (void *)(lh_builder_data(builder, &size) + offset);
    struct lh_trace_event *to = (void *)(extent + 1);

    extent->owner = thread;
    extent->first_index = first_index;
    for (size_t i = 0; i < n; i++)
        to[i] =
            (struct lh_trace_event){(events[i].time + 1) << 8 | events[i].type, events[i].lock, 1};
}

#define ADD(builder, thread, first, ...)                                               \
    do {                                                                               \
        const struct event events_[] = {__VA_ARGS__};                                  \
        add_events(builder, thread, first, events_, sizeof events_ / sizeof *events_); \
    } while (0)

static char *written(struct lh_builder *builder)
{
    size_t size;
    unsigned char *data = lh_builder_data(builder, &size);
    char *path = lh_write_temporary(data, size);

    lh_builder_free(builder);
    return path;
}

static void discard(char *path)
{
    unlink(path);
    free(path);
}

static struct lh_event_stream *opened(const char *path)
{
    struct lh_event_stream *stream = NULL;
    const char *why = NULL;

    if (lh_event_stream_open(path, 1, &stream, &why) != 0)
        fail_msg("%s", why ? why : "?");
    return stream;
}

static void expect(struct lh_event_stream *stream, uint32_t thread, uint64_t ns)
{
    struct lh_stream_event event;

    assert_true(lh_event_stream_next(stream, &event));
    assert_int_equal(lh_event_stream_thread(stream, event.lane), thread);
    assert_int_equal(event.ns, ns);
}

static void events_of_all_threads_come_in_the_order_of_time(void **state)
{
    struct lh_builder *builder = full_trace();
    struct lh_stream_event event;

    (void)state;
    /* The second extent of thread 1 lies before its first. */
    ADD(builder, 1, 9, {50, LH_EVENT_RELEASE, 1}, {60, LH_EVENT_THREAD_END, 0});
    ADD(builder, 2, 0, {20, LH_EVENT_ACQUIRE, 2}, {55, LH_EVENT_RELEASE, 2});
    ADD(builder, 1, 0, {10, LH_EVENT_ACQUIRE, 1}, {40, LH_EVENT_FORK, 0});
    char *path = written(builder);
    struct lh_event_stream *stream = opened(path);
    assert_int_equal(lh_event_stream_lanes(stream), 2);
    for (int pass = 0; pass < 2; pass++) {
        expect(stream, 1, 10);
        expect(stream, 2, 20);
        expect(stream, 1, 40);
        expect(stream, 1, 50);
        expect(stream, 2, 55);
        expect(stream, 1, 60);
        assert_false(lh_event_stream_next(stream, &event));
        lh_event_stream_rewind(stream);
    }
    lh_event_stream_close(stream);
    discard(path);
}

static void time_never_runs_backwards_in_a_thread(void **state)
{
    struct lh_builder *builder = full_trace();

    (void)state;
    ADD(builder, 1, 0, {30, LH_EVENT_ACQUIRE, 1}, {10, LH_EVENT_RELEASE, 1},
        {40, LH_EVENT_THREAD_END, 0});
    char *path = written(builder);
    struct lh_event_stream *stream = opened(path);
    expect(stream, 1, 30);
    expect(stream, 1, 30);
    expect(stream, 1, 40);
    lh_event_stream_close(stream);
    discard(path);
}

/* ---- the drawing ---- */

static json_t *drawn(struct lh_builder *builder)
{
    char *path = written(builder), *text = NULL;
    const char *why = NULL;
    struct lh_model *model = lh_model_new();
    size_t size;
    FILE *out = open_memstream(&text, &size);
    json_error_t error;

    assert_int_equal(lh_model_load(model, path, &why), 0);
    assert_int_equal(lh_model_name_locks(model), 0);
    assert_int_equal(lh_report_timeline(model, out, &why), 0);
    fclose(out);
    json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        fail_msg("line %d: %s\n%s", error.line, error.text, text);
    free(text);
    lh_model_free(model);
    discard(path);
    return root;
}

/* "B first;E;": the bars and arrows of a thread. */
static char *bars_of(json_t *root, int thread)
{
    char *text = NULL;
    size_t size, i;
    FILE *out = open_memstream(&text, &size);
    json_t *event;

    json_array_foreach(json_object_get(root, "traceEvents"), i, event)
    {
        const char *phase = json_string_value(json_object_get(event, "ph"));
        if (json_integer_value(json_object_get(event, "tid")) != thread || *phase == 'M')
            continue;
        fputs(phase, out);
        if (*phase == 'B' || *phase == 'i')
            fprintf(out, " %s", json_string_value(json_object_get(event, "name")));
        putc(';', out);
    }
    fclose(out);
    return text;
}

static void assert_bars(json_t *root, int thread, const char *expected)
{
    char *bars = bars_of(root, thread);

    assert_string_equal(bars, expected);
    free(bars);
}

static void a_lock_is_a_bar_and_a_wait_is_one_before_it(void **state)
{
    struct lh_builder *builder = full_trace();

    (void)state;
    ADD(builder, 1, 0, {10, LH_EVENT_ACQUIRE, 1}, {30, LH_EVENT_RELEASE, 1});
    ADD(builder, 2, 0, {20, LH_EVENT_BLOCK, 1}, {35, LH_EVENT_ACQUIRE, 1},
        {45, LH_EVENT_RELEASE, 1});
    json_t *root = drawn(builder);
    assert_bars(root, 1, "B first;E;s;");
    assert_bars(root, 2, "B wait for first;E;B first;f;E;");
    json_decref(root);
}

static void bars_that_overlap_are_cut_so_that_they_nest(void **state)
{
    struct lh_builder *builder = full_trace();

    (void)state;
    ADD(builder, 1, 0, {10, LH_EVENT_ACQUIRE, 1}, {20, LH_EVENT_ACQUIRE, 2},
        {30, LH_EVENT_RELEASE, 1}, {40, LH_EVENT_RELEASE, 2});
    json_t *root = drawn(builder);
    assert_bars(root, 1, "B first;B second;E;E;B second;E;");
    json_decref(root);
}

static void a_lock_released_by_another_thread_ends_its_holders_bar(void **state)
{
    struct lh_builder *builder = full_trace();

    (void)state;
    ADD(builder, 1, 0, {10, LH_EVENT_ACQUIRE, 1}, {50, LH_EVENT_FORK, 0});
    ADD(builder, 2, 0, {20, LH_EVENT_RELEASE, 1});
    json_t *root = drawn(builder);
    assert_bars(root, 1, "B first;E;i fork;");
    assert_bars(root, 2, "");
    json_decref(root);
}

static void what_never_ended_ends_with_the_trace(void **state)
{
    struct lh_builder *builder = full_trace();

    (void)state;
    ADD(builder, 1, 0, {10, LH_EVENT_ACQUIRE, 1}, {20, LH_EVENT_BLOCK, 2});
    ADD(builder, 2, 0, {90, LH_EVENT_THREAD_END, 0});
    json_t *root = drawn(builder), *events = json_object_get(root, "traceEvents");
    size_t n = json_array_size(events);
    assert_bars(root, 1, "B first;B wait for second;E;E;");
    json_t *thread_end = json_array_get(events, n - 3), *last = json_array_get(events, n - 1);
    assert_string_equal(json_string_value(json_object_get(thread_end, "name")), "end");
    assert_true(json_equal(json_object_get(last, "ts"), json_object_get(thread_end, "ts")));
    json_decref(root);
}

static void numbers_out_of_range_and_unknown_events_are_harmless(void **state)
{
    struct lh_builder *builder = full_trace();

    (void)state;
    ADD(builder, 4000000000, 0, {10, LH_EVENT_ACQUIRE, 4000000000},
        {20, LH_EVENT_RELEASE, 4000000000}, {25, 200, 7}, {30, LH_EVENT_RELEASE, 1},
        {UINT64_C(0xfffffffffffffe), LH_EVENT_LOCK_END, 4000000000}, {31, LH_EVENT_COND_WAKE, 0});
    json_t *root = drawn(builder);
    json_decref(root);
}

static void an_earlier_lock_of_the_slot_does_not_get_the_name_of_the_last(void **state)
{
    struct lh_builder *builder = full_trace();

    (void)state;
    ADD(builder, 1, 0, {10, LH_EVENT_ACQUIRE, 1}, {20, LH_EVENT_RELEASE, 1},
        {30, LH_EVENT_LOCK_END, 1}, {40, LH_EVENT_ACQUIRE, 1}, {50, LH_EVENT_RELEASE, 1});
    json_t *root = drawn(builder);
    assert_bars(root, 1, "B lock 1;E;i end of lock 1;B first;E;");
    json_decref(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_all_threads_come_in_the_order_of_time),
        cmocka_unit_test(time_never_runs_backwards_in_a_thread),
        cmocka_unit_test(a_lock_is_a_bar_and_a_wait_is_one_before_it),
        cmocka_unit_test(bars_that_overlap_are_cut_so_that_they_nest),
        cmocka_unit_test(a_lock_released_by_another_thread_ends_its_holders_bar),
        cmocka_unit_test(what_never_ended_ends_with_the_trace),
        cmocka_unit_test(numbers_out_of_range_and_unknown_events_are_harmless),
        cmocka_unit_test(an_earlier_lock_of_the_slot_does_not_get_the_name_of_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
