/* The lock graph: which nodes and edges it has, read back from DOT; and that pictures are drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <graphviz/cgraph.h>
#include <unistd.h>

#include "graph_layout.h"
#include "graph_select.h"
#include "report_fixture.h"

static char directory[] = "/tmp/lockhound-graph-XXXXXX";

/* Graphviz, pango and fontconfig keep what they loaded until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libgvc\nleak:libcgraph\nleak:libcdt\nleak:libgvplugin\nleak:libpango\n"
           "leak:libfontconfig\nleak:libglib\nleak:libcairo\nleak:libltdl\nleak:libexpat\n"
           "leak:libharfbuzz\nleak:libfreetype\nleak:libgobject\n";
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static char *contents(const char *path, size_t *ret_size)
{
    FILE *in = fopen(path, "r");
    char *bytes = NULL;
    FILE *copy = open_memstream(&bytes, ret_size);

    assert_non_null(in);
    for (int byte; (byte = getc(in)) != EOF;)
        putc(byte, copy);
    fclose(in);
    fclose(copy);
    return bytes;
}

static char *drawn(const struct fixture *fixture, const struct lh_graph_options *options,
                   const char *name, size_t *ret_size)
{
    const char *why = NULL;
    int result = lh_report_graph(&fixture->report, options, path_of(name), &why);

    if (result != 0)
        fail_msg("%s: %d, %s", name, result, why);
    char *bytes = contents(path_of(name), ret_size);
    unlink(path_of(name));
    return bytes;
}

static Agraph_t *graph_of(const struct fixture *fixture, const struct lh_graph_options *options)
{
    size_t size;
    char *text = drawn(fixture, options, "locks.dot", &size);
    Agraph_t *graph = agmemread(text);

    if (graph == NULL)
        fail_msg("this is no DOT:\n%s", text);
    free(text);
    return graph;
}

static Agnode_t *node_of(Agraph_t *graph, const char *label)
{
    for (Agnode_t *node = agfstnode(graph); node != NULL; node = agnxtnode(graph, node))
        if (strncmp(agget(node, (char *)"label"), label, strlen(label)) == 0)
            return node;
    return NULL;
}

static Agedge_t *edge_of(Agraph_t *graph, const char *from, const char *to)
{
    Agnode_t *tail = node_of(graph, from), *head = node_of(graph, to);

    assert_non_null(tail);
    assert_non_null(head);
    return agedge(graph, tail, head, NULL, 0);
}

static void assert_attribute(void *object, const char *name, const char *part)
{
    const char *value = agget(object, (char *)name);

    if (value == NULL || strstr(value, part) == NULL)
        fail_msg("%s is \"%s\", without \"%s\"", name, value, part);
}

static const struct lh_graph_options everything = {.format = "dot"};

static void both_edges_of_an_inversion_carry_count_and_finding(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(agnnodes(graph), 2);
    assert_int_equal(agnedges(graph), 2);
    Agedge_t *edge = edge_of(graph, "first", "second");
    assert_attribute(edge, "label", "#1 40\xc3\x97");
    assert_attribute(edge, "color", "#c62828");
    assert_attribute(edge, "edgetooltip", "held since deposit /src/bank.c:31");
    assert_attribute(edge, "edgetooltip", "wanted in withdraw /src/bank.c:52");
    assert_attribute(edge_of(graph, "second", "first"), "label", "#1 2\xc3\x97");
    assert_attribute(graph, "label", "Lock graph of bank: 2 lock classes, 2 edges, 1 cycle\\l");
    agclose(graph);
    fixture_free(fixture);
}

static void locks_of_a_class_share_a_node_and_may_nest(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t class = fixture_class(fixture, "accounts[].lock (bank.c:31)", LH_LOCK_RWLOCK);
    uint32_t one = fixture_lock(fixture, class, "accounts[0].lock");
    uint32_t two = fixture_lock(fixture, class, "accounts[1].lock");
    uint32_t site = fixture_site(fixture, "transfer", 40);

    (void)state;
    fixture_dep(fixture, one, site, two, site, 3);
    fixture_dep(fixture, two, site, one, site, 4);
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(agnnodes(graph), 1);
    assert_int_equal(agnedges(graph), 1);
    assert_attribute(agfstnode(graph), "label", "accounts[].lock\\nbank.c:31\\nrwlock \xc3\x97 2");
    assert_attribute(edge_of(graph, "accounts[]", "accounts[]"), "label", "7\xc3\x97");
    agclose(graph);
    fixture_free(fixture);
}

static void every_held_lock_has_an_edge_to_the_wanted_one(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t a = fixture_mutex(fixture, "a"), b = fixture_mutex(fixture, "b");
    uint32_t c = fixture_mutex(fixture, "c"), site = fixture_site(fixture, "f", 1);
    struct lh_held held[] = {{.lock = a, .stack = site}, {.lock = b, .stack = site}};

    (void)state;
    struct lh_dep *dep = fixture_dep(fixture, a, site, c, site, 1);
    dep->held = held;
    dep->n_held = 2;
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_non_null(edge_of(graph, "a", "c"));
    assert_non_null(edge_of(graph, "b", "c"));
    assert_null(edge_of(graph, "a", "b"));
    agclose(graph);
    fixture_free(fixture);
}

static void trylock_edges_are_dashed_and_reader_edges_dotted(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t a = fixture_mutex(fixture, "a"), b = fixture_mutex(fixture, "b");
    uint32_t c = fixture_mutex(fixture, "c"), site = fixture_site(fixture, "f", 1);

    (void)state;
    fixture_dep(fixture, a, site, b, site, 1)->wanted.flags = LH_ATTEMPT_TRY;
    fixture_dep(fixture, b, site, c, site, 1)->wanted.mode = LH_MODE_SHARED;
    fixture_dep(fixture, a, site, c, site, 1)->wanted.mode = LH_MODE_SHARED;
    fixture_dep(fixture, a, site, c, site, 1);
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_attribute(edge_of(graph, "a", "b"), "style", "dashed");
    assert_attribute(edge_of(graph, "b", "c"), "style", "dotted");
    assert_attribute(edge_of(graph, "a", "c"), "style", "solid");
    assert_attribute(graph, "label", "Dashed");
    assert_attribute(graph, "label", "Dotted");
    agclose(graph);
    fixture_free(fixture);
}

static void edges_of_filtered_cycles_are_thin_and_say_why(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const uint32_t locks[] = {fixture_mutex(fixture, "a"), fixture_mutex(fixture, "b")};
    const uint32_t stacks[] = {fixture_site(fixture, "f", 1), fixture_site(fixture, "g", 2)};

    (void)state;
    fixture_dep(fixture, locks[0], stacks[0], locks[1], stacks[1], 1);
    fixture_dep(fixture, locks[1], stacks[1], locks[0], stacks[0], 1);
    fixture_cycle(fixture, locks, 2, stacks, LH_FILTER_GATE_LOCK);
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_attribute(edge_of(graph, "a", "b"), "penwidth", "0.6");
    assert_attribute(edge_of(graph, "b", "a"), "edgetooltip", "filtered, gate-lock: ");
    assert_attribute(graph, "label", "0 cycles");
    agclose(graph);
    fixture_free(fixture);
}

static void sites_beyond_five_are_counted(void **state)
{
    struct fixture *fixture = fixture_new(32);
    uint32_t a = fixture_mutex(fixture, "a"), b = fixture_mutex(fixture, "b");

    (void)state;
    for (int i = 0; i < 9; i++) {
        uint32_t site = fixture_site(fixture, "f", i + 1);
        fixture_dep(fixture, a, site, b, site, 1);
    }
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(agnedges(graph), 1);
    assert_attribute(edge_of(graph, "a", "b"), "edgetooltip", "and 4 more");
    agclose(graph);
    fixture_free(fixture);
}

static void cycles_only_leaves_the_rest_out(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    fixture_dep(fixture, 1, 1, fixture_mutex(fixture, "third"), 1, 1);
    Agraph_t *graph =
        graph_of(fixture, &(struct lh_graph_options){.format = "dot", .cycles_only = true});
    assert_int_equal(agnnodes(graph), 2);
    assert_null(node_of(graph, "third"));
    agclose(graph);
    fixture_free(fixture);
}

static void around_keeps_matches_and_neighbours(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t site = fixture_site(fixture, "f", 1), lock[5];
    static const char *const names[] = {"a", "b", "middle", "d", "e"};

    (void)state;
    for (size_t i = 0; i < 5; i++)
        lock[i] = fixture_mutex(fixture, names[i]);
    for (size_t i = 0; i + 1 < 5; i++)
        fixture_dep(fixture, lock[i], site, lock[i + 1], site, 1);
    Agraph_t *graph =
        graph_of(fixture, &(struct lh_graph_options){.format = "dot", .around = "iddl"});
    assert_int_equal(agnnodes(graph), 3);
    assert_int_equal(agnedges(graph), 2);
    assert_non_null(edge_of(graph, "b", "middle"));
    assert_non_null(edge_of(graph, "middle", "d"));
    agclose(graph);
    fixture_free(fixture);
}

static void around_nothing_is_an_error(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const char *why = NULL;

    (void)state;
    fixture_inversion(fixture);
    int result = lh_report_graph(&fixture->report,
                                 &(struct lh_graph_options){.format = "svg", .around = "nowhere"},
                                 path_of("no.svg"), &why);
    assert_int_equal(result, -ENOENT);
    assert_non_null(why);
    assert_int_equal(access(path_of("no.svg"), F_OK), -1);
    fixture_free(fixture);
}

static void hostile_names_stay_text(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t html = fixture_mutex(fixture, "<b>x</b>");
    uint32_t quote = fixture_mutex(fixture, "q\"]; evil [label=\"\\N\\G \033[31m\n\xff&amp;");
    uint32_t site = fixture_site(fixture, "f", 1);
    size_t size;

    (void)state;
    fixture_dep(fixture, html, site, quote, site, 1);
    fixture->process->argv[0] = "<table>\" ]";
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(agnnodes(graph), 2);
    assert_int_equal(agnedges(graph), 1);
    assert_non_null(node_of(graph, "<b>x</b>"));
    assert_false(aghtmlstr(agget(node_of(graph, "<b>x</b>"), (char *)"label")));
    assert_non_null(node_of(graph, "q\"]; evil [label=\"\\\\N\\\\G \xef\xbf\xbd[31m"));
    agclose(graph);
    char *svg = drawn(fixture, &(struct lh_graph_options){0}, "evil.svg", &size);
    assert_null(strstr(svg, "<b>"));
    assert_null(strstr(svg, "<table>"));
    assert_null(strchr(svg, '\033'));
    assert_non_null(strstr(svg, "&lt;b&gt;x&lt;/b&gt;"));
    free(svg);
    fixture_free(fixture);
}

static void programs_are_clusters(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    fixture_process(fixture, 150, "./idle");
    fixture_process(fixture, 200, "./child");
    fixture_inversion(fixture);
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(agnnodes(graph), 4);
    assert_null(agsubg(graph, (char *)"cluster_1", 0));
    Agraph_t *cluster = agsubg(graph, (char *)"cluster_2", 0);
    assert_non_null(cluster);
    assert_int_equal(agnnodes(cluster), 2);
    assert_attribute(cluster, "label", "./child [pid 200]");
    agclose(graph);
    fixture_free(fixture);
}

/* Three runs, in two of which there is an inversion: in the same places, found once. */
static void runs_of_a_program_are_one_graph(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    fixture_process(fixture, 150, "/elsewhere/bank");
    uint32_t third = fixture_mutex(fixture, "third");
    fixture_process(fixture, 200, "./bank");
    fixture_inversion(fixture);
    fixture->process->locks[1].acquisitions = 5;
    fixture->process->classes[1].birth_stack = 0;
    fixture->model->processes[0]->locks[1].acquisitions = 8;
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(third, 1);
    assert_int_equal(agnnodes(graph), 3);
    assert_int_equal(agnedges(graph), 2);
    assert_null(agfstsubg(graph));
    assert_attribute(node_of(graph, "first"), "label", "mutex \xc3\x97 2");
    assert_attribute(node_of(graph, "first"), "tooltip", "13 acquisitions");
    assert_attribute(node_of(graph, "first"), "tooltip", "in 2 processes");
    Agedge_t *edge = edge_of(graph, "first", "second");
    assert_attribute(edge, "label", "#1 and 1 more 80\xc3\x97");
    /* One place, however many runs came by. */
    const char *tooltip = agget(edge, (char *)"edgetooltip"), *site = strstr(tooltip, "held since");
    assert_non_null(site);
    assert_null(strstr(site + 1, "held since"));
    agclose(graph);
    fixture_free(fixture);
}

static void a_lock_that_its_owner_wants_again_is_a_loop(void **state)
{
    struct fixture *fixture = fixture_new(16);
    struct lh_finding *finding = fixture_inversion(fixture);

    (void)state;
    finding->kind = LH_KIND_SELF_DEADLOCK;
    finding->n_participants = 1;
    finding->participants[0].want_verb = "wants"; /* as misuse.c has it */
    finding->participants[0].wants.lock = finding->participants[0].holds[0].lock;
    finding->participants[0].cycle_hold = 0;
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_attribute(edge_of(graph, "first", "first"), "label", "#1 ");
    assert_attribute(graph, "label", "1 cycle\\l");
    finding->participants[0].want_verb = "unlocks";
    agclose(graph);
    graph = graph_of(fixture, &everything);
    assert_attribute(graph, "label", "0 cycles\\l");
    agclose(graph);
    fixture_free(fixture);
}

/* As across.c makes them: of a process that is not in the model. */
static void a_cycle_across_runs_is_marked(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_mutex(fixture, "alone");
    struct lh_finding *finding = fixture_inversion(fixture);
    struct lh_process united = *fixture->process;
    finding->process = &united;
    finding->across = true;
    fixture->process->n_deps = 2; /* the other half was seen elsewhere */
    fixture_process(fixture, 200, "./bank");
    fixture_mutex(fixture, "first");
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(agnnodes(graph), 3);
    assert_attribute(edge_of(graph, "first", "second"), "label", "#1 40\xc3\x97");
    assert_attribute(edge_of(graph, "second", "first"), "label", "#1 ");
    agclose(graph);
    fixture_free(fixture);
}

static void class_of_key(struct fixture *fixture, const char *name, const char *key)
{
    fixture_mutex(fixture, name);
    fixture->process->classes[fixture->process->n_classes - 1].key = key;
}

/* Keys have no lines, but numbers that count what a run happened to use. */
static void classes_of_one_function_are_united_by_line(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    class_of_key(fixture, "born in f (bank.c:10)", "mutex of f");
    class_of_key(fixture, "born in f (bank.c:20)", "mutex of f #2");
    class_of_key(fixture, "born in g (bank.c:30)", "mutex of g");
    fixture_process(fixture, 200, "./bank");
    class_of_key(fixture, "born in f (bank.c:20)", "mutex of f");
    class_of_key(fixture, "born in g (bank.c:35)", "mutex of g"); /* another build */
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(agnnodes(graph), 3);
    assert_null(
        strstr(agget(node_of(graph, "born in f\\nbank.c:10"), (char *)"label"), "\xc3\x97"));
    assert_attribute(node_of(graph, "born in f\\nbank.c:20"), "label", "\xc3\x97 2");
    assert_attribute(node_of(graph, "born in g"), "label", "\xc3\x97 2");
    agclose(graph);
    fixture_free(fixture);
}

static void every_format_is_what_its_name_says(void **state)
{
    struct fixture *fixture = fixture_new(16);
    static const struct {
        const char *name, *start;
    } formats[] = {
        {"locks.svg", "<?xml"},   {"locks.png", "\x89PNG\r\n"}, {"locks.pdf", "%PDF-"},
        {"locks.dot", "digraph"}, {"locks.gv", "digraph"},
    };
    const struct lh_graph_options by_suffix = {0};
    size_t size;

    (void)state;
    fixture_inversion(fixture);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *bytes = drawn(fixture, &by_suffix, formats[i].name, &size);
        assert_true(size > strlen(formats[i].start));
        assert_memory_equal(bytes, formats[i].start, strlen(formats[i].start));
        free(bytes);
    }
    fixture_free(fixture);
}

static void unknown_formats_are_refused(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const struct lh_graph_options by_suffix = {0}, by_name = {.format = "docx"};
    const char *why = NULL;

    (void)state;
    assert_int_equal(lh_report_graph(&fixture->report, &by_suffix, path_of("a.bmp"), &why),
                     -EINVAL);
    assert_non_null(strstr(why, "svg"));
    assert_int_equal(lh_report_graph(&fixture->report, &by_suffix, "/tmp/x.svg/plain", NULL),
                     -EINVAL);
    assert_int_equal(lh_report_graph(&fixture->report, &by_name, path_of("a.svg"), NULL), -EINVAL);
    fixture_free(fixture);
}

static void an_unwritable_path_is_an_error_of_the_system(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const struct lh_graph_options options = {.format = "svg"};
    const char *why = NULL;

    (void)state;
    fixture_inversion(fixture);
    assert_int_equal(lh_report_graph(&fixture->report, &options, path_of("no/such/a.svg"), &why),
                     -ENOENT);
    assert_non_null(why);
    if (access("/dev/full", W_OK) == 0)
        assert_int_equal(lh_report_graph(&fixture->report, &options, "/dev/full", NULL), -ENOSPC);
    fixture_free(fixture);
}

static void an_empty_model_has_an_empty_picture(void **state)
{
    struct fixture *fixture = fixture_new(16);
    size_t size;

    (void)state;
    char *svg = drawn(fixture, &(struct lh_graph_options){0}, "empty.svg", &size);
    assert_non_null(strstr(svg, "0 lock classes"));
    free(svg);
    fixture_free(fixture);
}

static void conditions_are_no_nodes_of_their_own(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_mutex(fixture, "alone");
    fixture_lock(fixture, fixture_class(fixture, "wakeup", LH_LOCK_COND), "wakeup");
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_non_null(node_of(graph, "alone"));
    assert_null(node_of(graph, "wakeup"));
    agclose(graph);
    fixture_free(fixture);
}

/* A ladder too big to draw, with a cycle at its rarest end. */
static struct fixture *big_fixture(uint32_t n, uint32_t reach)
{
    struct fixture *fixture = fixture_new((size_t)n * reach + 16);
    uint32_t *locks = calloc(n, sizeof *locks), site = fixture_site(fixture, "f", 1);

    assert_non_null(locks);
    for (uint32_t i = 0; i < n; i++)
        locks[i] = fixture_mutex(fixture, i + 2 < n ? "busy" : "rare");
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 1; k <= reach && i + k < n; k++)
            fixture_dep(fixture, locks[i], site, locks[i + k], site, i + 2 < n ? 1000 + i : 1);
    const uint32_t cycle[] = {locks[n - 2], locks[n - 1]}, stacks[] = {site, site};
    fixture_cycle(fixture, cycle, 2, stacks, LH_FILTER_NONE);
    free(locks);
    return fixture;
}

static void big_graphs_are_drawn_in_part_and_say_so(void **state)
{
    struct fixture *fixture = big_fixture(2000, 20);
    size_t size;

    (void)state;
    char *svg = drawn(fixture, &(struct lh_graph_options){0}, "big.svg", &size);
    assert_non_null(strstr(svg, "2000 lock classes"));
    assert_non_null(strstr(svg, "Too big to draw"));
    assert_non_null(strstr(svg, ">rare<"));
    free(svg);
    Agraph_t *whole = graph_of(fixture, &everything);
    assert_int_equal(agnnodes(whole), 2000);
    agclose(whole);
    fixture_free(fixture);
}

static void the_bound_keeps_edges_of_findings_first(void **state)
{
    struct fixture *fixture = big_fixture(2000, 20);
    struct lh_programs *programs = lh_programs_new(fixture->model);
    struct lh_class_graph graph;
    struct lh_selection selection;

    (void)state;
    assert_int_equal(lh_class_graph_build(fixture->model, programs, fixture->findings, &graph), 0);
    assert_int_equal(lh_graph_select(&graph, &everything, &lh_graph_readable, &selection), 0);
    assert_true(selection.reduced);
    assert_in_range(selection.nodes, 2, lh_graph_readable.nodes);
    assert_in_range(selection.edges, 2, lh_graph_readable.edges);
    size_t of_findings = 0;
    for (size_t i = 0; i < graph.n_edges; i++)
        if (graph.edges[i].findings.first > 0) {
            assert_true(graph.edges[i].drawn);
            of_findings++;
        }
    assert_int_equal(of_findings, 2);
    lh_class_graph_free(&graph);
    lh_programs_free(programs);
    fixture_free(fixture);
}

static enum lh_layout layout_of(const struct fixture *fixture)
{
    struct lh_programs *programs = lh_programs_new(fixture->model);
    struct lh_class_graph graph;
    enum lh_layout layout = LH_LAYOUT_ROUGH;

    assert_int_equal(lh_class_graph_build(fixture->model, programs, fixture->findings, &graph), 0);
    assert_int_equal(lh_graph_layout(&graph, &layout), 0);
    lh_class_graph_free(&graph);
    lh_programs_free(programs);
    return layout;
}

static void long_chains_with_many_shortcuts_are_laid_out_without_ranks(void **state)
{
    enum { LOCKS = 250 };
    struct fixture *fixture = fixture_new(3 * LOCKS);
    uint32_t locks[LOCKS], site = fixture_site(fixture, "f", 1);
    size_t size;

    (void)state;
    for (size_t i = 0; i < LOCKS; i++)
        locks[i] = fixture_mutex(fixture, "link");
    for (size_t i = 0; i + 1 < LOCKS; i++)
        fixture_dep(fixture, locks[i], site, locks[i + 1], site, 1);
    assert_int_equal(layout_of(fixture), LH_LAYOUT_BRIEF);
    for (size_t i = 0; i < LOCKS / 2; i++)
        fixture_dep(fixture, locks[i], site, locks[LOCKS - 1 - i], site, 1);
    assert_int_equal(layout_of(fixture), LH_LAYOUT_SPRING);
    char *svg = drawn(fixture, &(struct lh_graph_options){0}, "chain.svg", &size);
    assert_non_null(strstr(svg, "250 lock classes"));
    free(svg);
    fixture_free(fixture);
}

static void small_graphs_get_the_full_layout_in_a_cycle_too(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    assert_int_equal(layout_of(fixture), LH_LAYOUT_FULL);
    fixture_inversion(fixture);
    assert_int_equal(layout_of(fixture), LH_LAYOUT_FULL);
    fixture_free(fixture);
}

static void numbers_that_name_nothing_do_no_harm(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[0].wants.lock = 4000000000;
    finding->participants[1].cycle_hold = 4000000000;
    fixture->process->deps[1].held[0].lock = 4000000000;
    fixture->process->deps[1].held[0].stack = 4000000000;
    fixture->process->locks[2].class_id = 4000000000;
    Agraph_t *graph = graph_of(fixture, &everything);
    assert_int_equal(agnedges(graph), 0);
    agclose(graph);
    fixture_free(fixture);
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_edges_of_an_inversion_carry_count_and_finding),
        cmocka_unit_test(locks_of_a_class_share_a_node_and_may_nest),
        cmocka_unit_test(every_held_lock_has_an_edge_to_the_wanted_one),
        cmocka_unit_test(trylock_edges_are_dashed_and_reader_edges_dotted),
        cmocka_unit_test(edges_of_filtered_cycles_are_thin_and_say_why),
        cmocka_unit_test(sites_beyond_five_are_counted),
        cmocka_unit_test(cycles_only_leaves_the_rest_out),
        cmocka_unit_test(around_keeps_matches_and_neighbours),
        cmocka_unit_test(around_nothing_is_an_error),
        cmocka_unit_test(hostile_names_stay_text),
        cmocka_unit_test(programs_are_clusters),
        cmocka_unit_test(runs_of_a_program_are_one_graph),
        cmocka_unit_test(a_lock_that_its_owner_wants_again_is_a_loop),
        cmocka_unit_test(a_cycle_across_runs_is_marked),
        cmocka_unit_test(classes_of_one_function_are_united_by_line),
        cmocka_unit_test(every_format_is_what_its_name_says),
        cmocka_unit_test(unknown_formats_are_refused),
        cmocka_unit_test(an_unwritable_path_is_an_error_of_the_system),
        cmocka_unit_test(an_empty_model_has_an_empty_picture),
        cmocka_unit_test(conditions_are_no_nodes_of_their_own),
        cmocka_unit_test(big_graphs_are_drawn_in_part_and_say_so),
        cmocka_unit_test(the_bound_keeps_edges_of_findings_first),
        cmocka_unit_test(long_chains_with_many_shortcuts_are_laid_out_without_ranks),
        cmocka_unit_test(small_graphs_get_the_full_layout_in_a_cycle_too),
        cmocka_unit_test(numbers_that_name_nothing_do_no_harm),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
