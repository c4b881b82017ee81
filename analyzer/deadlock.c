/*
 * Threads that waited for each other when the trace ended: the cycles of the waits-for graph.
 */
#include "analyses.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "components.h"
#include "futex_words.h"
#include "message.h"
#include "pool.h"
#include "posters.h"
#include "site.h"
#include "waits_for.h"

#define PLACES_COUNTED 64u
#define THREADS_SHOWN  4u /* of a long cycle, in the message */

struct search {
    const struct lh_process *process;
    struct lh_findings *findings;
    struct lh_waits_for graph;
    size_t *first;       /* by thread index: its first edge */
    uint32_t *component; /* by thread index */
    uint32_t *by_edge;   /* breadth first: the edge that led to a thread */
    uint32_t *mark, *queue;
    uint32_t round;
    bool *told; /* by thread index: part of a reported cycle */
};

/* ---- the finding ---- */

static const char *wait_text(struct lh_pool *pool, const struct lh_finding *finding, size_t i)
{
    const struct lh_participant *participant = &finding->participants[i];
    const struct lh_participant *next = &finding->participants[(i + 1) % finding->n_participants];

    if (!participant->has_wants)
        return lh_pool_printf(pool, "waits for %s to end",
                              lh_thread_text(pool, finding->process, next->thread));
    if (lh_process_lock(finding->process, participant->wants.lock)->kind == LH_LOCK_FUTEX)
        return lh_pool_printf(pool, "waits for %s, which %s initializes",
                              lh_lock_text(finding, participant->wants.lock),
                              lh_thread_text(pool, finding->process, next->thread));
    return lh_pool_printf(pool, "waits for %s%s", lh_lock_text(finding, participant->wants.lock),
                          next->cycle_hold < next->n_holds ? "" : " behind a waiting writer");
}

static const char *member_text(struct lh_pool *pool, const struct lh_finding *finding, size_t i)
{
    const struct lh_participant *participant = &finding->participants[i];
    const char *thread = lh_thread_text(pool, finding->process, participant->thread);

    if (participant->cycle_hold >= participant->n_holds)
        return lh_pool_printf(pool, "%s %s", thread, wait_text(pool, finding, i));
    return lh_pool_printf(pool, "%s holds %s and %s", thread,
                          lh_lock_text(finding, participant->holds[participant->cycle_hold].lock),
                          wait_text(pool, finding, i));
}

static const char *cycle_message(struct lh_pool *pool, const struct lh_finding *finding)
{
    size_t n = finding->n_participants, shown = n <= THREADS_SHOWN ? n : THREADS_SHOWN - 1;
    const char *text = member_text(pool, finding, 0);

    for (size_t i = 1; text && i < shown; i++)
        text = lh_pool_printf(pool, "%s, %s", text, member_text(pool, finding, i));
    if (text && shown < n)
        text = lh_pool_printf(pool, "%s, and so on through %zu threads", text, n);
    return text;
}

static bool has_place(const uint32_t *places, uint32_t n, uint32_t stack)
{
    for (uint32_t i = 0; i < n; i++)
        if (places[i] == stack)
            return true;
    return false;
}

/* How often `to` was wanted with `from` held, and at how many places (up to a limit). */
static struct lh_order count_order(const struct lh_process *process, uint32_t from, uint32_t to)
{
    struct lh_order order = {0};
    uint32_t places[PLACES_COUNTED];

    for (size_t i = 0; i < process->n_deps; i++) {
        const struct lh_dep *dep = &process->deps[i];
        size_t hold = 0;
        if (!dep->id || dep->wanted.lock != to)
            continue;
        while (hold < dep->n_held && dep->held[hold].lock != from)
            hold++;
        if (hold == dep->n_held)
            continue;
        for (size_t k = 0; k < dep->n_seen; k++)
            order.count += dep->seen[k].count;
        if (order.places < PLACES_COUNTED && !has_place(places, order.places, dep->wanted.stack))
            places[order.places++] = dep->wanted.stack;
    }
    return order;
}

static const char *join_remedy(struct lh_pool *pool, const struct lh_finding *finding, size_t i)
{
    const struct lh_participant *participant = &finding->participants[i];

    if (participant->has_wants || participant->cycle_hold >= participant->n_holds)
        return NULL;
    return lh_pool_printf(pool, "release %s before the join in %s",
                          lh_lock_text(finding, participant->holds[participant->cycle_hold].lock),
                          lh_site_text(pool, finding->process, participant->wants.stack));
}

/* What breaks the cycle: no lock over a join, or one order for all. */
static const char *cycle_remedy(struct lh_pool *pool, const struct lh_finding *finding)
{
    size_t n = finding->n_participants;
    struct lh_order *orders = lh_pool_alloc(pool, n * sizeof(*orders));

    for (size_t i = 0; orders && i < n; i++) {
        const struct lh_participant *participant = &finding->participants[i];
        const char *remedy = join_remedy(pool, finding, i);
        if (remedy)
            return remedy;
        if (lh_process_lock(finding->process, participant->wants.lock)->kind == LH_LOCK_FUTEX)
            return lh_futex_words(finding->process,
                                  lh_process_thread(finding->process, participant->thread))
                ->remedy;
        if (!participant->has_wants || participant->cycle_hold >= participant->n_holds)
            return NULL;
        orders[i] = count_order(finding->process, participant->holds[participant->cycle_hold].lock,
                                participant->wants.lock);
    }
    return orders ? lh_order_remedy(pool, finding, orders) : NULL;
}

static int fill_participant(struct lh_participant *participant, struct lh_pool *pool,
                            const struct lh_thread *thread, uint32_t hold)
{
    *participant = (struct lh_participant){
        .thread = thread->uid,
        .n_holds = thread->n_held,
        .has_wants = thread->wait_kind != LH_WAIT_JOIN,
        .joins = thread->wait_kind == LH_WAIT_JOIN ? thread->wait_other : LH_NO_THREAD,
        .wants = {.lock = thread->wait_kind != LH_WAIT_JOIN ? thread->wait_lock : LH_NO_LOCK,
                  .stack = thread->wait_stack,
                  .mode = thread->wait_mode,
                  .flags = thread->wait_flags},
        .cycle_hold = hold < thread->n_held ? hold : (uint32_t)thread->n_held,
    };
    if (!thread->n_held)
        return 0;
    participant->holds = lh_pool_copy(pool, thread->held, thread->n_held * sizeof(*thread->held));
    return participant->holds ? 0 : -ENOMEM;
}

static void add_lock(struct lh_finding *finding, uint32_t lock)
{
    for (size_t i = 0; i < finding->n_locks; i++)
        if (finding->locks[i] == lock)
            return;
    finding->locks[finding->n_locks++] = lock;
}

/* Participants from the edges of a cycle: each edge ends where the next begins. */
static int fill(struct lh_finding *finding, struct lh_pool *pool, const struct search *search,
                const struct lh_wait_edge *edges, size_t n)
{
    finding->process = search->process;
    finding->severity = LH_ERROR;
    finding->participants = lh_pool_alloc(pool, n * sizeof(*finding->participants));
    finding->locks = lh_pool_alloc(pool, n * sizeof(*finding->locks));
    if (!finding->participants || !finding->locks)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct lh_thread *thread = &search->process->threads[edges[i].from];
        struct lh_participant *participant = &finding->participants[i];
        if (fill_participant(participant, pool, thread, edges[(i + n - 1) % n].hold) < 0)
            return -ENOMEM;
        if (participant->has_wants)
            add_lock(finding, participant->wants.lock);
    }
    finding->n_participants = n;
    return 0;
}

static void fill_self(struct lh_finding *finding, struct lh_pool *pool)
{
    const struct lh_participant *self = &finding->participants[0];
    bool has_hold = self->cycle_hold < self->n_holds;
    const struct lh_held hold = has_hold ? self->holds[self->cycle_hold] : self->wants;
    const char *lock = lh_lock_text(finding, hold.lock);
    const char *thread = lh_thread_text(pool, finding->process, self->thread);
    const char *taken = lh_site_text(pool, finding->process, hold.stack);
    const char *wanted = lh_site_text(pool, finding->process, self->wants.stack);

    if (finding->kind == LH_KIND_UPGRADE_DEADLOCK) {
        finding->message = lh_pool_printf(
            pool, "%s wants %s for writing while it holds it for reading", thread, lock);
        finding->remedy = lh_pool_printf(pool, "release %s before %s, or take it for writing in %s",
                                         lock, wanted, taken);
        return;
    }
    finding->message = lh_pool_printf(pool, "%s waits for %s, which it holds itself", thread, lock);
    finding->remedy = lh_pool_printf(pool, "release %s, taken in %s, before %s takes it again",
                                     lock, taken, wanted);
}

static enum lh_kind kind_of(const struct search *search, const struct lh_wait_edge *edge)
{
    const struct lh_thread *thread = &search->process->threads[edge->from];

    if (edge->from != edge->to)
        return LH_KIND_DEADLOCK;
    return thread->held[edge->hold].mode == LH_MODE_SHARED ? LH_KIND_UPGRADE_DEADLOCK
                                                           : LH_KIND_SELF_DEADLOCK;
}

/* A semaphore can be posted by anybody, and somebody is there who has done so before. */
static int weigh(struct lh_finding *finding, struct lh_pool *pool)
{
    uint32_t poster;
    int error = finding->process->stalled ? 0 : lh_find_poster(finding, &poster);

    if (error || finding->process->stalled || poster == LH_NO_THREAD)
        return error;
    finding->severity = LH_WARNING;
    finding->message =
        lh_pool_printf(pool,
                       "%s; in doubt, as %s, which has posted one of the semaphores before, "
                       "could do so again",
                       finding->message, lh_thread_text(pool, finding->process, poster));
    return 0;
}

static int report(struct search *search, const struct lh_wait_edge *edges, size_t n)
{
    struct lh_findings *findings = search->findings;
    struct lh_finding *finding = lh_findings_add(findings);

    if (!finding)
        return -ENOMEM;
    finding->kind = kind_of(search, edges);
    if (fill(finding, findings->pool, search, edges, n) < 0) {
        findings->n_items--;
        return -ENOMEM;
    }
    if (finding->kind == LH_KIND_DEADLOCK) {
        finding->message = cycle_message(findings->pool, finding);
        finding->remedy = cycle_remedy(findings->pool, finding);
        if (finding->message && weigh(finding, findings->pool) < 0) {
            findings->n_items--;
            return -ENOMEM;
        }
    } else {
        fill_self(finding, findings->pool);
    }
    lh_fingerprint(finding, finding->fingerprint);
    /* The same fault in further threads is counted. */
    return lh_findings_finish(findings);
}

/* ---- the search ---- */

static size_t end_of(const struct search *search, uint32_t thread)
{
    return search->first[thread + 1];
}

/* Breadth first from a thread back to itself. The last edge, or SIZE_MAX when there is no way. */
static size_t find_way_back(struct search *search, uint32_t start)
{
    size_t head = 0, tail = 0;

    search->round++;
    search->queue[tail++] = start;
    while (head < tail) {
        uint32_t thread = search->queue[head++];
        for (size_t i = search->first[thread]; i < end_of(search, thread); i++) {
            uint32_t to = search->graph.edges[i].to;
            if (to == start)
                return i;
            if (search->mark[to] == search->round)
                continue;
            search->mark[to] = search->round;
            search->by_edge[to] = (uint32_t)i;
            search->queue[tail++] = to;
        }
    }
    return SIZE_MAX;
}

static int report_cycle(struct search *search, uint32_t start, size_t last)
{
    struct lh_wait_edge *cycle;
    size_t n = 1, at;
    int error;

    for (at = last; search->graph.edges[at].from != start; n++)
        at = search->by_edge[search->graph.edges[at].from];
    cycle = calloc(n, sizeof(*cycle));
    if (!cycle)
        return -ENOMEM;
    at = last;
    for (size_t i = n; i-- > 0;) {
        cycle[i] = search->graph.edges[at];
        search->told[cycle[i].from] = true;
        at = search->by_edge[cycle[i].from];
    }
    error = report(search, cycle, n);
    free(cycle);
    return error;
}

static int search_cycles(struct search *search)
{
    int error = 0;

    for (uint32_t i = 0; !error && i < search->process->n_threads; i++) {
        size_t last;
        if (search->told[i] || search->first[i] == end_of(search, i))
            continue;
        last = find_way_back(search, i);
        if (last != SIZE_MAX)
            error = report_cycle(search, i, last);
    }
    return error;
}

/* Keep only edges inside components, so that every thread with an edge is in a cycle. */
static int keep_components(struct search *search)
{
    struct lh_waits_for *graph = &search->graph;
    struct lh_arc *arcs = calloc(graph->n + 1, sizeof(*arcs));
    size_t kept = 0;
    int error = -ENOMEM;

    if (!arcs)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->n; i++)
        arcs[i] = (struct lh_arc){graph->edges[i].from, graph->edges[i].to, i, 0};
    error = lh_components(arcs, graph->n, (uint32_t)search->process->n_threads, search->component);
    for (size_t i = 0; !error && i < graph->n; i++)
        if (search->component[graph->edges[i].from] == search->component[graph->edges[i].to])
            graph->edges[kept++] = graph->edges[i];
    graph->n = error ? graph->n : kept;
    free(arcs);
    return error;
}

static void index_edges(struct search *search)
{
    size_t at = 0;

    for (uint32_t i = 0; i <= search->process->n_threads; i++) {
        while (at < search->graph.n && search->graph.edges[at].from < i)
            at++;
        search->first[i] = at;
    }
}

static int prepare(struct search *search)
{
    size_t n = search->process->n_threads + 1;
    int error = lh_waits_for_init(&search->graph, search->process);

    search->first = calloc(n + 1, sizeof(*search->first));
    search->component = calloc(n, sizeof(*search->component));
    search->by_edge = calloc(n, sizeof(*search->by_edge));
    search->mark = calloc(n, sizeof(*search->mark));
    search->queue = calloc(n + 1, sizeof(*search->queue));
    search->told = calloc(n, sizeof(*search->told));
    if (!search->first || !search->component || !search->by_edge || !search->mark ||
        !search->queue || !search->told)
        error = -ENOMEM;
    if (!error)
        error = keep_components(search);
    if (!error)
        index_edges(search);
    return error;
}

static void release(struct search *search)
{
    lh_waits_for_done(&search->graph);
    free(search->first);
    free(search->component);
    free(search->by_edge);
    free(search->mark);
    free(search->queue);
    free(search->told);
}

static int search_process(const struct lh_process *process, struct lh_findings *findings)
{
    struct search search = {.process = process, .findings = findings};
    int error = prepare(&search);

    for (size_t i = 0; !error && i < search.graph.n_selves; i++)
        error = report(&search, &search.graph.selves[i], 1);
    if (!error)
        error = search_cycles(&search);
    release(&search);
    return error;
}

int lh_find_deadlocks(const struct lh_model *model, struct lh_findings *findings)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        int error = search_process(model->processes[i], findings);
        if (error)
            return error;
    }
    return 0;
}
