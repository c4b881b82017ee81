#include "writers.h"

#include <stdlib.h>

#include "pool.h"
#include "ways.h"

struct lh_writers {
    const struct lh_process *process;
    struct lh_pool *pool;
    struct lh_way *ways;   /* by dependency; without instances: it is none of a writer */
    struct lh_link *links; /* side by side those of one lock */
    uint32_t *first;       /* by lock: its place in links; one more at the end */
};

static bool holds_wanted(const struct lh_dep *dep)
{
    for (size_t i = 0; i < dep->n_held; i++)
        if (dep->held[i].lock == dep->wanted.lock)
            return true;
    return false;
}

static bool is_writer(const struct lh_process *process, const struct lh_dep *dep)
{
    const struct lh_lock *lock = lh_process_lock(process, dep->wanted.lock);

    return dep->id && lock->uid && lock->kind == LH_LOCK_RWLOCK &&
           (lock->flags & LH_LOCK_WRITER_FIRST) && dep->wanted.mode == LH_MODE_EXCLUSIVE &&
           !(dep->wanted.flags & LH_ATTEMPT_TRY) && !holds_wanted(dep);
}

/* Counts, in first[lock + 1], what there is. */
static bool make_ways(struct lh_writers *writers)
{
    const struct lh_process *process = writers->process;

    for (uint32_t i = 0; i < process->n_deps; i++) {
        const struct lh_dep *dep = &process->deps[i];
        if (!is_writer(process, dep))
            continue;
        if (lh_way_of_writer(process, i, writers->pool, &writers->ways[i]) < 0)
            return false;
        writers->first[dep->wanted.lock + 1] += writers->ways[i].n_instances;
    }
    return true;
}

static void add_links(struct lh_writers *writers, uint32_t *next, bool timed)
{
    for (uint32_t i = 0; i < writers->process->n_deps; i++) {
        const struct lh_way *way = &writers->ways[i];
        if (((way->want_flags & LH_ATTEMPT_TIMED) != 0) != timed)
            continue;
        for (uint32_t k = 0; k < way->n_instances; k++)
            writers->links[next[way->to]++] = (struct lh_link){way, &way->instances[k]};
    }
}

static bool make_links(struct lh_writers *writers)
{
    size_t n = writers->process->n_locks;
    uint32_t *next = malloc((n + 1) * sizeof(*next));

    for (size_t i = 0; i < n; i++)
        writers->first[i + 1] += writers->first[i];
    writers->links = calloc((size_t)writers->first[n] + 1, sizeof(*writers->links));
    if (next && writers->links) {
        for (size_t i = 0; i < n; i++)
            next[i] = writers->first[i];
        add_links(writers, next, false);
        add_links(writers, next, true);
    }
    free(next);
    return next && writers->links;
}

struct lh_writers *lh_writers_new(const struct lh_process *process)
{
    struct lh_writers *writers = calloc(1, sizeof(*writers));

    if (!writers)
        return NULL;
    writers->process = process;
    writers->pool = lh_pool_new();
    writers->ways = calloc(process->n_deps + 1, sizeof(*writers->ways));
    writers->first = calloc(process->n_locks + 1, sizeof(*writers->first));
    if (writers->pool && writers->ways && writers->first && make_ways(writers) &&
        make_links(writers))
        return writers;
    lh_writers_free(writers);
    return NULL;
}

void lh_writers_free(struct lh_writers *writers)
{
    if (!writers)
        return;
    lh_pool_free(writers->pool);
    free(writers->ways);
    free(writers->links);
    free(writers->first);
    free(writers);
}

const struct lh_link *lh_writers_of(const struct lh_writers *writers, uint32_t lock,
                                    uint32_t *ret_n)
{
    *ret_n = 0;
    if (!writers || lock >= writers->process->n_locks)
        return NULL;
    *ret_n = writers->first[lock + 1] - writers->first[lock];
    return writers->links + writers->first[lock];
}
