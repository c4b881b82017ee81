#include "model.h"

#include <stdlib.h>

#include "pool.h"
#include "symbolize.h"

static const struct lh_lock no_lock = {.name = "a lock that is gone"};
static const struct lh_class no_class = {.name = "a lock that is gone", .key = "?"};
static const struct lh_stack no_stack;
static const struct lh_thread no_thread = {.name = ""};
static const struct lh_segment no_segment;
static const struct lh_lockset no_lockset;
static const struct lh_block no_block;

struct lh_model *lh_model_new(void)
{
    struct lh_model *model = calloc(1, sizeof(*model));

    if (!model)
        return NULL;
    model->pool = lh_pool_new();
    if (!model->pool) {
        free(model);
        return NULL;
    }
    return model;
}

void lh_model_free(struct lh_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->n_processes; i++)
        lh_symbols_free(model->processes[i]->symbols);
    lh_pool_free(model->pool);
    free(model->processes);
    free(model);
}

const struct lh_lock *lh_process_lock(const struct lh_process *process, uint32_t index)
{
    if (index >= process->n_locks || process->locks[index].uid == 0)
        return &no_lock;
    return &process->locks[index];
}

const struct lh_class *lh_process_class(const struct lh_process *process, uint32_t lock_index)
{
    uint32_t id = lh_process_lock(process, lock_index)->class_id;

    if (id == 0 || id >= process->n_classes)
        return &no_class;
    return &process->classes[id];
}

const struct lh_stack *lh_process_stack(const struct lh_process *process, uint32_t id)
{
    return id < process->n_stacks ? &process->stacks[id] : &no_stack;
}

static int compare_thread(const void *key, const void *element)
{
    uint32_t uid = *(const uint32_t *)key;
    const struct lh_thread *thread = element;

    return (uid > thread->uid) - (uid < thread->uid);
}

const struct lh_thread *lh_process_thread(const struct lh_process *process, uint32_t uid)
{
    const struct lh_thread *thread = NULL;

    if (process->n_threads > 0)
        thread =
            bsearch(&uid, process->threads, process->n_threads, sizeof(*thread), compare_thread);
    return thread ? thread : &no_thread;
}

const struct lh_segment *lh_process_segment(const struct lh_process *process, uint32_t id)
{
    return id < process->n_segments ? &process->segments[id] : &no_segment;
}

const struct lh_lockset *lh_process_lockset(const struct lh_process *process, uint32_t id)
{
    return id < process->n_locksets ? &process->locksets[id] : &no_lockset;
}

const struct lh_block *lh_process_block(const struct lh_process *process, uint32_t id)
{
    return id < process->n_blocks ? &process->blocks[id] : &no_block;
}
