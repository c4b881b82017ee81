/* The table of counters: what is summed, in which order, in which units. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>

#include "report_fixture.h"
#include "words.h"

static char *table_of(const struct fixture *fixture, const struct lh_locks_options *options)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(lh_report_locks(fixture->model, options, out), 0);
    fclose(out);
    return text;
}

static json_t *rows_of(const struct fixture *fixture, struct lh_locks_options options)
{
    options.json = true;
    char *text = table_of(fixture, &options);
    json_t *rows = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

    assert_true(json_is_array(rows));
    free(text);
    return rows;
}

static const char *name_at(json_t *rows, size_t place)
{
    json_t *row = json_array_get(rows, place);
    const char *class = json_string_value(json_object_get(row, "class"));

    return class != NULL ? class : json_string_value(json_object_get(row, "lock"));
}

static json_int_t number_at(json_t *rows, size_t place, const char *key)
{
    json_t *value = json_object_get(json_array_get(rows, place), key);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static struct lh_lock *used(struct fixture *fixture, uint32_t index, uint64_t acquisitions)
{
    fixture->process->locks[index].acquisitions = acquisitions;
    return &fixture->process->locks[index];
}

static void locks_of_a_class_are_summed(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t class = fixture_class(fixture, "accounts[].lock", LH_LOCK_RWLOCK);

    (void)state;
    struct lh_lock *one = used(fixture, fixture_lock(fixture, class, "accounts[0].lock"), 10);
    struct lh_lock *ended = used(fixture, fixture_lock(fixture, class, "accounts[1].lock"), 20);
    one->acquisitions_shared = 5;
    one->contended = 3;
    one->wait_total_ns = 100;
    one->wait_max_ns = 60;
    ended->flags = LH_LOCK_AGGREGATE;
    ended->instances = 1000;
    ended->contended = 4;
    ended->wait_total_ns = 50;
    ended->wait_max_ns = 50;
    json_t *rows = rows_of(fixture, (struct lh_locks_options){0});
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(name_at(rows, 0), "accounts[].lock");
    assert_int_equal(number_at(rows, 0, "locks"), 1001);
    assert_int_equal(number_at(rows, 0, "acquisitions"), 35);
    assert_int_equal(number_at(rows, 0, "shared"), 5);
    assert_int_equal(number_at(rows, 0, "contended"), 7);
    assert_int_equal(number_at(rows, 0, "wait_total_ns"), 150);
    assert_int_equal(number_at(rows, 0, "wait_max_ns"), 60);
    json_decref(rows);
    fixture_free(fixture);
}

static void hold_times_are_scaled_up_from_samples_and_marked(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    struct lh_lock *sampled = used(fixture, fixture_mutex(fixture, "sampled"), 1000);
    sampled->hold_total_ns = 5000;
    sampled->hold_samples = 10;
    sampled->hold_max_ns = 900;
    sampled->contended = 1;
    struct lh_lock *full = used(fixture, fixture_mutex(fixture, "full"), 4);
    full->hold_total_ns = 8000;
    full->hold_samples = 4;
    json_t *rows = rows_of(fixture, (struct lh_locks_options){.sort = "class", .reverse = true});
    assert_int_equal(number_at(rows, 0, "hold_total_ns"), 500000);
    assert_int_equal(number_at(rows, 0, "hold_measured_ns"), 5000);
    assert_true(json_is_true(json_object_get(json_array_get(rows, 0), "hold_estimated")));
    assert_int_equal(number_at(rows, 1, "hold_total_ns"), 8000);
    assert_true(json_is_false(json_object_get(json_array_get(rows, 1), "hold_estimated")));
    char *text = table_of(fixture, &(struct lh_locks_options){0});
    assert_non_null(strstr(text, "~500 us"));
    assert_null(strstr(text, "~8.00 us"));
    assert_non_null(strstr(text, "hold times are sampled"));
    free(text);
    json_decref(rows);
    fixture_free(fixture);
}

static void waits_and_holds_of_a_class_have_one_distribution(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t class = fixture_class(fixture, "pool", LH_LOCK_MUTEX);
    struct lh_times fast = {{0}}, slow = {{0}};
    json_int_t from, to, count;

    (void)state;
    lh_times_add(&fast, 20, 99);
    lh_times_add(&slow, 60, 1);
    used(fixture, fixture_lock(fixture, class, "pool"), 100)->wait_times = &fast;
    struct lh_lock *lock = used(fixture, fixture_lock(fixture, class, "pool"), 1);
    lock->wait_times = &slow;
    lock->wait_max_ns = 1100000000;
    lock->contended = 1;
    used(fixture, fixture_mutex(fixture, "quiet"), 1);
    json_t *rows = rows_of(fixture, (struct lh_locks_options){.sort = "wait-p99"});
    assert_string_equal(name_at(rows, 0), "pool");
    assert_int_equal(number_at(rows, 0, "wait_p50_ns"), 1448);
    assert_int_equal(number_at(rows, 0, "wait_p99_ns"), 1448);
    json_t *waits = json_object_get(json_array_get(rows, 0), "wait_histogram");
    assert_int_equal(json_array_size(waits), 2);
    assert_int_equal(json_unpack(json_array_get(waits, 0), "[I, I, I]", &from, &to, &count), 0);
    assert_true(from == 1024 && to == 1448 && count == 99);
    assert_true(json_is_null(json_object_get(json_array_get(rows, 1), "wait_p99_ns")));
    assert_int_equal(json_array_size(json_object_get(json_array_get(rows, 0), "hold_histogram")),
                     0);
    char *text = table_of(fixture, &(struct lh_locks_options){0});
    assert_non_null(strstr(text, "WAIT-P99"));
    assert_non_null(strstr(text, "1.45 us"));
    free(text);
    json_decref(rows);
    fixture_free(fixture);
}

static void locks_without_a_sample_are_scaled_by_their_class(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t class = fixture_class(fixture, "pool", LH_LOCK_MUTEX);

    (void)state;
    struct lh_lock *sampled = used(fixture, fixture_lock(fixture, class, "pool"), 10);
    sampled->hold_total_ns = 100;
    sampled->hold_samples = 10;
    used(fixture, fixture_lock(fixture, class, "pool"), 30);
    json_t *rows = rows_of(fixture, (struct lh_locks_options){0});
    assert_int_equal(number_at(rows, 0, "hold_total_ns"), 400);
    json_decref(rows);
    fixture_free(fixture);
}

static struct fixture *three_locks(void)
{
    struct fixture *fixture = fixture_new(16);
    struct lh_lock *slow = used(fixture, fixture_mutex(fixture, "slow"), 10);
    struct lh_lock *busy = used(fixture, fixture_mutex(fixture, "busy"), 1000);
    struct lh_lock *calm = used(fixture, fixture_mutex(fixture, "calm"), 5);

    slow->contended = 5;
    slow->wait_total_ns = 900;
    slow->hold_max_ns = 2;
    busy->contended = 10;
    busy->wait_total_ns = 100;
    busy->hold_max_ns = 1;
    calm->hold_max_ns = 3;
    return fixture;
}

static void assert_order(const struct fixture *fixture, const char *sort, bool reverse,
                         const char *const expected[3])
{
    json_t *rows = rows_of(fixture, (struct lh_locks_options){.sort = sort, .reverse = reverse});

    for (size_t i = 0; i < 3; i++)
        assert_string_equal(name_at(rows, i), expected[i]);
    json_decref(rows);
}

static void every_column_sorts(void **state)
{
    struct fixture *fixture = three_locks();
    char *columns = strdup(lh_locks_columns()), *rest = columns;

    (void)state;
    assert_order(fixture, NULL, false, (const char *const[]){"slow", "busy", "calm"});
    assert_order(fixture, "wait", true, (const char *const[]){"calm", "busy", "slow"});
    assert_order(fixture, "acquisitions", false, (const char *const[]){"busy", "slow", "calm"});
    assert_order(fixture, "contended", false, (const char *const[]){"busy", "slow", "calm"});
    assert_order(fixture, "share", false, (const char *const[]){"slow", "busy", "calm"});
    assert_order(fixture, "hold-max", false, (const char *const[]){"calm", "slow", "busy"});
    assert_order(fixture, "class", false, (const char *const[]){"busy", "calm", "slow"});
    for (char *column; (column = strsep(&rest, " ")) != NULL;) {
        json_t *rows = rows_of(fixture, (struct lh_locks_options){.sort = column});
        assert_int_equal(json_array_size(rows), 3);
        json_decref(rows);
    }
    free(columns);
    fixture_free(fixture);
}

static void conditions_come_after_locks_unless_a_column_is_named(void **state)
{
    struct fixture *fixture = three_locks();
    uint32_t class = fixture_class(fixture, "wakeup", LH_LOCK_COND);

    (void)state;
    struct lh_lock *condition = used(fixture, fixture_lock(fixture, class, "wakeup"), 0);
    condition->contended = 66;
    condition->wait_total_ns = 1000000;
    json_t *rows = rows_of(fixture, (struct lh_locks_options){0});
    assert_string_equal(name_at(rows, 0), "slow");
    assert_string_equal(name_at(rows, 3), "wakeup");
    json_decref(rows);
    rows = rows_of(fixture, (struct lh_locks_options){.sort = "wait"});
    assert_string_equal(name_at(rows, 0), "wakeup");
    json_decref(rows);
    fixture_free(fixture);
}

static void an_unknown_column_is_refused(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const struct lh_locks_options options = {.sort = "colour"};

    (void)state;
    assert_int_equal(lh_report_locks(fixture->model, &options, stdout), -EINVAL);
    fixture_free(fixture);
}

static void unused_locks_are_left_out_of_classes_but_not_of_instances(void **state)
{
    struct fixture *fixture = three_locks();

    (void)state;
    fixture_mutex(fixture, "unused");
    json_t *classes = rows_of(fixture, (struct lh_locks_options){0});
    json_t *instances = rows_of(fixture, (struct lh_locks_options){.instances = true});
    assert_int_equal(json_array_size(classes), 3);
    assert_int_equal(json_array_size(instances), 4);
    json_decref(classes);
    json_decref(instances);
    fixture_free(fixture);
}

static void a_limit_says_how_many_rows_it_left_out(void **state)
{
    struct fixture *fixture = three_locks();

    (void)state;
    char *text = table_of(fixture, &(struct lh_locks_options){.limit = 1});
    assert_non_null(strstr(text, "slow"));
    assert_null(strstr(text, "busy"));
    assert_non_null(strstr(text, "... and 2 more rows\n"));
    free(text);
    fixture_free(fixture);
}

static void columns_are_aligned_even_under_a_long_name(void **state)
{
    struct fixture *fixture = three_locks();
    size_t column = 0;

    (void)state;
    used(fixture, fixture_mutex(fixture, "a_name_that_is_much_longer_than_any_column_wants_to_be"),
         7);
    fixture->process->locks[1].birth_stack = fixture->process->classes[1].birth_stack =
        fixture_site(fixture, "make", 20);
    char *text = table_of(fixture, &(struct lh_locks_options){0}), *rest = text;
    char *title = strsep(&rest, "\n");
    assert_non_null(strstr(title, "KIND"));
    column = (size_t)(strstr(title, "KIND") - title);
    size_t rows = 0;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        if (strncmp(line, "a_name", 6) == 0)
            continue;
        assert_memory_equal(line + column, "mutex", 5);
        rows++;
    }
    assert_int_equal(rows, 4);
    free(text);
    fixture_free(fixture);
}

static void hostile_numbers_do_not_overflow(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t class = fixture_class(fixture, "evil", 255);

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct lh_lock *lock = used(fixture, fixture_lock(fixture, class, NULL), UINT64_MAX);
        lock->acquisitions_shared = lock->contended = UINT64_MAX;
        lock->wait_total_ns = lock->wait_max_ns = UINT64_MAX;
        lock->hold_total_ns = lock->hold_max_ns = UINT64_MAX;
        lock->hold_samples = 1;
        lock->birth_stack = UINT32_MAX;
    }
    json_t *rows = rows_of(fixture, (struct lh_locks_options){0});
    assert_int_equal(number_at(rows, 0, "acquisitions"), INT64_MAX);
    assert_int_equal(number_at(rows, 0, "hold_total_ns"), INT64_MAX);
    char *text = table_of(fixture, &(struct lh_locks_options){.instances = true});
    assert_non_null(strstr(text, "(unnamed)"));
    free(text);
    json_decref(rows);
    fixture_free(fixture);
}

/* Two runs of one program and one of another; each takes a lock of the same name. */
static struct fixture *suite(void)
{
    struct fixture *fixture = fixture_new(16);

    used(fixture, fixture_mutex(fixture, "shared"), 10)->wait_max_ns = 60;
    fixture_process(fixture, 200, "/elsewhere/bank");
    fixture_mutex(fixture, "unused");
    used(fixture, fixture_mutex(fixture, "shared"), 20)->wait_max_ns = 50;
    fixture_process(fixture, 300, "./teller");
    used(fixture, fixture_mutex(fixture, "shared"), 5);
    return fixture;
}

static void runs_of_a_program_are_summed(void **state)
{
    struct fixture *fixture = suite();

    (void)state;
    json_t *rows = rows_of(fixture, (struct lh_locks_options){.sort = "acquisitions"});
    assert_int_equal(json_array_size(rows), 2);
    assert_int_equal(number_at(rows, 0, "acquisitions"), 30);
    assert_int_equal(number_at(rows, 0, "wait_max_ns"), 60);
    assert_int_equal(number_at(rows, 0, "processes"), 2);
    assert_true(json_is_null(json_object_get(json_array_get(rows, 0), "pid")));
    assert_int_equal(number_at(rows, 1, "acquisitions"), 5);
    assert_int_equal(number_at(rows, 1, "pid"), 300);
    json_decref(rows);
    char *text = table_of(fixture, &(struct lh_locks_options){0});
    assert_non_null(strstr(text, "PROGRAM  CLASS "));
    assert_non_null(strstr(text, "\nbank     shared "));
    assert_non_null(strstr(text, "\nteller   shared "));
    free(text);
    fixture_free(fixture);
}

static void runs_of_a_program_are_apart_when_asked_for(void **state)
{
    struct fixture *fixture = suite();
    const struct lh_locks_options options = {.sort = "acquisitions", .per_process = true};

    (void)state;
    json_t *rows = rows_of(fixture, options);
    assert_int_equal(json_array_size(rows), 3);
    assert_int_equal(number_at(rows, 0, "acquisitions"), 20);
    assert_int_equal(number_at(rows, 0, "pid"), 200);
    assert_int_equal(number_at(rows, 2, "pid"), 300);
    json_decref(rows);
    char *text = table_of(fixture, &options);
    assert_non_null(strstr(text, "    PID  CLASS "));
    assert_non_null(strstr(text, "\n    200  shared "));
    free(text);
    fixture_free(fixture);
}

static void nothing_used_is_said_in_a_line(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    char *text = table_of(fixture, &(struct lh_locks_options){0});
    assert_string_equal(text, "lockhound: no lock was used\n");
    free(text);
    fixture_free(fixture);
}

static void losses_are_told(void **state)
{
    struct fixture *fixture = three_locks();

    (void)state;
    fixture->process->counters[LH_DROP_NO_MEMORY] = 9;
    char *text = table_of(fixture, &(struct lh_locks_options){0});
    assert_non_null(strstr(text, "9 records dropped: there was no memory"));
    free(text);
    fixture_free(fixture);
}

static void times_have_three_digits_and_a_unit(void **state)
{
    char text[LH_TIME_TEXT];

    (void)state;
    assert_string_equal(lh_time_text(0, text), "0 ns");
    assert_string_equal(lh_time_text(999, text), "999 ns");
    assert_string_equal(lh_time_text(1000, text), "1.00 us");
    assert_string_equal(lh_time_text(9996, text), "10.0 us");
    assert_string_equal(lh_time_text(99960, text), "100 us");
    assert_string_equal(lh_time_text(999400, text), "999 us");
    assert_string_equal(lh_time_text(999600, text), "1.00 ms");
    assert_string_equal(lh_time_text(1234567890, text), "1.23 s");
    assert_string_equal(lh_time_text(7200000000000, text), "7200 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locks_of_a_class_are_summed),
        cmocka_unit_test(hold_times_are_scaled_up_from_samples_and_marked),
        cmocka_unit_test(waits_and_holds_of_a_class_have_one_distribution),
        cmocka_unit_test(locks_without_a_sample_are_scaled_by_their_class),
        cmocka_unit_test(every_column_sorts),
        cmocka_unit_test(conditions_come_after_locks_unless_a_column_is_named),
        cmocka_unit_test(an_unknown_column_is_refused),
        cmocka_unit_test(unused_locks_are_left_out_of_classes_but_not_of_instances),
        cmocka_unit_test(a_limit_says_how_many_rows_it_left_out),
        cmocka_unit_test(columns_are_aligned_even_under_a_long_name),
        cmocka_unit_test(hostile_numbers_do_not_overflow),
        cmocka_unit_test(runs_of_a_program_are_summed),
        cmocka_unit_test(runs_of_a_program_are_apart_when_asked_for),
        cmocka_unit_test(nothing_used_is_said_in_a_line),
        cmocka_unit_test(losses_are_told),
        cmocka_unit_test(times_have_three_digits_and_a_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
