/* Baselines: written, read back, applied; and source paths, which reports map. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "baseline.h"
#include "report_fixture.h"
#include "source_paths.h"

static struct lh_baseline *parsed(const char *text)
{
    struct lh_baseline *baseline = lh_baseline_new();
    const char *why = "";
    size_t line = 0;

    assert_non_null(baseline);
    if (lh_baseline_parse(baseline, text, &line, &why) != 0)
        fail_msg("line %zu: %s", line, why);
    return baseline;
}

static char *written(struct lh_baseline *baseline)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    lh_baseline_write(baseline, out);
    fclose(out);
    return text;
}

static void add(struct lh_baseline *baseline, enum lh_kind kind, const char *fingerprint,
                const char *message, const char *reason)
{
    struct lh_known_finding known = {
        .kind = kind, .severity = LH_ERROR, .message = message, .reason = reason};

    strcpy(known.fingerprint, fingerprint);
    assert_int_equal(lh_baseline_add(baseline, &known), 0);
}

static void what_is_written_is_read_back_sorted(void **state)
{
    struct lh_baseline *baseline = lh_baseline_new(), *again;
    char *text, *second;

    (void)state;
    add(baseline, LH_KIND_SELF_DEADLOCK, "bbbbbbbbbbbbbbbb", "b (b.c:12) and x: y",
        "for: a # reason");
    add(baseline, LH_KIND_DEADLOCK, "cccccccccccccccc", "two\nlines\r\x01", NULL);
    add(baseline, LH_KIND_SELF_DEADLOCK, "aaaaaaaaaaaaaaaa", "", NULL);
    add(baseline, LH_KIND_SELF_DEADLOCK, "aaaaaaaaaaaaaaaa", "again", NULL);
    text = written(baseline);
    again = parsed(text);
    assert_int_equal(again->n, 3);
    assert_string_equal(again->items[0].fingerprint, "cccccccccccccccc");
    assert_string_equal(again->items[0].message, "two lines");
    assert_null(again->items[0].reason);
    assert_string_equal(again->items[1].fingerprint, "aaaaaaaaaaaaaaaa");
    assert_string_equal(again->items[2].message, "b (b.c) and x: y");
    assert_string_equal(again->items[2].reason, "for: a # reason");
    assert_int_equal(again->items[2].severity, LH_ERROR);
    second = written(again);
    assert_string_equal(second, text);
    free(text);
    free(second);
    lh_baseline_free(baseline);
    lh_baseline_free(again);
}

static void words_of_the_earlier_version_are_kept(void **state)
{
    struct lh_baseline *earlier = parsed("deadlock aaaaaaaaaaaaaaaa\n"
                                         "  message: as it was\n  reason: start-up only\n");
    struct lh_baseline *baseline = lh_baseline_new();

    (void)state;
    add(baseline, LH_KIND_DEADLOCK, "aaaaaaaaaaaaaaaa", "as it is", NULL);
    add(baseline, LH_KIND_DEADLOCK, "bbbbbbbbbbbbbbbb", "new", NULL);
    assert_int_equal(lh_baseline_keep_words(baseline, earlier), 0);
    lh_baseline_free(earlier);
    assert_string_equal(baseline->items[0].message, "as it was");
    assert_string_equal(baseline->items[0].reason, "start-up only");
    assert_string_equal(baseline->items[1].message, "new");
    lh_baseline_free(baseline);
}

static void findings_are_known_new_or_vanished(void **state)
{
    struct fixture *fixture = fixture_new(16);
    struct lh_finding *finding = fixture_inversion(fixture);
    struct lh_baseline *baseline =
        parsed("lock-order-inversion 0123456789abcdef\n    reason: harmless\n\n"
               "deadlock 0123456789abcdef\n    message: another kind\n");

    (void)state;
    assert_int_equal(lh_baseline_apply(baseline, fixture->findings), 0);
    lh_baseline_free(baseline);
    assert_int_equal(finding->baseline, LH_BASELINE_KNOWN);
    assert_string_equal(finding->reason, "harmless");
    assert_int_equal(fixture->findings->n_vanished, 1);
    assert_string_equal(fixture->findings->vanished[0].message, "another kind");
    baseline = parsed("");
    assert_int_equal(lh_baseline_apply(baseline, fixture->findings), 0);
    lh_baseline_free(baseline);
    assert_int_equal(finding->baseline, LH_BASELINE_NEW);
    assert_int_equal(fixture->findings->n_vanished, 0);
    fixture_free(fixture);
}

static void malformed_lines_are_named(void **state)
{
    static const char *const texts[] = {
        "\nfrob 0123456789abcdef",
        "\ndeadlock",
        "\ndeadlock 123",
        "\ndeadlock 0123456789abcdeg",
        "\n  reason: of nothing",
        "deadlock 0123456789abcdef\n  raeson: x",
        "deadlock 0123456789abcdef\ndeadlock 0123456789abcdef",
        "deadlock 0123456789abcdef\n  severity: fatal",
        "deadlock 0123456789abcdef\n  reason",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct lh_baseline *baseline = lh_baseline_new();
        const char *why = NULL;
        size_t line = 0;
        assert_int_equal(lh_baseline_parse(baseline, texts[i], &line, &why), -EINVAL);
        assert_int_equal(line, 2);
        assert_non_null(why);
        lh_baseline_free(baseline);
    }
}

static void a_path_lies_below_a_folder_or_not(void **state)
{
    (void)state;
    assert_string_equal(lh_path_below("/a/b/c.c", "/a"), "b/c.c");
    assert_string_equal(lh_path_below("/a/b/c.c", "/a/"), "b/c.c");
    assert_string_equal(lh_path_below("/a//b/c.c", "/a"), "b/c.c");
    assert_string_equal(lh_path_below("/a/b", "/"), "a/b");
    assert_null(lh_path_below("/ab/c.c", "/a"));
    assert_null(lh_path_below("/a", "/a"));
    assert_null(lh_path_below("/a/", "/a"));
    assert_null(lh_path_below("/a/b", ""));
    assert_null(lh_path_below("a/b", "/"));
}

static void sources_are_renamed_by_the_first_folder_that_fits(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t stack = fixture_site(fixture, "deposit", 31);
    const struct lh_frame *frames = fixture->process->stacks[stack].frames;

    (void)state;
    lh_model_map_sources(fixture->model, "/elsewhere", NULL);
    assert_string_equal(frames[1].file, "/src/bank.c");
    lh_model_map_sources(fixture->model, "/elsewhere", "/src");
    assert_string_equal(frames[1].file, "bank.c");
    assert_null(frames[0].file);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back_sorted),
        cmocka_unit_test(words_of_the_earlier_version_are_kept),
        cmocka_unit_test(findings_are_known_new_or_vanished),
        cmocka_unit_test(malformed_lines_are_named),
        cmocka_unit_test(a_path_lies_below_a_folder_or_not),
        cmocka_unit_test(sources_are_renamed_by_the_first_folder_that_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
