#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_builder.h"

#include <stdlib.h>
#include <string.h>

#include "pool.h"

struct mb {
    struct lh_model *model;
    struct lh_process process;
    struct lh_findings *findings;
    size_t locks, classes, stacks, segments, deps, threads; /* capacities */
    uint32_t *current;                                      /* by uid: segment */
    size_t currents;
};

#define ROOM(b, table, field)                                                              \
    assert_int_equal(lh_grow(&(b)->process.table, &(b)->field, (b)->process.n_##table + 1, \
                             sizeof(*(b)->process.table)),                                 \
                     0)

struct mb *mb_new(void)
{
    struct mb *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    b->model = lh_model_new();
    b->findings = lh_findings_new();
    assert_non_null(b->model);
    assert_non_null(b->findings);
    b->model->processes = calloc(1, sizeof(*b->model->processes));
    assert_non_null(b->model->processes);
    b->model->processes[0] = &b->process;
    b->model->n_processes = 1;
    /* Place 0 of every table is unused. */
    ROOM(b, locks, locks);
    ROOM(b, classes, classes);
    ROOM(b, stacks, stacks);
    ROOM(b, segments, segments);
    ROOM(b, deps, deps);
    b->process.n_locks = b->process.n_classes = b->process.n_stacks = 1;
    b->process.n_segments = b->process.n_deps = 1;
    return b;
}

void mb_free(struct mb *b)
{
    for (size_t i = 0; i < b->process.n_deps; i++) {
        free(b->process.deps[i].held);
        free(b->process.deps[i].seen);
    }
    for (size_t i = 0; i < b->process.n_threads; i++)
        free(b->process.threads[i].held);
    free(b->process.locks);
    free(b->process.classes);
    free(b->process.stacks);
    free(b->process.segments);
    free(b->process.deps);
    free(b->process.threads);
    free(b->current);
    lh_findings_free(b->findings);
    lh_model_free(b->model);
    free(b);
}

struct lh_process *mb_process(struct mb *b)
{
    return &b->process;
}

struct lh_model *mb_model(struct mb *b)
{
    return b->model;
}

uint32_t mb_thread(struct mb *b)
{
    uint32_t uid = (uint32_t)b->process.n_threads + 1;

    ROOM(b, threads, threads);
    b->process.threads[b->process.n_threads++] =
        (struct lh_thread){.uid = uid, .tid = 1000 + uid, .name = ""};
    mb_segment(b, uid, NULL, 0);
    return uid;
}

struct lh_thread *mb_thread_at(struct mb *b, uint32_t uid)
{
    return &b->process.threads[uid - 1];
}

uint32_t mb_segment(struct mb *b, uint32_t thread, const uint32_t *parents, uint32_t n)
{
    uint32_t id = (uint32_t)b->process.n_segments;
    uint32_t *copy = lh_pool_alloc(b->model->pool, (n + 1) * sizeof(*copy));

    assert_non_null(copy);
    if (n)
        memcpy(copy, parents, n * sizeof(*copy));
    ROOM(b, segments, segments);
    b->process.segments[b->process.n_segments++] =
        (struct lh_segment){.id = id, .thread = thread, .n_parents = n, .parents = copy};
    assert_int_equal(lh_grow(&b->current, &b->currents, thread + 1, sizeof(*b->current)), 0);
    b->current[thread] = id;
    return id;
}

uint32_t mb_segment_of(struct mb *b, uint32_t thread)
{
    return b->current[thread];
}

uint32_t mb_create(struct mb *b, uint32_t creator)
{
    uint32_t before = mb_segment_of(b, creator), created = mb_thread(b);

    MB_SEGMENT(b, created, before);
    MB_SEGMENT(b, creator, before);
    return created;
}

void mb_join(struct mb *b, uint32_t joiner, uint32_t joined)
{
    MB_SEGMENT(b, joiner, mb_segment_of(b, joiner), mb_segment_of(b, joined));
}

static uint32_t find_class(struct mb *b, const char *name, uint8_t kind)
{
    size_t id = b->process.n_classes;

    while (id-- > 1)
        if (strcmp(b->process.classes[id].name, name) == 0)
            return (uint32_t)id;
    ROOM(b, classes, classes);
    b->process.classes[b->process.n_classes] = (struct lh_class){
        .name = lh_pool_strdup(b->model->pool, name),
        .key = lh_pool_strdup(b->model->pool, name),
        .kind = kind,
    };
    return (uint32_t)b->process.n_classes++;
}

uint32_t mb_lock(struct mb *b, const char *class_name, uint8_t kind, uint32_t flags)
{
    uint32_t index = (uint32_t)b->process.n_locks;
    uint32_t class_id = class_name ? find_class(b, class_name, kind) : 0;

    ROOM(b, locks, locks);
    b->process.locks[b->process.n_locks++] = (struct lh_lock){
        .uid = index,
        .addr = 0x1000 + 64 * (uint64_t)index,
        .kind = kind,
        .flags = flags,
        .instances = 1,
        .name = lh_pool_printf(b->model->pool, "%s#%u", class_name ? class_name : "lock", index),
        .class_id = class_id,
    };
    return index;
}

uint32_t mb_mutex(struct mb *b, const char *class_name)
{
    return mb_lock(b, class_name, LH_LOCK_MUTEX, 0);
}

uint32_t mb_rwlock(struct mb *b, const char *class_name)
{
    return mb_lock(b, class_name, LH_LOCK_RWLOCK, 0);
}

struct lh_lock *mb_lock_at(struct mb *b, uint32_t lock)
{
    return &b->process.locks[lock];
}

static uint32_t find_stack(struct mb *b, const char *function, const char *module)
{
    for (uint32_t i = 1; i < b->process.n_stacks && i < 64; i++) {
        const struct lh_frame *frame = b->process.stacks[i].frames;
        if (frame->function && function && strcmp(frame->function, function) == 0 &&
            strcmp(frame->module, module) == 0)
            return i;
    }
    return 0;
}

uint32_t mb_stack(struct mb *b, const char *function, const char *module)
{
    uint32_t id = find_stack(b, function, module);
    struct lh_frame *frame;

    if (id)
        return id;
    id = (uint32_t)b->process.n_stacks;
    frame = lh_pool_alloc(b->model->pool, sizeof(*frame));
    assert_non_null(frame);
    frame->function = function ? lh_pool_strdup(b->model->pool, function) : NULL;
    frame->file = "/src/work.c";
    frame->line = 10 + (int)id;
    frame->module = module;
    frame->offset = 0x100 * id;
    ROOM(b, stacks, stacks);
    b->process.stacks[b->process.n_stacks++] =
        (struct lh_stack){.id = id, .frames = frame, .n_frames = 1};
    return id;
}

void mb_called_by(struct mb *b, const char *function, const char *caller, int line)
{
    struct lh_stack *stack = &b->process.stacks[mb_stack(b, function, "/bin/program")];
    struct lh_frame *frames =
        lh_pool_alloc(b->model->pool, (stack->n_frames + 1) * sizeof(*frames));

    assert_non_null(frames);
    memcpy(frames, stack->frames, stack->n_frames * sizeof(*frames));
    frames[stack->n_frames] = (struct lh_frame){
        .function = lh_pool_strdup(b->model->pool, caller),
        .file = "/src/work.c",
        .line = line,
        .module = "/bin/program",
        .offset = 0x10000 * (uint64_t)line,
    };
    stack->frames = frames;
    stack->n_frames++;
}

static struct lh_held make_held(struct mb *b, struct mb_ref ref)
{
    return (struct lh_held){
        .lock = ref.lock,
        .stack = mb_stack(b, ref.function ? ref.function : "work", "/bin/program"),
        .mode = ref.mode,
        .flags = ref.flags,
        .depth = 1,
    };
}

uint32_t mb_dep(struct mb *b, uint32_t thread, struct mb_ref wanted, const struct mb_ref *held,
                size_t n)
{
    uint32_t id = (uint32_t)b->process.n_deps;
    struct lh_dep dep = {.id = id, .wanted = make_held(b, wanted), .n_held = n};

    dep.held = calloc(n + 1, sizeof(*dep.held));
    assert_non_null(dep.held);
    for (size_t i = 0; i < n; i++)
        dep.held[i] = make_held(b, held[i]);
    ROOM(b, deps, deps);
    b->process.deps[b->process.n_deps++] = dep;
    mb_seen(b, id, thread, 1);
    return id;
}

void mb_unit(struct mb *b, uint32_t dep, uint32_t semaphore)
{
    struct lh_dep *to = &b->process.deps[dep];
    uint32_t *units = lh_pool_alloc(b->model->pool, (to->n_units + 1) * sizeof(*units));

    assert_non_null(units);
    for (size_t i = 0; i < to->n_units; i++)
        units[i] = to->units[i];
    units[to->n_units++] = semaphore;
    to->units = units;
}

void mb_seen(struct mb *b, uint32_t dep, uint32_t thread, uint64_t count)
{
    struct lh_dep *to = &b->process.deps[dep];

    to->seen = realloc(to->seen, (to->n_seen + 1) * sizeof(*to->seen));
    assert_non_null(to->seen);
    to->seen[to->n_seen++] = (struct lh_seen){mb_segment_of(b, thread), thread, count};
}

void mb_holds(struct mb *b, uint32_t thread, struct mb_ref held)
{
    struct lh_thread *at = mb_thread_at(b, thread);

    at->live = true;
    at->held = realloc(at->held, (at->n_held + 1) * sizeof(*at->held));
    assert_non_null(at->held);
    at->held[at->n_held++] = make_held(b, held);
}

void mb_waits(struct mb *b, uint32_t thread, struct mb_ref wanted)
{
    struct lh_thread *at = mb_thread_at(b, thread);
    struct lh_held held = make_held(b, wanted);

    at->live = true;
    at->wait_kind =
        mb_lock_at(b, wanted.lock)->kind == LH_LOCK_SEMAPHORE ? LH_WAIT_SEM : LH_WAIT_LOCK;
    at->wait_lock = held.lock;
    at->wait_stack = held.stack;
    at->wait_mode = held.mode;
    at->wait_flags = held.flags;
}

void mb_waits_to_join(struct mb *b, uint32_t thread, uint32_t joined)
{
    struct lh_thread *at = mb_thread_at(b, thread);

    at->live = true;
    at->wait_kind = LH_WAIT_JOIN;
    at->wait_other = joined;
    at->wait_stack = mb_stack(b, "wait_for_all", "/bin/program");
}

struct lh_findings *mb_inversions(struct mb *b, const struct lh_cycle_limits *limits)
{
    assert_int_equal(lh_find_inversions(b->model, limits, b->findings), 0);
    return b->findings;
}

struct lh_findings *mb_deadlocks(struct mb *b)
{
    assert_int_equal(lh_find_deadlocks(b->model, b->findings), 0);
    return b->findings;
}

struct lh_findings *mb_stalls(struct mb *b)
{
    assert_int_equal(lh_find_stalls(b->model, b->findings), 0);
    return b->findings;
}

struct lh_findings *mb_nesting(struct mb *b)
{
    assert_int_equal(lh_find_unordered_nesting(b->model, b->findings), 0);
    return b->findings;
}
