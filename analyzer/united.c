#include "united.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "map.h"
#include "pool.h"
#include "segments.h"
#include "site.h"

/* Where the numbers of a member begin in the united process. */
struct base {
    uint32_t lock, class, stack, segment, thread;
};

struct uniter {
    struct lh_model *model;
    struct lh_pool *pool;
    const struct lh_programs *programs;
    const struct lh_process *const *members;
    size_t n;
    struct lh_process *process;
    struct base *bases;
    struct lh_map *locks;   /* identity: index of the united lock, as a pointer */
    struct lh_map *threads; /* the same with uids */
    uint32_t **lock_of;     /* [member][index]: the united one */
    uint32_t *members_of;   /* [united lock]: how many members have it */
};

/* ---- which locks are one ---- */

/*
 * A variable is the same in every run. A lock known by its birth place is, when it was the only one
 * born there. NULL: this one cannot be told from its like; "" without memory.
 */
static const char *identity(struct uniter *uniter, const struct lh_process *process, uint32_t index)
{
    const struct lh_lock *lock = &process->locks[index];
    const struct lh_class *class = lh_process_class(process, index);
    bool has_address = strstr(lock->name, " 0x") != NULL;
    const char *text;

    if (lock->uid == 0 || lock->flags & LH_LOCK_AGGREGATE || !class->key ||
        (has_address && class->n_locks != 1))
        return NULL;
    text = lh_pool_printf(uniter->pool, "%zu\n%s",
                          lh_programs_number(uniter->programs, process, lock->class_id),
                          has_address ? "" : lock->name);
    return text ? text : "";
}

static int place_lock(struct uniter *uniter, size_t member, uint32_t index)
{
    const struct lh_process *process = uniter->members[member];
    const struct lh_lock *lock = &process->locks[index];
    const char *text = identity(uniter, process, index);
    uint32_t own = uniter->bases[member].lock + index;
    uintptr_t known = text ? (uintptr_t)lh_map_get(uniter->locks, text, strlen(text)) : 0;

    if (text && !*text)
        return -ENOMEM;
    if (!known) {
        known = own;
        uniter->process->locks[own] = *lock;
        uniter->process->locks[own].class_id += uniter->bases[member].class;
        uniter->process->locks[own].birth_stack +=
            lock->birth_stack ? uniter->bases[member].stack : 0;
        if (text && lh_map_put(uniter->locks, text, strlen(text), (void *)known) < 0)
            return -ENOMEM;
    }
    uniter->lock_of[member][index] = (uint32_t)known;
    uniter->members_of[known]++;
    uniter->process->locks[known].flags |= lock->flags & (LH_LOCK_SEM_SIGNAL | LH_LOCK_SEM_GIVEN);
    return 0;
}

static int place_locks(struct uniter *uniter)
{
    for (size_t i = 0; i < uniter->n; i++) {
        uniter->lock_of[i] =
            lh_pool_alloc(uniter->pool, (uniter->members[i]->n_locks + 1) * sizeof(uint32_t));
        if (!uniter->lock_of[i])
            return -ENOMEM;
        for (uint32_t k = 1; k < uniter->members[i]->n_locks; k++) {
            int r = place_lock(uniter, i, k);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* ---- which threads are one ---- */

static const char *role(struct uniter *uniter, const struct lh_process *process,
                        const struct lh_thread *thread)
{
    const char *routine = lh_symbolize_function(uniter->model, (struct lh_process *)process,
                                                thread->start_routine, thread->start_epoch);

    if (thread->uid == 1)
        return "main";
    return lh_pool_printf(uniter->pool, "%s\n%s", routine ? routine : "?",
                          lh_site_function(process, thread->create_stack));
}

static bool is_only_one(const char *const *roles, size_t n, size_t of)
{
    for (size_t i = 0; i < n; i++)
        if (i != of && strcmp(roles[i], roles[of]) == 0)
            return false;
    return true;
}

/*
 * The main threads of all runs are one thread, and so are threads of one role where a run has just
 * one of that role: no single run could have both. For comparing all with all there are few
 * threads that matter; of a run with more the rest counts as not alone.
 */
#define ROLES_MAX 512u

static int place_threads(struct uniter *uniter, size_t member)
{
    const struct lh_process *process = uniter->members[member];
    size_t n = process->n_threads < ROLES_MAX ? process->n_threads : ROLES_MAX;
    const char **roles = calloc(n + 1, sizeof(*roles));
    int r = roles ? 0 : -ENOMEM;

    for (size_t i = 0; i < n && !r; i++) {
        roles[i] = role(uniter, process, &process->threads[i]);
        r = roles[i] ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < process->n_threads && !r; i++) {
        struct lh_thread *to = &uniter->process->threads[uniter->bases[member].thread + i];
        const char *key = i < n && is_only_one(roles, n, i) ? roles[i] : NULL;
        uintptr_t known = key ? (uintptr_t)lh_map_get(uniter->threads, key, strlen(key)) : 0;
        *to = process->threads[i];
        to->uid = uniter->bases[member].thread + (uint32_t)i + 1;
        to->live = false;
        to->number =
            process->threads[i].number ? process->threads[i].number : process->threads[i].uid;
        to->create_stack += to->create_stack ? uniter->bases[member].stack : 0;
        /* `creator` carries the thread that stands for it until all dependencies are placed. */
        to->creator = known ? (uint32_t)known : to->uid;
        if (key && !known)
            r = lh_map_put(uniter->threads, key, strlen(key), (void *)(uintptr_t)to->uid);
    }
    free(roles);
    return r;
}

static uint32_t united_thread(const struct uniter *uniter, size_t member, uint32_t uid)
{
    const struct lh_process *process = uniter->members[member];
    const struct lh_thread *thread = lh_process_thread(process, uid);

    if (thread->uid != uid || uid == LH_NO_THREAD)
        return LH_NO_THREAD;
    return uniter->process->threads[uniter->bases[member].thread + (thread - process->threads)]
        .creator;
}

/* ---- stacks, classes, segments ---- */

static void place_stacks(struct uniter *uniter, size_t member)
{
    const struct lh_process *process = uniter->members[member];

    for (size_t i = 1; i < process->n_stacks; i++) {
        struct lh_stack *to = &uniter->process->stacks[uniter->bases[member].stack + i];
        *to = process->stacks[i];
        to->id = to->id ? uniter->bases[member].stack + (uint32_t)i : 0;
    }
    for (size_t i = 0; i < process->n_classes; i++) {
        struct lh_class *to = &uniter->process->classes[uniter->bases[member].class + i];
        *to = process->classes[i];
        to->birth_stack += to->birth_stack ? uniter->bases[member].stack : 0;
    }
}

static int place_segments(struct uniter *uniter, size_t member)
{
    const struct lh_process *process = uniter->members[member];
    uint32_t base = uniter->bases[member].segment;

    for (size_t i = 1; i < process->n_segments; i++) {
        const struct lh_segment *from = &process->segments[i];
        struct lh_segment *to = &uniter->process->segments[base + i];
        uint32_t *parents;

        if (!from->id)
            continue;
        *to = *from;
        to->id = base + (uint32_t)i;
        to->thread = united_thread(uniter, member, from->thread);
        parents = lh_pool_alloc(uniter->pool, (from->n_parents + 1) * sizeof(*parents));
        if (!parents)
            return -ENOMEM;
        for (uint32_t k = 0; k < from->n_parents; k++)
            parents[k] = from->parents[k] ? base + from->parents[k] : 0;
        to->parents = parents;
    }
    return 0;
}

/* ---- dependencies ---- */

static bool is_shared(const struct uniter *uniter, size_t member, uint32_t lock)
{
    return lock < uniter->members[member]->n_locks &&
           uniter->members_of[uniter->lock_of[member][lock]] > 1;
}

/* Can it be a step of a cycle through several members? */
static bool may_cross(const struct uniter *uniter, size_t member, const struct lh_dep *dep)
{
    if (!dep->id || !is_shared(uniter, member, dep->wanted.lock))
        return false;
    for (size_t i = 0; i < dep->n_held; i++)
        if (is_shared(uniter, member, dep->held[i].lock))
            return true;
    return false;
}

/*
 * What the main thread does while no other one is there cannot deadlock, in whatever run. Threads
 * without dependencies have no segment, so this takes some for alone that were not.
 */
static bool is_alone(const struct lh_process *process, struct lh_segments *order,
                     const struct lh_seen *seen)
{
    if (seen->thread != 1)
        return false;
    for (size_t i = 1; i < process->n_segments; i++) {
        const struct lh_segment *other = &process->segments[i];
        if (other->id && other->thread != seen->thread &&
            lh_segments_parallel(order, other->id, seen->segment))
            return false;
    }
    return true;
}

static struct lh_held united_held(const struct uniter *uniter, size_t member, struct lh_held held)
{
    held.lock = held.lock < uniter->members[member]->n_locks ? uniter->lock_of[member][held.lock]
                                                             : LH_NO_LOCK;
    held.stack += held.stack ? uniter->bases[member].stack : 0;
    return held;
}

static int place_dep(struct uniter *uniter, size_t member, const struct lh_dep *from,
                     struct lh_segments *order)
{
    const struct lh_process *process = uniter->members[member];
    struct lh_dep *to = &uniter->process->deps[uniter->process->n_deps];

    *to = *from;
    to->seen = lh_pool_alloc(uniter->pool, (from->n_seen + 1) * sizeof(*to->seen));
    to->held = lh_pool_alloc(uniter->pool, (from->n_held + 1) * sizeof(*to->held));
    uint32_t *units = lh_pool_alloc(uniter->pool, (from->n_units + 1) * sizeof(*units));
    if (!to->seen || !to->held || !units)
        return -ENOMEM;
    to->units = units;
    for (size_t i = 0; i < from->n_units; i++)
        units[i] = from->units[i] < process->n_locks ? uniter->lock_of[member][from->units[i]]
                                                     : LH_NO_LOCK;
    to->n_seen = 0;
    for (size_t i = 0; i < from->n_seen; i++) {
        struct lh_seen seen = from->seen[i];
        if (is_alone(process, order, &seen))
            continue;
        seen.thread = united_thread(uniter, member, seen.thread);
        seen.segment += seen.segment ? uniter->bases[member].segment : 0;
        to->seen[to->n_seen++] = seen;
    }
    if (!to->n_seen)
        return 0;
    to->wanted = united_held(uniter, member, from->wanted);
    for (size_t i = 0; i < from->n_held; i++)
        to->held[i] = united_held(uniter, member, from->held[i]);
    to->id = (uint32_t)uniter->process->n_deps++;
    return 0;
}

static int place_deps(struct uniter *uniter, size_t member)
{
    const struct lh_process *process = uniter->members[member];
    struct lh_segments *order = lh_segments_new(process);
    int r = order ? 0 : -ENOMEM;

    for (size_t i = 1; i < process->n_deps && !r; i++)
        if (may_cross(uniter, member, &process->deps[i]))
            r = place_dep(uniter, member, &process->deps[i], order);
    lh_segments_free(order);
    return r;
}

/* ---- all of it ---- */

static void *table(struct uniter *uniter, uint64_t n, size_t size)
{
    return n > UINT32_MAX - 2 ? NULL : lh_pool_alloc(uniter->pool, (size_t)(n + 2) * size);
}

static int make_tables(struct uniter *uniter)
{
    struct lh_process *process = uniter->process;
    uint64_t locks = 1, classes = 0, stacks = 1, segments = 1, threads = 0, deps = 1;

    for (size_t i = 0; i < uniter->n; i++) {
        const struct lh_process *member = uniter->members[i];
        uniter->bases[i] = (struct base){(uint32_t)locks, (uint32_t)classes, (uint32_t)stacks,
                                         (uint32_t)segments, (uint32_t)threads};
        locks += member->n_locks;
        classes += member->n_classes;
        stacks += member->n_stacks;
        segments += member->n_segments;
        threads += member->n_threads;
        deps += member->n_deps;
    }
    process->locks = table(uniter, locks, sizeof(*process->locks));
    process->classes = table(uniter, classes, sizeof(*process->classes));
    process->stacks = table(uniter, stacks, sizeof(*process->stacks));
    process->segments = table(uniter, segments, sizeof(*process->segments));
    process->threads = table(uniter, threads, sizeof(*process->threads));
    process->deps = table(uniter, deps, sizeof(*process->deps));
    uniter->members_of = table(uniter, locks, sizeof(*uniter->members_of));
    uniter->lock_of = table(uniter, uniter->n, sizeof(*uniter->lock_of));
    process->n_locks = locks;
    process->n_classes = classes;
    process->n_stacks = stacks;
    process->n_segments = segments;
    process->n_threads = threads;
    process->n_deps = 1;
    return process->locks && process->classes && process->stacks && process->segments &&
                   process->threads && process->deps && uniter->members_of && uniter->lock_of
               ? 0
               : -ENOMEM;
}

static int fill(struct uniter *uniter)
{
    int r = make_tables(uniter);

    if (r == 0)
        r = place_locks(uniter);
    for (size_t i = 0; i < uniter->n && !r; i++) {
        place_stacks(uniter, i);
        r = place_threads(uniter, i);
        if (!r)
            r = place_segments(uniter, i);
        if (!r)
            r = place_deps(uniter, i);
    }
    for (size_t i = 0; i < uniter->process->n_threads; i++)
        uniter->process->threads[i].creator = LH_NO_THREAD;
    return r;
}

static int tell_members(const struct uniter *uniter, struct lh_united *ret)
{
    ret->members = calloc(uniter->n, sizeof(*ret->members));
    ret->first_stacks = calloc(uniter->n, sizeof(*ret->first_stacks));
    if (!ret->members || !ret->first_stacks)
        return -ENOMEM;
    ret->process = uniter->process;
    ret->n_members = uniter->n;
    for (size_t i = 0; i < uniter->n; i++) {
        ret->members[i] = uniter->members[i];
        ret->first_stacks[i] = uniter->bases[i].stack;
    }
    return 0;
}

int lh_unite(struct lh_model *model, const struct lh_programs *programs,
             const struct lh_process *const *members, size_t n, struct lh_united *ret)
{
    struct uniter uniter = {
        .model = model,
        .pool = model->pool,
        .programs = programs,
        .members = members,
        .n = n,
        .process = lh_pool_alloc(model->pool, sizeof(*uniter.process)),
        .bases = calloc(n, sizeof(*uniter.bases)),
        .locks = lh_map_new(),
        .threads = lh_map_new(),
    };
    int r = -ENOMEM;

    memset(ret, 0, sizeof(*ret));
    if (uniter.process && uniter.bases && uniter.locks && uniter.threads) {
        uniter.process->path = members[0]->path;
        uniter.process->pid = members[0]->pid;
        uniter.process->argv = members[0]->argv;
        uniter.process->argc = members[0]->argc;
        uniter.process->ns_per_tick = members[0]->ns_per_tick;
        r = fill(&uniter);
    }
    if (r == 0)
        r = tell_members(&uniter, ret);
    lh_map_free(uniter.locks);
    lh_map_free(uniter.threads);
    free(uniter.bases);
    return r;
}

void lh_united_done(struct lh_united *united)
{
    free(united->members);
    free(united->first_stacks);
}

const struct lh_process *lh_united_member(const struct lh_united *united, uint32_t stack)
{
    for (size_t i = united->n_members; i-- > 0;)
        if (stack > united->first_stacks[i])
            return united->members[i];
    return united->members[0];
}
