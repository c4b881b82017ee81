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
    const struct lh_process *process;
    const struct lh_held *held, *wanted;
    uint64_t count;
};

struct builder {
    const struct lh_model *model;
    const struct lh_findings *findings;
    size_t *first_node; /* of each process */
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

static size_t process_index(const struct builder *builder, const struct lh_process *process)
{
    size_t i = 0;

    while (i < builder->model->n_processes && builder->model->processes[i] != process)
        i++;
    return i;
}

/* UINT32_MAX: the lock has no class. */
static uint32_t node_of(const struct builder *builder, size_t index, uint32_t lock)
{
    if (index >= builder->model->n_processes)
        return UINT32_MAX;
    const struct lh_process *process = builder->model->processes[index];
    uint32_t class = lh_process_lock(process, lock)->class_id;
    if (class == 0 || class >= process->n_classes)
        return UINT32_MAX;
    return (uint32_t)(builder->first_node[index] + class);
}

static int add_nodes(struct builder *builder)
{
    const struct lh_model *model = builder->model;
    size_t total = 0;

    builder->first_node = calloc(model->n_processes + 1, sizeof *builder->first_node);
    if (builder->first_node == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < model->n_processes; i++) {
        builder->first_node[i] = total;
        total += model->processes[i]->n_classes;
    }
    if (total >= UINT32_MAX)
        return -E2BIG;
    builder->graph.nodes = calloc(total + 1, sizeof *builder->graph.nodes);
    if (builder->graph.nodes == NULL)
        return -ENOMEM;
    builder->graph.n_nodes = total;
    for (size_t i = 0; i < model->n_processes; i++)
        for (size_t class = 0; class < model->processes[i]->n_classes; class ++)
            builder->graph.nodes[builder->first_node[i] + class] = (struct lh_class_node){
                .process = model->processes[i],
                .process_index = i,
                .class = &model->processes[i]->classes[class],
            };
    return 0;
}

static void count_uses(struct builder *builder, size_t index)
{
    const struct lh_process *process = builder->model->processes[index];

    for (size_t i = 1; i < process->n_locks; i++) {
        const struct lh_lock *lock = &process->locks[i];
        uint32_t node = lock->uid != 0 ? node_of(builder, index, (uint32_t)i) : UINT32_MAX;
        if (node == UINT32_MAX)
            continue;
        add(&builder->graph.nodes[node].locks, lock->instances > 0 ? lock->instances : 1);
        add(&builder->graph.nodes[node].acquisitions, lock->acquisitions);
        add(&builder->graph.nodes[node].acquisitions, lock->acquisitions_shared);
        add(&builder->graph.nodes[node].contended, lock->contended);
    }
}

static int add_pair(struct builder *builder, size_t index, const struct lh_held *held,
                    const struct lh_held *wanted, uint64_t count)
{
    uint32_t from = node_of(builder, index, held->lock), to = node_of(builder, index, wanted->lock);

    if (from == UINT32_MAX || to == UINT32_MAX)
        return 0;
    int result = lh_grow(&builder->pairs, &builder->pairs_capacity, builder->n_pairs + 1,
                         sizeof *builder->pairs);
    if (result != 0)
        return result;
    builder->pairs[builder->n_pairs++] = (struct pair){
        .from = from,
        .to = to,
        .process = builder->model->processes[index],
        .held = held,
        .wanted = wanted,
        .count = count,
    };
    return 0;
}

static int add_dependency(struct builder *builder, size_t index, const struct lh_dep *dep)
{
    uint64_t count = 0;
    int result = 0;

    for (size_t i = 0; i < dep->n_seen; i++)
        add(&count, dep->seen[i].count);
    for (size_t i = 0; i < dep->n_held && result == 0; i++)
        result = add_pair(builder, index, &dep->held[i], &dep->wanted, count);
    return result;
}

/* The two ends of a participant's edge in the cycle; false: it has none. */
static bool cycle_edge(const struct lh_participant *participant, const struct lh_held **ret_held)
{
    if (!participant->has_wants || participant->want_verb != NULL ||
        participant->cycle_hold >= participant->n_holds)
        return false;
    *ret_held = &participant->holds[participant->cycle_hold];
    return true;
}

/* A deadlock's last edge need not have come back as a dependency. */
static int add_finding(struct builder *builder, const struct lh_finding *finding)
{
    size_t index = process_index(builder, finding->process);
    const struct lh_held *held;
    int result = 0;

    for (size_t i = 0; i < finding->n_participants && result == 0; i++)
        if (cycle_edge(&finding->participants[i], &held))
            result = add_pair(builder, index, held, &finding->participants[i].wants, 0);
    return result;
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_pairs(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;
    int result = order(a->from, b->from);

    if (result == 0)
        result = order(a->to, b->to);
    if (result == 0)
        result = order(a->held->stack, b->held->stack);
    if (result == 0)
        result = order(a->wanted->stack, b->wanted->stack);
    return result;
}

static bool same_place(const struct lh_frame *a, const struct lh_frame *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    if (a->line != b->line || (a->file == NULL) != (b->file == NULL))
        return false;
    if (a->file == NULL)
        return a->offset == b->offset;
    return strcmp(a->file, b->file) == 0;
}

static void add_site(struct lh_class_edge *edge, const struct pair *pair)
{
    const struct lh_edge_site site = {lh_site_frame(pair->process, pair->held->stack),
                                      lh_site_frame(pair->process, pair->wanted->stack)};

    for (size_t i = 0; i < edge->n_sites; i++)
        if (same_place(edge->sites[i].held, site.held) &&
            same_place(edge->sites[i].wanted, site.wanted))
            return;
    if (edge->n_sites < LH_EDGE_SITES)
        edge->sites[edge->n_sites++] = site;
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
        edge->only_try &= (pair->wanted->flags & LH_ATTEMPT_TRY) != 0;
        edge->only_shared &= pair->wanted->mode == LH_MODE_SHARED;
        if (!same || compare_pairs(before, pair) != 0)
            add_site(edge, pair);
    }
    return 0;
}

static int compare_ends(const void *left, const void *right)
{
    const struct lh_class_edge *a = left, *b = right;
    int result = order(a->from, b->from);

    return result != 0 ? result : order(a->to, b->to);
}

static struct lh_class_edge *find_edge(const struct builder *builder, size_t index,
                                       const struct lh_held *held, const struct lh_held *wanted)
{
    const struct lh_class_edge key = {.from = node_of(builder, index, held->lock),
                                      .to = node_of(builder, index, wanted->lock)};

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
    size_t index = process_index(builder, finding->process);
    const struct lh_held *held;

    for (size_t i = 0; i < finding->n_participants; i++) {
        if (!cycle_edge(&finding->participants[i], &held))
            continue;
        struct lh_class_edge *edge =
            find_edge(builder, index, held, &finding->participants[i].wants);
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
        count_uses(builder, i);
        for (size_t k = 0; k < process->n_deps && result == 0; k++)
            if (process->deps[k].id != 0 && wants_lock(process, &process->deps[k]))
                result = add_dependency(builder, i, &process->deps[k]);
    }
    for (size_t i = 0; i < builder->findings->n_items && result == 0; i++)
        result = add_finding(builder, &builder->findings->items[i]);
    return result;
}

int lh_class_graph_build(const struct lh_model *model, const struct lh_findings *findings,
                         struct lh_class_graph *ret)
{
    struct builder builder = {.model = model, .findings = findings};
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
    free(builder.first_node);
    return result;
}

void lh_class_graph_free(struct lh_class_graph *graph)
{
    free(graph->nodes);
    free(graph->edges);
    *graph = (struct lh_class_graph){0};
}
