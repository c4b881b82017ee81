#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "options.h"

static struct lh_options options;

static int set_defaults(void **state)
{
    (void)state;
    lh_options_default(&options);
    return 0;
}

static void defaults_are_those_of_the_table(void **state)
{
    (void)state;
    assert_string_equal(options.output, "lockhound.%e.%p.trace");
    assert_false(options.full);
    assert_int_equal(options.stack_depth, 64);
    assert_int_equal(options.max_size, 0);
    assert_false(options.quiet);
    assert_false(options.help);
}

static void every_default_is_valid_and_every_option_has_help(void **state)
{
    (void)state;
    for (const struct lh_option_info *option = lh_option_table; option->name; option++) {
        char text[256];

        strcpy(text, option->name);
        strcat(text, "=");
        strcat(text, option->value);
        assert_null(lh_options_parse(&options, text));
        assert_true(strlen(option->help) > 0);
    }
}

static void entries_are_applied(void **state)
{
    (void)state;
    assert_null(lh_options_parse(&options, "output=/tmp/x.%p:full=1:stack_depth=7:quiet=yes"));
    assert_string_equal(options.output, "/tmp/x.%p");
    assert_true(options.full);
    assert_int_equal(options.stack_depth, 7);
    assert_true(options.quiet);
}

static void the_later_entry_counts(void **state)
{
    (void)state;
    assert_null(lh_options_parse(&options, "full=1:stack_depth=3:full=0:stack_depth=4"));
    assert_false(options.full);
    assert_int_equal(options.stack_depth, 4);
}

static void a_bool_alone_means_yes(void **state)
{
    (void)state;
    assert_null(lh_options_parse(&options, "help"));
    assert_true(options.help);
}

static void empty_entries_and_no_text_are_fine(void **state)
{
    (void)state;
    assert_null(lh_options_parse(&options, NULL));
    assert_null(lh_options_parse(&options, ""));
    assert_null(lh_options_parse(&options, "::full=1::"));
    assert_true(options.full);
}

static void an_unknown_key_is_named_and_the_rest_applied(void **state)
{
    const char *why;

    (void)state;
    why = lh_options_parse(&options, "fulll=1:full=1");
    assert_non_null(why);
    assert_non_null(strstr(why, "fulll"));
    assert_non_null(strstr(why, "help=1"));
    assert_true(options.full);
}

static void bad_values_leave_the_old_ones(void **state)
{
    static const char *const bad[] = {
        "stack_depth=",   "stack_depth",    "stack_depth=257", "stack_depth=99999999999999999999",
        "stack_depth=-1", "stack_depth=6x", "full=2",          "full=",
        "full=yesyes",    "output=",        "output",          "=1",
        "max_size=1 000",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_non_null(lh_options_parse(&options, bad[i]));
    defaults_are_those_of_the_table(state);
}

static void a_choice_takes_its_words_only(void **state)
{
    static const char *const bad[] = {"on_deadlock=exi",        "on_deadlock=exit|",
                                      "on_deadlock=",           "on_deadlock",
                                      "on_deadlock=reportexit", "on_deadlock=report|exit"};
    const char *why;

    (void)state;
    assert_null(lh_options_parse(&options, "on_deadlock=exit"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        why = lh_options_parse(&options, bad[i]);
        assert_non_null(why);
        assert_non_null(
            strstr(why, "on_deadlock: the value must be one of report|exit|kill|abort"));
        assert_string_equal(options.on_deadlock, "exit");
    }
    assert_null(lh_options_parse(&options, "on_deadlock=abort"));
    assert_string_equal(options.on_deadlock, "abort");
}

static void a_value_that_is_too_long_is_refused(void **state)
{
    char text[5000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    memcpy(text, "output=", 7);
    assert_non_null(lh_options_parse(&options, text));
    assert_string_equal(options.output, "lockhound.%e.%p.trace");
    text[7 + 4096] = '\0';
    assert_non_null(lh_options_parse(&options, text));
    text[7 + 4095] = '\0';
    assert_null(lh_options_parse(&options, text));
    assert_int_equal(strlen(options.output), 4095);
}

static void a_problem_of_any_length_fits(void **state)
{
    char text[3000];

    (void)state;
    memset(text, '\x01', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_non_null(lh_options_parse(&options, text));
    assert_true(strlen(options.problem) < sizeof(options.problem));
    assert_null(strchr(options.problem, '\x01'));
}

static void a_colon_is_escaped(void **state)
{
    (void)state;
    assert_null(lh_options_parse(&options, "output=/a\\:b\\\\\\:c\\d:full=1"));
    assert_string_equal(options.output, "/a:b\\:c\\d");
    assert_true(options.full);
}

static void what_is_written_is_read_back(void **state)
{
    static const char *const paths[] = {"/a:b", "\\", "x\\", "a\\:b\\\\", ":", "=:=", "%p\\:%e"};
    struct lh_options back;
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        strcpy(options.output, paths[i]);
        options.full = true;
        options.max_size = 1000;
        assert_true(lh_options_format(&options, text, sizeof(text)) > 0);
        lh_options_default(&back);
        assert_null(lh_options_parse(&back, text));
        assert_string_equal(back.output, paths[i]);
        assert_true(back.full);
        assert_int_equal(back.max_size, 1000);
        assert_int_equal(back.stack_depth, 64);
    }
}

static void defaults_are_written_as_nothing(void **state)
{
    char text[8] = "x";

    (void)state;
    assert_int_equal(lh_options_format(&options, text, sizeof(text)), 0);
    assert_string_equal(text, "");
}

static void writing_never_overruns(void **state)
{
    char text[64];

    (void)state;
    strcpy(options.output, "/a:b");
    for (size_t size = 0; size < sizeof("output=/a\\:b"); size++) {
        memset(text, '#', sizeof(text));
        assert_int_equal(lh_options_format(&options, text, size), -ENOBUFS);
        assert_int_equal(text[size], '#');
    }
    assert_int_equal(lh_options_format(&options, text, sizeof("output=/a\\:b")), 12);
}

static void templates_are_expanded(void **state)
{
    char text[64];

    (void)state;
    assert_int_equal(lh_expand_template("%e.%p%%p%x%", 4294967295u, "a/b", text, sizeof(text)), 19);
    assert_string_equal(text, "a_b.4294967295%p%x%");
    assert_int_equal(lh_expand_template("", 1, "p", text, 1), 0);
    assert_string_equal(text, "");
}

static void templates_never_overrun(void **state)
{
    char text[16];

    (void)state;
    for (size_t size = 0; size < 8; size++) {
        memset(text, '#', sizeof(text));
        assert_int_equal(lh_expand_template("%p-%e", 123, "prog", text, size), -ENAMETOOLONG);
        assert_int_equal(text[size], '#');
    }
    assert_int_equal(lh_expand_template("%p-%e", 123, "prog", text, 9), 8);
}

#define TEST(name) cmocka_unit_test_setup(name, set_defaults)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(defaults_are_those_of_the_table),
        TEST(every_default_is_valid_and_every_option_has_help),
        TEST(entries_are_applied),
        TEST(the_later_entry_counts),
        TEST(a_bool_alone_means_yes),
        TEST(empty_entries_and_no_text_are_fine),
        TEST(an_unknown_key_is_named_and_the_rest_applied),
        TEST(bad_values_leave_the_old_ones),
        TEST(a_choice_takes_its_words_only),
        TEST(a_value_that_is_too_long_is_refused),
        TEST(a_problem_of_any_length_fits),
        TEST(a_colon_is_escaped),
        TEST(what_is_written_is_read_back),
        TEST(defaults_are_written_as_nothing),
        TEST(writing_never_overruns),
        TEST(templates_are_expanded),
        TEST(templates_never_overrun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
