/* Dependencies, and in which segments they occurred. */
#include <errno.h>
#include <string.h>

#include "load.h"

/* ---- dependencies ---- */

static bool locks_there(const struct lh_loader *loader, const struct lh_trace_dep *from)
{
    if (!lh_load_has_lock(loader, from->lock))
        return false;
    for (size_t i = 0; i < from->held_count; i++) {
        if (!lh_load_has_lock(loader, from->held[i].lock))
            return false;
    }
    return true;
}

static void add_held(struct lh_loader *loader, const struct lh_trace_dep_held *from,
                     struct lh_dep *dep)
{
    dep->held[dep->n_held++] = (struct lh_held){
        .lock = from->lock,
        .stack = lh_load_stack_id(loader, from->stack),
        .mode = from->mode,
        .flags = from->flags,
        .depth = 1,
    };
}

static void add_unit(uint32_t semaphore, uint32_t *units, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        if (units[i] == semaphore)
            return;
    units[(*n)++] = semaphore;
}

static int fill_dep(struct lh_loader *loader, const struct lh_trace_dep *from, struct lh_dep *dep)
{
    /* Read once: the trace of a process that runs is another's to write. */
    const size_t count = from->held_count;
    uint32_t *units = lh_pool_alloc(loader->pool, (count + 1) * sizeof(*units));

    dep->held = lh_pool_alloc(loader->pool, (count + 1) * sizeof(*dep->held));
    if (!dep->held || !units)
        return -ENOMEM;
    dep->units = units;
    for (size_t i = 0; i < count; i++) {
        if (from->held[i].flags & LH_ATTEMPT_UNIT)
            add_unit(from->held[i].lock, units, &dep->n_units);
        else
            add_held(loader, &from->held[i], dep);
    }
    dep->wanted.lock = from->lock;
    dep->wanted.stack = lh_load_stack_id(loader, from->stack);
    dep->wanted.mode = from->mode;
    dep->wanted.flags = from->flags;
    dep->id = from->id;
    return 0;
}

static int visit_dep(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_dep *from = (const void *)record->record;
    struct lh_process *process = loader->process;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) || from->id == 0 ||
        from->id >= process->n_deps ||
        !lh_load_fits(loader, record, sizeof(*from), from->held_count, sizeof(from->held[0])))
        return 0;
    if (process->deps[from->id].id != 0)
        lh_reader_note(loader->reader, "the dependency number %u occurs twice", from->id);
    else if (!locks_there(loader, from))
        lh_reader_note(loader->reader, "the dependency %u has a lock that is missing", from->id);
    else
        return fill_dep(loader, from, &process->deps[from->id]);
    return 0;
}

/* ---- where they occurred ---- */

/* NULL: its dependency or segment is not there. */
static struct lh_dep *seen_dep(struct lh_loader *loader, const struct lh_record *record)
{
    const struct lh_trace_seen *from = (const void *)record->record;
    struct lh_process *process = loader->process;

    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1))
        return NULL;
    if (from->dep == 0 || from->dep >= process->n_deps || process->deps[from->dep].id == 0) {
        lh_reader_note(loader->reader, "the dependency %u is missing", from->dep);
        return NULL;
    }
    if (lh_process_segment(process, from->segment)->id == 0) {
        lh_reader_note(loader->reader, "the segment %u is missing", from->segment);
        return NULL;
    }
    return &process->deps[from->dep];
}

/* `places`: of each dependency, how many there are. */
struct places {
    uint32_t *places;
    struct lh_counts counts;
};

static int count_seen(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    struct lh_dep *dep = seen_dep(loader, record);
    struct places *places = data;

    if (dep)
        places->places[dep->id]++;
    return 0;
}

static int fill_seen(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_seen *from = (const void *)record->record;
    struct lh_dep *dep = seen_dep(loader, record);
    const struct places *places = data;
    struct lh_seen *seen;

    if (!dep || dep->n_seen == places->places[dep->id])
        return 0;
    seen = &dep->seen[dep->n_seen++];
    seen->segment = from->segment;
    seen->thread = lh_process_segment(loader->process, from->segment)->thread;
    seen->count = from->count + lh_count_of(&places->counts, from->key);
    return 0;
}

static int load_seen(struct lh_loader *loader)
{
    struct lh_process *process = loader->process;
    struct places places;
    void *array, *seen;
    int r = lh_load_array(loader, process->n_deps, sizeof(uint32_t), &array);

    if (r < 0 || process->n_deps == 0)
        return r;
    places.places = array;
    r = lh_load_counts(loader, &places.counts);
    if (r < 0)
        return r;
    lh_load_each_record(loader, LH_RECORD_SEEN, count_seen, &places);
    for (size_t i = 0; i < process->n_deps; i++) {
        r = lh_load_array(loader, places.places[i], sizeof(struct lh_seen), &seen);
        if (r < 0)
            return r;
        process->deps[i].seen = seen;
    }
    return lh_load_each_record(loader, LH_RECORD_SEEN, fill_seen, &places);
}

int lh_load_deps(struct lh_loader *loader)
{
    void *deps;
    int r = lh_load_array(loader, loader->process->n_deps, sizeof(struct lh_dep), &deps);

    if (r < 0)
        return r;
    loader->process->deps = deps;
    r = lh_load_each_record(loader, LH_RECORD_DEP, visit_dep, NULL);
    return r < 0 ? r : load_seen(loader);
}
