#include "class_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "site.h"
#include "trace.h"

/* One held lock and the lock wanted meanwhile. Sorted and grouped, they give the edges. */
struct pair {
    uint32_t from, to; /* nodes */
    bool try, shared;  /* how it was wanted */
    struct lh_edge_site site;
    uint64_t count;
};

struct builder {
    const struct lh_model *model;
    const struct lh_findings *findings;
    struct pair *pairs;
    size_t n_pairs, pairs_capacity;
    struct lh_class_graph graph;
    size_t edges_capacity;
};

static void add(uint64_t *sum, uint64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum))
        *sum = UINT64_MAX;
}

bool lh_class_node_is_lock(const struct lh_class_node *node)
{
    return node->class->kind == LH_LOCK_MUTEX || node->class->kind == LH_LOCK_RWLOCK ||
           node->class->kind == LH_LOCK_SPIN || node->class->kind == LH_LOCK_SEMAPHORE;
}

/* 0: the lock has no class. */
static uint32_t node_of(const struct builder *builder, const struct lh_process *process,
                        uint32_t lock)
{
    return (uint32_t)lh_programs_number(builder->graph.programs, process,
                                        lh_process_lock(process, lock)->class_id);
}

static int add_nodes(struct builder *builder)
{
    struct lh_class_graph *graph = &builder->graph;

    graph->n_nodes = lh_programs_classes(graph->programs) + 1;
    graph->nodes = calloc(graph->n_nodes, sizeof *graph->nodes);
    if (graph->nodes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        static const struct lh_class none = {.name = ""};
        const struct lh_common_class *common = lh_programs_class(graph->programs, i);
        graph->nodes[i] = (struct lh_class_node){
            .class = i > 0 ? common->class : &none,
            .program = common->program,
            .n_processes = common->n_processes,
        };
    }
    return 0;
}

static void count_uses(struct builder *builder, const struct lh_process *process)
{
    for (size_t i = 1; i < process->n_locks; i++) {
        const struct lh_lock *lock = &process->locks[i];
        struct lh_class_node *node = &builder->graph.nodes[node_of(builder, process, (uint32_t)i)];
        if (lock->uid == 0 || node == builder->graph.nodes)
            continue;
        add(&node->locks, lock->instances > 0 ? lock->instances : 1);
        add(&node->acquisitions, lock->acquisitions);
        add(&node->acquisitions, lock->acquisitions_shared);
        add(&node->contended, lock->contended);
    }
}

static int add_pair(struct builder *builder, const struct lh_process *process,
                    const struct lh_held *held, const struct lh_held *wanted, uint64_t count)
{
    uint32_t from = node_of(builder, process, held->lock);
    uint32_t to = node_of(builder, process, wanted->lock);

    if (from == 0 || to == 0)
        return 0;
    int result = lh_grow(&builder->pairs, &builder->pairs_capacity, builder->n_pairs + 1,
                         sizeof *builder->pairs);
    if (result != 0)
        return result;
    builder->pairs[builder->n_pairs++] = (struct pair){
        .from = from,
        .to = to,
        .try = (wanted->flags & LH_ATTEMPT_TRY) != 0,
        .shared = wanted->mode == LH_MODE_SHARED,
        .site = {process, lh_site_frame(process, held->stack),
                 lh_site_frame(process, wanted->stack)},
        .count = count,
    };
    return 0;
}

static int add_dependency(struct builder *builder, const struct lh_process *process,
                          const struct lh_dep *dep)
{
    uint64_t count = 0;
    int result = 0;

    for (size_t i = 0; i < dep->n_seen; i++)
        add(&count, dep->seen[i].count);
    for (size_t i = 0; i < dep->n_held && result == 0; i++)
        result = add_pair(builder, process, &dep->held[i], &dep->wanted, count);
    return result;
}

static bool wants(const struct lh_participant *participant)
{
    return participant->has_wants &&
           (participant->want_verb == NULL || strcmp(participant->want_verb, "wants") == 0);
}

bool lh_cycle_edge(const struct lh_participant *participant, const struct lh_held **ret_held)
{
    if (!wants(participant) || participant->cycle_hold >= participant->n_holds)
        return false;
    *ret_held = &participant->holds[participant->cycle_hold];
    return true;
}

/* A deadlock's last edge need not have come back as a dependency. */
static int add_finding(struct builder *builder, const struct lh_finding *finding)
{
    const struct lh_held *held;
    int result = 0;

    for (size_t i = 0; i < finding->n_participants && result == 0; i++)
        if (lh_cycle_edge(&finding->participants[i], &held))
            result = add_pair(builder, finding->process, held, &finding->participants[i].wants, 0);
    return result;
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_texts(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

/* By file and line; by module and offset where these are unknown. */
static int compare_places(const struct lh_frame *a, const struct lh_frame *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    int result = compare_texts(a->file, b->file);
    if (result == 0)
        result = order((uint64_t)a->line, (uint64_t)b->line);
    if (result == 0 && a->file == NULL)
        result = compare_texts(a->module, b->module);
    if (result == 0 && a->file == NULL)
        result = order(a->offset, b->offset);
    return result;
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int result = order(a->from, b->from);

    if (result == 0)
        result = order(a->to, b->to);
    if (result == 0)
        result = compare_places(a->site.held, b->site.held);
    if (result == 0)
        result = compare_places(a->site.wanted, b->site.wanted);
    return result;
}

static void add_site(struct lh_class_edge *edge, const struct lh_edge_site *site)
{
    if (edge->n_sites < LH_EDGE_SITES)
        edge->sites[edge->n_sites++] = *site;
    else
        edge->more_sites++;
}

static int begin_edge(struct builder *builder, const struct pair *pair)
{
    struct lh_class_graph *graph = &builder->graph;
    int result =
        lh_grow(&graph->edges, &builder->edges_capacity, graph->n_edges + 1, sizeof *graph->edges);

    if (result != 0)
        return result;
    graph->edges[graph->n_edges++] = (struct lh_class_edge){
        .from = pair->from,
        .to = pair->to,
        .only_try = true,
        .only_shared = true,
        .filter = LH_FILTER_NONE,
        .drawn = true,
    };
    graph->nodes[pair->from].drawn = graph->nodes[pair->to].drawn = true;
    return 0;
}

static int group_pairs(struct builder *builder)
{
    if (builder->n_pairs > 0)
        qsort(builder->pairs, builder->n_pairs, sizeof *builder->pairs, compare_pairs);
    for (size_t i = 0; i < builder->n_pairs; i++) {
        const struct pair *pair = &builder->pairs[i], *before = pair - 1;
        bool same = i > 0 && before->from == pair->from && before->to == pair->to;
        int result = same ? 0 : begin_edge(builder, pair);
        if (result != 0)
            return result;
        struct lh_class_edge *edge = &builder->graph.edges[builder->graph.n_edges - 1];
        add(&edge->count, pair->count);
        edge->only_try &= pair->try;
        edge->only_shared &= pair->shared;
        if (!same || compare_pairs(before, pair) != 0)
            add_site(edge, &pair->site);
    }
    return 0;
}

static int compare_ends(const void *left, const void *right)
{
    const struct lh_class_edge *a = left, *b = right;
    int result = order(a->from, b->from);

    return result != 0 ? result : order(a->to, b->to);
}

static struct lh_class_edge *find_edge(const struct builder *builder,
                                       const struct lh_process *process, const struct lh_held *held,
                                       const struct lh_held *wanted)
{
    const struct lh_class_edge key = {.from = node_of(builder, process, held->lock),
                                      .to = node_of(builder, process, wanted->lock)};

    if (builder->graph.n_edges == 0)
        return NULL;
    return bsearch(&key, builder->graph.edges, builder->graph.n_edges, sizeof key, compare_ends);
}

/* A finding may come twice in a row: two of its locks are of one class. */
static void join_finding(struct lh_part_of *findings, size_t number)
{
    if (findings->first == 0)
        findings->first = number;
    findings->count += findings->last != number;
    findings->last = number;
}

static void mark(const struct builder *builder, const struct lh_finding *finding, size_t number)
{
    const struct lh_held *held;

    for (size_t i = 0; i < finding->n_participants; i++) {
        if (!lh_cycle_edge(&finding->participants[i], &held))
            continue;
        struct lh_class_edge *edge =
            find_edge(builder, finding->process, held, &finding->participants[i].wants);
        if (edge == NULL)
            continue;
        if (finding->filter != LH_FILTER_NONE) {
            edge->filter = finding->filter;
            continue;
        }
        join_finding(&edge->findings, number);
        join_finding(&builder->graph.nodes[edge->from].findings, number);
        join_finding(&builder->graph.nodes[edge->to].findings, number);
    }
}

static void mark_all(const struct builder *builder)
{
    const struct lh_findings *findings = builder->findings;

    for (size_t i = 0; i < findings->n_items; i++)
        mark(builder, &findings->items[i], i + 1);
    for (size_t i = 0; i < findings->n_filtered; i++)
        mark(builder, &findings->filtered[i], 0);
}

/* Dependencies that want a condition say who waits and who signals, nothing of order. */
static bool wants_lock(const struct lh_process *process, const struct lh_dep *dep)
{
    return lh_process_lock(process, dep->wanted.lock)->kind != LH_LOCK_COND;
}

static int add_pairs(struct builder *builder)
{
    int result = 0;

    for (size_t i = 0; i < builder->model->n_processes; i++) {
        const struct lh_process *process = builder->model->processes[i];
        count_uses(builder, process);
        for (size_t k = 0; k < process->n_deps && result == 0; k++)
            if (process->deps[k].id != 0 && wants_lock(process, &process->deps[k]))
                result = add_dependency(builder, process, &process->deps[k]);
    }
    for (size_t i = 0; i < builder->findings->n_items && result == 0; i++)
        result = add_finding(builder, &builder->findings->items[i]);
    return result;
}

int lh_class_graph_build(const struct lh_model *model, const struct lh_programs *programs,
                         const struct lh_findings *findings, struct lh_class_graph *ret)
{
    struct builder builder = {.model = model, .findings = findings, .graph.programs = programs};
    int result = add_nodes(&builder);

    if (result == 0)
        result = add_pairs(&builder);
    if (result == 0)
        result = group_pairs(&builder);
    if (result == 0) {
        mark_all(&builder);
        *ret = builder.graph;
    } else {
        lh_class_graph_free(&builder.graph);
    }
    free(builder.pairs);
    return result;
}

void lh_class_graph_free(struct lh_class_graph *graph)
{
    free(graph->nodes);
    free(graph->edges);
    *graph = (struct lh_class_graph){0};
}
