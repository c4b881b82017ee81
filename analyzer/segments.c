#include "segments.h"

#include <stdlib.h>
#include <string.h>

#define TRAVERSALS 3
#define CACHE_SIZE 8192u /* a power of two */

struct label {
    uint32_t low, post; /* an ancestor's interval lies within its descendant's */
};

struct frame {
    uint32_t segment;
    uint32_t next; /* parents looked at */
};

struct answer {
    uint32_t a, b;
    bool before;
};

struct lh_segments {
    const struct lh_process *process;
    uint32_t n;      /* table places; 0 is unused */
    uint32_t *order; /* ancestors have smaller numbers; 0: no such segment */
    uint32_t *pre;   /* first traversal: number on entering */
    struct label *labels[TRAVERSALS];
    uint32_t *mark; /* of the search that saw it last */
    uint32_t search;
    struct frame *stack; /* n frames */
    struct answer *cache;
};

static bool exists(const struct lh_segments *segments, uint32_t id)
{
    return id != LH_NO_SEGMENT && id < segments->n && segments->process->segments[id].id != 0;
}

/* The i-th parent, or LH_NO_SEGMENT when it is unknown or would close a loop. */
static uint32_t parent_of(const struct lh_segments *segments, uint32_t id, uint32_t i)
{
    uint32_t parent = segments->process->segments[id].parents[i];

    if (!exists(segments, parent) || parent == id)
        return LH_NO_SEGMENT;
    return parent;
}

/* An edge that the first traversal found to point upwards in the order is part of a loop. */
static bool is_ordered(const struct lh_segments *segments, uint32_t parent, uint32_t child)
{
    return segments->order[parent] < segments->order[child];
}

static uint32_t n_parents_of(const struct lh_segments *segments, uint32_t id)
{
    const struct lh_segment *segment = &segments->process->segments[id];

    return segment->parents ? segment->n_parents : 0;
}

/*
 * The first traversal: depth first towards the ancestors; finishing numbers are a topological order
 * (ancestors finish first) if edges that close a loop are left out.
 */
static void number_from(struct lh_segments *segments, uint32_t root, uint32_t *entered,
                        uint32_t *finished)
{
    size_t depth = 0;

    segments->pre[root] = ++*entered;
    segments->stack[depth++] = (struct frame){root, 0};
    while (depth) {
        struct frame *top = &segments->stack[depth - 1];
        uint32_t id = top->segment;

        if (top->next == n_parents_of(segments, id)) {
            segments->order[id] = ++*finished;
            depth--;
            continue;
        }
        uint32_t parent = parent_of(segments, id, top->next++);
        if (parent == LH_NO_SEGMENT || segments->pre[parent])
            continue;
        segments->pre[parent] = ++*entered;
        segments->stack[depth++] = (struct frame){parent, 0};
    }
}

static void number_all(struct lh_segments *segments)
{
    uint32_t entered = 0, finished = 0;

    for (uint32_t id = segments->n; id-- > 1;)
        if (exists(segments, id) && !segments->pre[id])
            number_from(segments, id, &entered, &finished);
}

/* Parents in an order of its own for each traversal, so that the intervals differ. */
static uint32_t parent_in_turn(const struct lh_segments *segments, uint32_t id, uint32_t i,
                               int traversal)
{
    uint32_t n = n_parents_of(segments, id);

    if (traversal == 1)
        i = n - 1 - i;
    else if (traversal == 2 && n)
        i = (i + id) % n;
    return parent_of(segments, id, i);
}

static void label_from(struct lh_segments *segments, uint32_t root, int traversal, uint32_t *count)
{
    struct label *labels = segments->labels[traversal];
    size_t depth = 0;

    segments->mark[root] = segments->search;
    labels[root].low = UINT32_MAX;
    segments->stack[depth++] = (struct frame){root, 0};
    while (depth) {
        struct frame *top = &segments->stack[depth - 1];
        uint32_t id = top->segment;

        if (top->next == n_parents_of(segments, id)) {
            labels[id].post = ++*count;
            if (labels[id].low > labels[id].post)
                labels[id].low = labels[id].post;
            if (--depth && labels[segments->stack[depth - 1].segment].low > labels[id].low)
                labels[segments->stack[depth - 1].segment].low = labels[id].low;
            continue;
        }
        uint32_t parent = parent_in_turn(segments, id, top->next++, traversal);
        if (parent == LH_NO_SEGMENT || !is_ordered(segments, parent, id))
            continue;
        if (segments->mark[parent] == segments->search) {
            if (labels[id].low > labels[parent].low)
                labels[id].low = labels[parent].low;
            continue;
        }
        segments->mark[parent] = segments->search;
        labels[parent].low = UINT32_MAX;
        segments->stack[depth++] = (struct frame){parent, 0};
    }
}

/* The first traversal begins at the latest segments, as number_all() does; the others do not. */
static void label_all(struct lh_segments *segments, int traversal)
{
    uint32_t count = 0;

    segments->search++;
    for (uint32_t i = 1; i < segments->n; i++) {
        uint32_t id = traversal == 1 ? i : segments->n - i;
        if (exists(segments, id) && segments->mark[id] != segments->search)
            label_from(segments, id, traversal, &count);
    }
}

struct lh_segments *lh_segments_new(const struct lh_process *process)
{
    struct lh_segments *segments = calloc(1, sizeof(*segments));
    bool complete;

    if (!segments)
        return NULL;
    segments->process = process;
    segments->n = process->n_segments < UINT32_MAX ? (uint32_t)process->n_segments : UINT32_MAX;
    size_t n = segments->n ? segments->n : 1;
    segments->order = calloc(n, sizeof(*segments->order));
    segments->pre = calloc(n, sizeof(*segments->pre));
    segments->mark = calloc(n, sizeof(*segments->mark));
    segments->stack = calloc(n, sizeof(*segments->stack));
    segments->cache = calloc(CACHE_SIZE, sizeof(*segments->cache));
    complete =
        segments->order && segments->pre && segments->mark && segments->stack && segments->cache;
    for (int i = 0; i < TRAVERSALS; i++) {
        segments->labels[i] = calloc(n, sizeof(**segments->labels));
        complete = complete && segments->labels[i];
    }
    if (!complete) {
        lh_segments_free(segments);
        return NULL;
    }
    number_all(segments);
    for (int i = 0; i < TRAVERSALS; i++)
        label_all(segments, i);
    return segments;
}

void lh_segments_free(struct lh_segments *segments)
{
    if (!segments)
        return;
    free(segments->order);
    free(segments->pre);
    free(segments->mark);
    free(segments->stack);
    free(segments->cache);
    for (int i = 0; i < TRAVERSALS; i++)
        free(segments->labels[i]);
    free(segments);
}

/* false: the numbers rule out that `a` is an ancestor of `b`. */
static bool is_possible(const struct lh_segments *segments, uint32_t a, uint32_t b)
{
    if (segments->order[a] >= segments->order[b])
        return false;
    for (int i = 0; i < TRAVERSALS; i++) {
        const struct label *inner = &segments->labels[i][a], *outer = &segments->labels[i][b];
        if (inner->low < outer->low || inner->post > outer->post)
            return false;
    }
    return true;
}

/*
 * true: the first traversal came to `a` by way of `b`. In a loop that way may use the edge that was
 * left out; then the order says no, and is_possible() has been asked before.
 */
static bool is_below_in_tree(const struct lh_segments *segments, uint32_t a, uint32_t b)
{
    return segments->pre[b] < segments->pre[a] && segments->order[a] < segments->order[b];
}

static bool search_ancestor(struct lh_segments *segments, uint32_t a, uint32_t b)
{
    size_t depth = 0;

    segments->search++;
    segments->stack[depth++] = (struct frame){b, 0};
    while (depth) {
        uint32_t id = segments->stack[--depth].segment;

        for (uint32_t i = 0; i < n_parents_of(segments, id); i++) {
            uint32_t parent = parent_of(segments, id, i);
            if (parent == LH_NO_SEGMENT || !is_ordered(segments, parent, id))
                continue;
            if (parent == a ||
                (is_possible(segments, a, parent) && is_below_in_tree(segments, a, parent)))
                return true;
            if (segments->mark[parent] == segments->search || !is_possible(segments, a, parent))
                continue;
            segments->mark[parent] = segments->search;
            segments->stack[depth++] = (struct frame){parent, 0};
        }
    }
    return false;
}

/* Of a segment that is in nobody's parents, time tells. */
static bool is_before_in_time(const struct lh_segments *segments, uint32_t a, uint32_t b)
{
    uint64_t ended = segments->process->segments[a].ended;

    return ended && segments->process->segments[b].began >= ended;
}

bool lh_segments_before(struct lh_segments *segments, uint32_t a, uint32_t b)
{
    struct answer *cached;

    if (!exists(segments, a) || !exists(segments, b) || a == b)
        return false;
    if (is_before_in_time(segments, a, b))
        return true;
    if (!is_possible(segments, a, b))
        return false;
    if (is_below_in_tree(segments, a, b))
        return true;
    cached = &segments->cache[(a * 2654435761u ^ b * 40503u) & (CACHE_SIZE - 1)];
    if (cached->a != a || cached->b != b)
        *cached = (struct answer){a, b, search_ancestor(segments, a, b)};
    return cached->before;
}

bool lh_segments_parallel(struct lh_segments *segments, uint32_t a, uint32_t b)
{
    return !lh_segments_before(segments, a, b) && !lh_segments_before(segments, b, a);
}
