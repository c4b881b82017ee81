/* The HTML report as text: what is in the markup, what is escaped, how big it gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "html_pages.h"

static char *page_of(const struct fixture *fixture)
{
    return fixture_written(fixture, lh_report_html);
}

/* The data for the page's script, parsed. */
static json_t *data_of(const char *page)
{
    const char *start = strstr(page, "id=\"data\">");
    json_error_t error;

    assert_non_null(start);
    start += strlen("id=\"data\">");
    const char *end = strstr(start, "</script>");
    assert_non_null(end);
    json_t *data = json_loadb(start, (size_t)(end - start), JSON_REJECT_DUPLICATES, &error);
    if (data == NULL)
        fail_msg("line %d: %s", error.line, error.text);
    return data;
}

static size_t count(const char *page, const char *word)
{
    size_t found = 0;

    for (const char *at = page; (at = strstr(at, word)) != NULL; at += strlen(word))
        found++;
    return found;
}

static void assert_shows(const char *page, const char *words)
{
    if (strstr(page, words) == NULL)
        fail_msg("not on the page: %s", words);
}

static void a_finding_can_be_read_without_scripts(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    char *page = page_of(fixture);
    assert_shows(page, "<h3>first and second are taken in both orders</h3>");
    assert_shows(page, "<code>0123456789abcdef</code>");
    assert_shows(page, "take first before second in withdraw (bank.c:52)");
    assert_shows(page, "<dt>Thread 2 \xe2\x80\x9cworker\xe2\x80\x9d (tid 1002)</dt>");
    assert_shows(page, "<dd>holds <a href=\"#s0\">first</a></dd>");
    assert_shows(page, "<h3 id=\"s0\">Stack 0</h3>");
    assert_shows(page, "<code>deposit</code> /src/bank.c:31");
    assert_null(strstr(page, "liblockhound.so"));
    free(page);
    fixture_free(fixture);
}

static void the_verdict_says_the_worst(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    char *page = page_of(fixture);
    assert_shows(page, "No findings.");
    assert_shows(page, "The report is complete");
    free(page);
    struct lh_finding *finding = fixture_inversion(fixture);
    page = page_of(fixture);
    assert_shows(page, "It can deadlock.");
    free(page);
    finding->severity = LH_ERROR;
    finding->kind = LH_KIND_UNLOCK_NOT_OWNER;
    page = page_of(fixture);
    assert_shows(page, "Something went wrong.");
    free(page);
    finding->kind = LH_KIND_STALL;
    page = page_of(fixture);
    assert_shows(page, "It hung.");
    free(page);
    finding->kind = LH_KIND_DEADLOCK;
    page = page_of(fixture);
    assert_shows(page, "It deadlocked.");
    free(page);
    finding->kind = LH_KIND_SELF_DEADLOCK;
    page = page_of(fixture);
    assert_shows(page, "It locked itself out.");
    free(page);
    fixture_free(fixture);
}

static void what_was_lost_is_said(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture->process->counters[LH_DROP_NO_SPACE] = 42;
    fixture->findings->cut = true;
    fixture->findings->cut_text = "the search ended after 10 steps";
    char *page = page_of(fixture);
    assert_shows(page, "The report is incomplete</b>: 42 records dropped");
    assert_shows(page, "<li>42 records dropped: the disk was full");
    assert_shows(page, "<li>the search ended after 10 steps</li>");
    free(page);
    fixture_free(fixture);
}

static void what_was_filtered_has_reason_and_examples(void **state)
{
    struct fixture *fixture = fixture_new(32);

    (void)state;
    fixture_filtered(fixture, LH_FILTER_GATE_LOCK, 7);
    for (size_t i = 0; i < 7; i++)
        fixture->findings->filtered[i].remedy = "none is needed";
    char *page = page_of(fixture);
    assert_shows(page, "7 cycles");
    assert_shows(page, lh_filter_help(LH_FILTER_GATE_LOCK));
    assert_int_equal(count(page, "<details class=\"card filtered\""), 5);
    assert_null(strstr(page, "none is needed"));
    free(page);
    fixture->report.all = true;
    page = page_of(fixture);
    assert_int_equal(count(page, "<details class=\"card filtered\""), 7);
    free(page);
    fixture_free(fixture);
}

static void hostile_names_stay_text(void **state)
{
    struct fixture *fixture = page_of_hostile_names();

    (void)state;
    char *page = page_of(fixture);
    assert_null(strstr(page, "<script>alert"));
    assert_null(strstr(page, "<img"));
    assert_null(strstr(page, "<svg onload"));
    assert_null(strstr(page, "<!-- comment"));
    assert_null(strstr(page, "\x1b"));
    assert_null(strstr(page, "\xe2\x80\xae"));
    assert_int_equal(count(page, "<script"), 2);
    assert_int_equal(count(page, "</script>"), 2);
    json_t *data = data_of(page);
    assert_string_equal(
        json_string_value(json_array_get(json_array_get(json_object_get(data, "frames"), 2), 0)),
        "\" onload=\"alert(2)\" x=\"' onclick='alert(3)'");
    json_decref(data);
    free(page);
    fixture_free(fixture);
}

static void equal_stacks_and_frames_are_kept_once(void **state)
{
    struct fixture *fixture = page_of_findings(50);

    (void)state;
    char *page = page_of(fixture);
    json_t *data = data_of(page);
    assert_int_equal(json_array_size(json_object_get(data, "findings")), 50);
    assert_int_equal(json_array_size(json_object_get(data, "stacks")), 100);
    assert_in_range(json_array_size(json_object_get(data, "frames")), 100, 100 + 6 * 5);
    json_decref(data);
    free(page);
    fixture_free(fixture);
}

static void a_thousand_findings_fit_into_two_megabytes(void **state)
{
    struct fixture *fixture = page_of_findings(1000);

    (void)state;
    char *page = page_of(fixture);
    assert_in_range(strlen(page), 500000, 2000000);
    free(page);
    fixture_free(fixture);
}

static void of_a_big_graph_the_part_near_findings_is_drawn(void **state)
{
    struct fixture *fixture = page_of_classes(2000);

    (void)state;
    char *page = page_of(fixture);
    assert_shows(page, "2000 lock classes, ");
    assert_shows(page, "<b>Drawn are ");
    json_t *data = data_of(page);
    json_t *nodes = json_object_get(data, "nodes");
    assert_in_range(json_object_size(nodes), 6, 120);
    assert_non_null(json_object_get(nodes, "c1"));
    assert_non_null(json_object_get(nodes, "c12"));
    assert_int_equal(count(page, "class=\"node"), json_object_size(nodes));
    assert_int_equal(count(page, "class=\"edge"), json_object_size(json_object_get(data, "edges")));
    assert_int_equal(json_array_size(json_object_get(data, "rows")), 2000);
    /* All others are told of, too. */
    assert_in_range(json_array_size(json_object_get(data, "others")), 3500, 4000);
    assert_int_equal(json_array_size(json_array_get(json_object_get(data, "others"), 0)), 6);
    json_decref(data);
    free(page);
    fixture_free(fixture);
}

static void findings_without_threads_or_locks_are_shown(void **state)
{
    struct fixture *fixture = page_of_odd_findings();

    (void)state;
    char *page = page_of(fixture);
    json_t *data = data_of(page);
    assert_int_equal(json_array_size(json_object_get(data, "findings")), 5);
    assert_shows(page, "joins <a href=\"#s0\">Thread 2 \xe2\x80\x9cworker\xe2\x80\x9d (tid 1002)");
    assert_shows(page, "<dd>waits for <a href=\"#s1\">not_empty (queue.c:10)</a></dd>");
    assert_shows(page, "<dd>nobody is left who would signal it</dd>");
    json_decref(data);
    free(page);
    fixture_free(fixture);
}

/* A source file of ten lines whose names are their numbers; the caller frees and unlinks it. */
static char *write_source(void)
{
    char *path = strdup("/tmp/lockhound-source-XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    for (int i = 1; i <= 10; i++)
        dprintf(fd, "\tline_%d(\"</script>\");\r\n", i);
    close(fd);
    return path;
}

static json_t *excerpts_of(struct fixture *fixture, const char *path, int line)
{
    const struct lh_frame frame = fixture_frame("reader", path, line);
    struct lh_finding *finding = &fixture->findings->items[0];

    finding->participants[0].wants.stack = fixture_stack(fixture, &frame, 1);
    char *page = page_of(fixture);
    json_t *data = data_of(page);
    json_t *excerpts = json_incref(json_object_get(data, "excerpts"));
    json_decref(data);
    free(page);
    return excerpts;
}

static void source_lines_around_a_place_are_there(void **state)
{
    struct fixture *fixture = fixture_new(32);
    char *path = write_source();

    (void)state;
    fixture_inversion(fixture);
    fixture->process->start_realtime = (uint64_t)(time(NULL) + 1000) * 1000000000;
    json_t *excerpts = excerpts_of(fixture, path, 2);
    json_t *first = json_array_get(excerpts, 0);
    assert_int_equal(json_array_size(first), 3 + 5);
    assert_int_equal(json_integer_value(json_array_get(first, 0)), 1);
    assert_int_equal(json_integer_value(json_array_get(first, 1)), 2);
    assert_int_equal(json_integer_value(json_array_get(first, 2)), 0);
    assert_string_equal(json_string_value(json_array_get(first, 4)), "\tline_2(\"</script>\");");
    json_decref(excerpts);
    fixture->process->start_realtime = 1;
    excerpts = excerpts_of(fixture, path, 10);
    assert_int_equal(json_integer_value(json_array_get(json_array_get(excerpts, 0), 2)), 1);
    assert_int_equal(json_array_size(json_array_get(excerpts, 0)), 3 + 4);
    json_decref(excerpts);
    unlink(path);
    free(path);
    fixture_free(fixture);
}

static void what_is_no_plain_text_file_is_no_source(void **state)
{
    struct fixture *fixture = fixture_new(32);
    char folder[] = "/tmp/lockhound-fifo-XXXXXX", fifo[64], *path = write_source();

    (void)state;
    fixture_inversion(fixture);
    assert_non_null(mkdtemp(folder));
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const char *const paths[] = {fifo,         "/dev/zero",      "/tmp", "/proc/self/exe",
                                 "relative.c", "/no/such/file.c"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        json_t *excerpts = excerpts_of(fixture, paths[i], 1);
        assert_int_equal(json_array_size(excerpts), 0);
        json_decref(excerpts);
    }
    json_t *excerpts = excerpts_of(fixture, path, 11); /* one line too far */
    assert_int_equal(json_array_size(excerpts), 0);
    json_decref(excerpts);
    unlink(fifo);
    rmdir(folder);
    unlink(path);
    free(path);
    fixture_free(fixture);
}

static void several_processes_are_listed(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_process(fixture, 200, "./child");
    fixture_inversion(fixture);
    char *page = page_of(fixture);
    assert_shows(page, "<h3>Processes <span class=\"count\">2</span></h3>");
    assert_shows(page, "<td>200</td>");
    assert_shows(page, "<code>./child</code>");
    free(page);
    fixture_free(fixture);
}

static void a_baseline_is_told_of(void **state)
{
    struct fixture *fixture = fixture_new(16);
    static struct lh_known_finding gone[] = {
        {"00000000000000aa", LH_KIND_DEADLOCK, LH_ERROR, "a <b> was here", "we & they"},
        {"00000000000000bb", LH_KIND_DEADLOCK, LH_ERROR, "so was c", NULL},
    };

    (void)state;
    fixture_inversion(fixture)->baseline = LH_BASELINE_NEW;
    struct lh_finding *known = fixture_inversion(fixture);
    known->baseline = LH_BASELINE_KNOWN;
    known->reason = "before <any> thread starts";
    fixture->findings->vanished = gone;
    fixture->findings->n_vanished = 2;
    char *page = page_of(fixture);
    assert_shows(page, "<span class=\"state new\">new</span><h3>");
    assert_shows(page, "<span class=\"state known\">known</span><h3>");
    assert_shows(page, "<b>Reason</b> <span>before &lt;any&gt; thread starts</span>");
    assert_shows(page, "<b>1 new</b>, 1 known. <a href=\"#known\">2 in the baseline</a> were not");
    assert_shows(page, "<li><a href=\"#known\">Baseline</a></li>");
    assert_shows(page, "<code>00000000000000aa</code></td><td>a &lt;b&gt; was here</td>"
                       "<td>we &amp; they</td>");
    free(page);
    fixture_free(fixture);
}

static void without_a_baseline_nothing_is_said_of_it(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    char *page = page_of(fixture);
    assert_int_equal(count(page, "#known"), 0);
    assert_int_equal(count(page, "id=\"timeout\""), 0);
    assert_int_equal(count(page, "<span class=\"state"), 0);
    free(page);
    fixture_free(fixture);
}

static void what_was_suppressed_is_there_and_by_what(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const char *unused[] = {"race:<gone> (x.supp:3)"};

    (void)state;
    struct lh_finding suppressed = *fixture_inversion(fixture);
    suppressed.suppressed = "deadlock:deposit (x.supp:1)";
    fixture->findings->n_items = 0;
    fixture->findings->suppressed = &suppressed;
    fixture->findings->n_suppressed = 1;
    fixture->findings->unused_suppressions = unused;
    fixture->findings->n_unused_suppressions = 1;
    char *page = page_of(fixture);
    assert_shows(page, "<b>suppressed</b> <code>lock-order-inversion</code>");
    assert_shows(page, "<b>Suppressed by</b> <span>deadlock:deposit (x.supp:1)</span>");
    assert_shows(page, "<code>race:&lt;gone&gt; (x.supp:3)</code>");
    json_t *data = data_of(page);
    assert_int_equal(json_array_size(json_object_get(data, "suppressed")), 1);
    json_decref(data);
    free(page);
    fixture_free(fixture);
}

static void threads_of_several_runs_say_of_which(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    struct lh_process united = *fixture->process; /* as across.c makes one */
    finding->process = &united;
    finding->across = true;
    finding->participants[0].pid = 123;
    finding->participants[1].pid = 200;
    united.threads[1].number = 7;
    fixture_process(fixture, 200, "./bank");
    char *page = page_of(fixture);
    assert_shows(page, "<span class=\"state\">across runs</span><h3>");
    assert_shows(page, "Thread 7 \xe2\x80\x9cworker\xe2\x80\x9d (tid 1002) of process 200</dt>");
    json_t *data = data_of(page);
    json_t *row = json_array_get(json_object_get(data, "findings"), 0), *threads;
    assert_int_equal(json_integer_value(json_array_get(row, 3)), 0);
    threads = json_array_get(row, 0);
    assert_int_equal(json_integer_value(json_array_get(json_array_get(threads, 0), 10)), 123);
    assert_int_equal(json_integer_value(json_array_get(json_array_get(threads, 1), 10)), 200);
    /* Its locks are nodes of the one graph. */
    json_t *lock = json_array_get(json_object_get(data, "locks"), 0);
    assert_int_equal(json_integer_value(json_array_get(lock, 9)), 1);
    json_decref(data);
    free(page);
    fixture_free(fixture);
}

static void who_waits_because_of_others_comes_after_them(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->kind = LH_KIND_STALL;
    finding->n_roots = 1;
    char *page = page_of(fixture);
    const char *first = strstr(page, "<dt>Thread 1"), *second = strstr(page, "<dt>Thread 2");
    const char *between = strstr(page, "<p>These wait because of the threads above.</p>");
    assert_true(first != NULL && between > first && second > between);
    json_t *data = data_of(page);
    json_t *row = json_array_get(json_object_get(data, "findings"), 0);
    assert_int_equal(json_integer_value(json_array_get(row, 4)), 1);
    json_decref(data);
    free(page);
    fixture_free(fixture);
}

static void a_run_that_took_too_long_says_what_its_threads_did(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t held = fixture_mutex(fixture, "till"), wanted = fixture_mutex(fixture, "safe");

    (void)state;
    fixture_timeout(fixture, held, wanted);
    char *page = page_of(fixture);
    assert_shows(page, "ended after 2.5 s");
    assert_shows(page, "It took too long.");
    assert_shows(page,
                 "<h3>process 123 bank: 3 threads; tid 99 &quot;io\\x1b[2J&quot;, which is not "
                 "recorded, was ");
    assert_shows(page, "<dd>was in the system call read; last: release of till in audit");
    json_t *data = data_of(page);
    json_t *process = json_array_get(json_object_get(data, "timeout"), 0);
    assert_int_equal(json_array_size(json_array_get(process, 0)), 2);
    assert_int_equal(json_array_size(json_array_get(process, 1)), 2);
    json_decref(data);
    free(page);
    fixture_free(fixture);
}

static void doubts_about_a_stall_are_told(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture->process->doubt = "a signal <handler> may wake one";
    char *page = page_of(fixture);
    assert_shows(page,
                 "<li>All threads of process 123 waited; whether for ever is in doubt: a signal "
                 "&lt;handler&gt; may wake one</li>");
    free(page);
    fixture_free(fixture);
}

static void the_same_report_is_the_same_bytes(void **state)
{
    struct fixture *fixture = page_of_classes(100);

    (void)state;
    char *first = page_of(fixture), *second = page_of(fixture);
    assert_string_equal(first, second);
    free(first);
    free(second);
    fixture_free(fixture);
}

static void a_full_disk_is_an_error(void **state)
{
    int r = fixture_on_full_disk(lh_report_html);

    (void)state;
    if (r > 0)
        skip();
    assert_true(r < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_can_be_read_without_scripts),
        cmocka_unit_test(the_verdict_says_the_worst),
        cmocka_unit_test(what_was_lost_is_said),
        cmocka_unit_test(what_was_filtered_has_reason_and_examples),
        cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(equal_stacks_and_frames_are_kept_once),
        cmocka_unit_test(a_thousand_findings_fit_into_two_megabytes),
        cmocka_unit_test(of_a_big_graph_the_part_near_findings_is_drawn),
        cmocka_unit_test(findings_without_threads_or_locks_are_shown),
        cmocka_unit_test(source_lines_around_a_place_are_there),
        cmocka_unit_test(what_is_no_plain_text_file_is_no_source),
        cmocka_unit_test(several_processes_are_listed),
        cmocka_unit_test(a_baseline_is_told_of),
        cmocka_unit_test(without_a_baseline_nothing_is_said_of_it),
        cmocka_unit_test(what_was_suppressed_is_there_and_by_what),
        cmocka_unit_test(threads_of_several_runs_say_of_which),
        cmocka_unit_test(who_waits_because_of_others_comes_after_them),
        cmocka_unit_test(a_run_that_took_too_long_says_what_its_threads_did),
        cmocka_unit_test(doubts_about_a_stall_are_told),
        cmocka_unit_test(the_same_report_is_the_same_bytes),
        cmocka_unit_test(a_full_disk_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
