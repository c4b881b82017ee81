#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "lock_graph.h"
#include "model_builder.h"

static struct lh_lock_graph *graph_of(struct mb *b, enum lh_graph_scope scope)
{
    struct lh_lock_graph *graph = NULL;

    assert_int_equal(lh_lock_graph_new(mb_process(b), scope, &graph), 0);
    return graph;
}

static void graph_without_cycles_is_empty(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), one = mb_thread(b);

    (void)state;
    MB_DEP(b, one, X(c), X(a));
    struct lh_lock_graph *graph = graph_of(b, LH_GRAPH_ALL);
    assert_int_equal(graph->n_nodes, 0);
    assert_int_equal(graph->n_edges, 0);
    assert_int_equal(graph->n_components, 0);
    lh_lock_graph_free(graph);
    mb_free(b);
}

static void components_are_apart_and_what_hangs_on_them_is_gone(void **state)
{
    struct mb *b = mb_new();
    uint32_t a[2], c[3], one = mb_thread(b), lone = mb_mutex(b, "lone");

    (void)state;
    for (int i = 0; i < 2; i++)
        a[i] = mb_mutex(b, "a");
    for (int i = 0; i < 3; i++)
        c[i] = mb_mutex(b, "c");
    MB_DEP(b, one, X(a[1]), X(a[0]));
    MB_DEP(b, one, X(a[0]), X(a[1]));
    for (int i = 0; i < 3; i++)
        MB_DEP(b, one, X(c[(i + 1) % 3]), X(c[i]));
    MB_DEP(b, one, X(c[0]), X(a[0]));
    MB_DEP(b, one, X(lone), X(a[0]));
    struct lh_lock_graph *graph = graph_of(b, LH_GRAPH_BLOCKING);
    assert_int_equal(graph->n_components, 2);
    assert_int_equal(graph->n_nodes, 5);
    assert_int_equal(graph->n_edges, 5);
    for (uint32_t i = 0; i < graph->n_edges; i++)
        assert_int_equal(graph->nodes[graph->edges[i].from].component,
                         graph->nodes[graph->edges[i].to].component);
    for (uint32_t i = 0; i < graph->n_nodes; i++)
        assert_int_not_equal(graph->nodes[i].lock, lone);
    lh_lock_graph_free(graph);
    mb_free(b);
}

static void one_retreating_edge_in_a_ring(void **state)
{
    struct mb *b = mb_new();
    uint32_t locks[40], retreating = 0;

    (void)state;
    for (int i = 0; i < 40; i++)
        locks[i] = mb_mutex(b, "a");
    for (int i = 0; i < 40; i++)
        MB_DEP(b, mb_thread(b), X(locks[(i * 7 + 7) % 40]), X(locks[i * 7 % 40]));
    struct lh_lock_graph *graph = graph_of(b, LH_GRAPH_BLOCKING);
    assert_int_equal(graph->n_edges, 40);
    for (uint32_t i = 0; i < graph->n_edges; i++)
        retreating += graph->edges[i].from > graph->edges[i].to;
    assert_int_equal(retreating, 1);
    lh_lock_graph_free(graph);
    mb_free(b);
}

static void like_dependencies_are_one_way_with_their_instances(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), gate = mb_mutex(b, "gate");
    uint32_t one = mb_thread(b), two = mb_thread(b), dep;

    (void)state;
    dep = MB_DEP(b, one, X(c), X(a));
    mb_seen(b, dep, two, 4);
    MB_DEP(b, two, X(c), X(a));           /* like the first */
    MB_DEP(b, one, AT(c, "other"), X(a)); /* another place */
    MB_DEP(b, one, X(c), X(gate), X(a));  /* another held set */
    MB_DEP(b, one, X(a), X(c));
    struct lh_lock_graph *graph = graph_of(b, LH_GRAPH_BLOCKING);
    assert_int_equal(graph->n_edges, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct lh_edge *edge = &graph->edges[i];
        bool forth = graph->nodes[edge->from].lock == a;
        assert_int_equal(edge->n_ways, forth ? 3 : 1);
        assert_int_equal(edge->n_places, forth ? 2 : 1);
        assert_int_equal(edge->count, forth ? 1 + 4 + 1 + 1 + 1 : 1);
        for (uint32_t k = 0; forth && k < edge->n_ways; k++) {
            const struct lh_way *way = &graph->ways[edge->first_way + k];
            assert_in_range(way->n_instances, 1, 2);
        }
    }
    assert_int_equal(graph->n_elements, 3);
    lh_lock_graph_free(graph);
    mb_free(b);
}

static void trylock_is_an_edge_only_where_asked_for(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), one = mb_thread(b);

    (void)state;
    MB_DEP(b, one, TRY(c), X(a));
    MB_DEP(b, one, X(a), X(c));
    struct lh_lock_graph *graph = graph_of(b, LH_GRAPH_BLOCKING);
    assert_int_equal(graph->n_edges, 0);
    lh_lock_graph_free(graph);
    graph = graph_of(b, LH_GRAPH_ALL);
    assert_int_equal(graph->n_edges, 2);
    lh_lock_graph_free(graph);
    mb_free(b);
}

static void graph_100000_locks_deep_needs_no_stack(void **state)
{
    struct mb *b = mb_new();
    uint32_t n = 100000, one = mb_thread(b), first = mb_mutex(b, "a"), last = first;

    (void)state;
    for (uint32_t i = 1; i < n; i++) {
        uint32_t next = mb_mutex(b, "a");
        MB_DEP(b, one, X(next), X(last));
        last = next;
    }
    MB_DEP(b, one, X(first), X(last));
    struct lh_lock_graph *graph = graph_of(b, LH_GRAPH_BLOCKING);
    assert_int_equal(graph->n_components, 1);
    assert_int_equal(graph->n_nodes, n);
    lh_lock_graph_free(graph);
    mb_free(b);
}

static void edges_are_indexed_by_both_ends(void **state)
{
    struct mb *b = mb_new();
    uint32_t locks[6], one = mb_thread(b), in = 0, out = 0;

    (void)state;
    for (int i = 0; i < 6; i++)
        locks[i] = mb_mutex(b, "a");
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++)
            if (i != k && (i + k) % 3)
                MB_DEP(b, one, X(locks[k]), X(locks[i]));
    struct lh_lock_graph *graph = graph_of(b, LH_GRAPH_BLOCKING);
    for (uint32_t i = 0; i < graph->n_nodes; i++) {
        const struct lh_node *node = &graph->nodes[i];
        for (uint32_t k = 0; k < node->n_out; k++, out++)
            assert_int_equal(graph->edges[node->first_out + k].from, i);
        for (uint32_t k = 0; k < node->n_in; k++, in++)
            assert_int_equal(graph->edges[graph->incoming[node->first_in + k]].to, i);
    }
    assert_true(graph->n_edges > 0);
    assert_int_equal(in, graph->n_edges);
    assert_int_equal(out, graph->n_edges);
    lh_lock_graph_free(graph);
    mb_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graph_without_cycles_is_empty),
        cmocka_unit_test(components_are_apart_and_what_hangs_on_them_is_gone),
        cmocka_unit_test(one_retreating_edge_in_a_ring),
        cmocka_unit_test(like_dependencies_are_one_way_with_their_instances),
        cmocka_unit_test(trylock_is_an_edge_only_where_asked_for),
        cmocka_unit_test(graph_100000_locks_deep_needs_no_stack),
        cmocka_unit_test(edges_are_indexed_by_both_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
