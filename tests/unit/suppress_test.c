/* Suppressions: what ThreadSanitizer's syntax means here, and what is no suppression. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report_fixture.h"
#include "suppress.h"

static void patterns_match_as_in_thread_sanitizer(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool matches;
    } cases[] = {
        {"foo", "foo", true},
        {"foo", "afoob", true},
        {"foo", "fo", false},
        {"^foo", "foob", true},
        {"^foo", "afoo", false},
        {"foo$", "afoo", true},
        {"foo$", "foob", false},
        {"^foo$", "foo", true},
        {"^foo$", "foofoo", false},
        {"foo$", "foofoo", true},
        {"f*o", "fxxo", true},
        {"^f*o$", "fxxob", false},
        {"^f*o$", "foooo", true},
        {"*foo", "xfoo", true},
        {"^*foo", "xfoo", true},
        {"foo*$", "foobar", true},
        {"^std::*::lock$", "std::mutex::lock", true},
        {"a*b*c", "xaxbxcx", true},
        {"a*b*c", "xaxcxbx", false},
        {"^", "x", true},
        {"*", "", false},
        {"foo", "", false},
        {"^$", "x", false},
        {"/src/bank.c$", "/home/x/src/bank.c", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (lh_suppression_matches(cases[i].pattern, cases[i].name) != cases[i].matches)
            fail_msg("%s against %s", cases[i].pattern, cases[i].name);
}

/* How many findings of the fixture's inversion are left, and how many suppressions were idle. */
static struct fixture *suppressed_by(const char *text)
{
    struct fixture *fixture = fixture_new(16);
    struct lh_suppressions *suppressions = NULL;
    const char *why = NULL;
    size_t line = 0;

    fixture_inversion(fixture);
    assert_int_equal(lh_suppressions_parse(text, "x.supp", &suppressions, &line, &why), 0);
    assert_int_equal(lh_suppress(fixture->findings, suppressions), 0);
    lh_suppressions_free(suppressions);
    return fixture;
}

static void assert_suppressed(const char *text, bool expected)
{
    struct fixture *fixture = suppressed_by(text);

    if (fixture->findings->n_suppressed != expected || fixture->findings->n_items != !expected)
        fail_msg("%s: %zu suppressed", text, fixture->findings->n_suppressed);
    fixture_free(fixture);
}

static void functions_files_and_modules_of_the_stacks_are_looked_at(void **state)
{
    (void)state;
    assert_suppressed("deadlock:^deposit$", true);
    assert_suppressed("deadlock:withdr*w", true);
    assert_suppressed("deadlock:/src/bank.c", true);
    assert_suppressed("deadlock:/usr/bin/bank", true);
    assert_suppressed("deadlock:^worker$", true);
    assert_suppressed("deadlock:nowhere", false);
}

static void a_type_is_for_its_kinds_only(void **state)
{
    (void)state;
    assert_suppressed("race:deposit", false);
    assert_suppressed("mutex:deposit", false);
    assert_suppressed("thread:deposit\nsignal:deposit", false);
}

static void assert_race_suppressed(const char *text, bool expected)
{
    struct fixture *fixture = fixture_new(16);
    struct lh_suppressions *suppressions;
    const char *why;
    size_t line;
    struct lh_finding *race = fixture_race(fixture, "balance");

    for (size_t i = 0; i < race->n_participants; i++)
        race->participants[i].wants.stack = race->participants[i].access->stack;
    assert_int_equal(lh_suppressions_parse(text, "x.supp", &suppressions, &line, &why), 0);
    assert_int_equal(lh_suppress(fixture->findings, suppressions), 0);
    lh_suppressions_free(suppressions);
    if (fixture->findings->n_suppressed != expected)
        fail_msg("%s: %zu suppressed", text, fixture->findings->n_suppressed);
    fixture_free(fixture);
}

static void race_top_looks_at_the_places_of_the_access_alone(void **state)
{
    (void)state;
    assert_race_suppressed("race_top:^withdraw$", true);
    assert_race_suppressed("race_top:^deposit$", true);
    assert_race_suppressed("race_top:^worker$", false);
    assert_race_suppressed("race_top:^balance$", false);
    assert_race_suppressed("race:^worker$", true);
    assert_race_suppressed("race:^balance$", true);
    assert_suppressed("race_top:deposit", false);
}

static void called_from_lib_asks_who_called_the_lock_function(void **state)
{
    (void)state;
    assert_suppressed("called_from_lib:bank", true);
    assert_suppressed("called_from_lib:libc.so", false);
    assert_suppressed("called_from_lib:liblockhound", false);
}

static void a_fingerprint_names_one_finding(void **state)
{
    (void)state;
    assert_suppressed("fingerprint:0123456789abcdef", true);
    assert_suppressed("fingerprint:0123456789abcdee", false);
}

static void comments_blanks_and_carriage_returns_do_not_count(void **state)
{
    (void)state;
    assert_suppressed("# deadlock:deposit\n\n", false);
    assert_suppressed("\r\n  \t deadlock:deposit$ \t\r\n", true);
}

static void the_finding_says_which_suppression_it_was(void **state)
{
    struct fixture *fixture = suppressed_by("race:x\ndeadlock:deposit\ndeadlock:withdraw\n");

    (void)state;
    assert_string_equal(fixture->findings->suppressed[0].suppressed, "deadlock:deposit (x.supp:2)");
    assert_int_equal(fixture->findings->n_unused_suppressions, 1);
    assert_string_equal(fixture->findings->unused_suppressions[0], "race:x (x.supp:1)");
    fixture_free(fixture);
}

static void what_lockhound_never_finds_is_not_called_unused(void **state)
{
    struct fixture *fixture = suppressed_by("thread:pool_start\nsignal:handler\n");

    (void)state;
    assert_int_equal(fixture->findings->n_unused_suppressions, 0);
    fixture_free(fixture);
}

static void malformed_lines_are_named(void **state)
{
    static const char *const texts[] = {
        "race:x\nfrob:x\n",
        "race:x\nrace:\n",
        "race:x\nrace\n",
        "race:x\nfingerprint:123\n",
        "race:x\nfingerprint:0123456789ABCDEF",
        "race:x\n deadlock deposit",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct lh_suppressions *suppressions = NULL;
        const char *why = NULL;
        size_t line = 0;
        assert_int_equal(lh_suppressions_parse(texts[i], "x", &suppressions, &line, &why), -EINVAL);
        assert_int_equal(line, 2);
        assert_non_null(why);
        assert_null(suppressions);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_in_thread_sanitizer),
        cmocka_unit_test(functions_files_and_modules_of_the_stacks_are_looked_at),
        cmocka_unit_test(a_type_is_for_its_kinds_only),
        cmocka_unit_test(race_top_looks_at_the_places_of_the_access_alone),
        cmocka_unit_test(called_from_lib_asks_who_called_the_lock_function),
        cmocka_unit_test(a_fingerprint_names_one_finding),
        cmocka_unit_test(comments_blanks_and_carriage_returns_do_not_count),
        cmocka_unit_test(the_finding_says_which_suppression_it_was),
        cmocka_unit_test(what_lockhound_never_finds_is_not_called_unused),
        cmocka_unit_test(malformed_lines_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
