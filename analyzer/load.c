#include "load.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "doubt.h"

int lh_load_each_extent(struct lh_loader *loader, uint16_t type, lh_extent_visit visit, void *data)
{
    struct lh_extent extent;
    uint64_t position = 0;
    int r;

    while (lh_reader_next_extent(loader->reader, &position, &extent)) {
        if (extent.type != type)
            continue;
        r = visit(loader, &extent, data);
        if (r < 0)
            return r;
    }
    return 0;
}

int lh_load_each_record(struct lh_loader *loader, uint8_t type, lh_record_visit visit, void *data)
{
    struct lh_extent extent;
    struct lh_record record;
    uint64_t place = 0;
    int r;

    while (lh_reader_next_extent(loader->reader, &place, &extent)) {
        size_t position = 0;

        if (extent.type != LH_EXTENT_LOG)
            continue;
        while (lh_reader_next_record(loader->reader, &extent, &position, &record)) {
            if (record.dead || record.type != type)
                continue;
            r = visit(loader, &record, data);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

bool lh_load_fits(struct lh_loader *loader, const struct lh_record *record, size_t fixed,
                  uint64_t count, size_t element_size)
{
    if (record->size >= fixed && count <= (record->size - fixed) / element_size)
        return true;
    lh_reader_note(loader->reader, "a record of type %u is too short for what it says",
                   record->type);
    return false;
}

int lh_load_array(struct lh_loader *loader, uint64_t count, size_t element_size, void **ret)
{
    *ret = NULL;
    if (count == 0)
        return 0;
    if (count > SIZE_MAX / element_size)
        return -ENOMEM;
    *ret = lh_pool_alloc(loader->pool, count * element_size);
    return *ret ? 0 : -ENOMEM;
}

uint64_t lh_load_ns(const struct lh_loader *loader, uint64_t ticks)
{
    double ns = (double)ticks * loader->process->ns_per_tick;

    return ns < 18e18 ? (uint64_t)ns : UINT64_MAX;
}

uint32_t lh_load_stack_id(struct lh_loader *loader, uint32_t id)
{
    if (id == LH_NO_STACK || lh_process_stack(loader->process, id)->id == id)
        return id;
    lh_reader_note(loader->reader, "the stack %u is missing", id);
    return LH_NO_STACK;
}

bool lh_load_has_lock(const struct lh_loader *loader, uint32_t index)
{
    return lh_process_lock(loader->process, index)->uid != 0;
}

/* ---- first pass: how big the tables get ---- */

static void measure_id(struct lh_loader *loader, size_t *n, uint32_t id, const char *what)
{
    if (id == 0 || id >= lh_reader_size(loader->reader) / LH_LOAD_ID_BYTES)
        lh_reader_note(loader->reader, "the %s number %u cannot be", what, id);
    else if (id >= *n)
        *n = (size_t)id + 1;
}

static void measure_record(struct lh_loader *loader, const struct lh_record *record)
{
    struct lh_process *process = loader->process;
    const void *data = record->record;

    switch (record->type) {
    case LH_RECORD_STACK:
        if (lh_load_fits(loader, record, sizeof(struct lh_trace_stack), 0, 1))
            measure_id(loader, &process->n_stacks, ((const struct lh_trace_stack *)data)->id,
                       "stack");
        break;
    case LH_RECORD_DEP:
        if (lh_load_fits(loader, record, sizeof(struct lh_trace_dep), 0, 1))
            measure_id(loader, &process->n_deps, ((const struct lh_trace_dep *)data)->id,
                       "dependency");
        break;
    case LH_RECORD_SEGMENT:
        if (lh_load_fits(loader, record, sizeof(struct lh_trace_segment), 0, 1))
            measure_id(loader, &process->n_segments, ((const struct lh_trace_segment *)data)->id,
                       "segment");
        break;
    case LH_RECORD_CODE:
        if (lh_load_fits(loader, record, sizeof(struct lh_trace_code), 0, 1))
            measure_id(loader, &process->n_codes, ((const struct lh_trace_code *)data)->id,
                       "function");
        break;
    case LH_RECORD_THREAD:
        loader->n_thread_records++;
        break;
    case LH_RECORD_MODULE:
        loader->n_module_records++;
        break;
    case LH_RECORD_UNLOAD:
        loader->n_unload_records++;
        break;
    case LH_RECORD_MISUSE:
        loader->n_misuse_records++;
        break;
    case LH_RECORD_LOCKSET:
        if (lh_load_fits(loader, record, sizeof(struct lh_trace_lockset), 0, 1))
            measure_id(loader, &process->n_locksets, ((const struct lh_trace_lockset *)data)->id,
                       "set of locks");
        break;
    case LH_RECORD_BLOCK:
        if (lh_load_fits(loader, record, offsetof(struct lh_trace_block, code), 0, 1))
            measure_id(loader, &process->n_blocks, ((const struct lh_trace_block *)data)->id,
                       "block");
        break;
    case LH_RECORD_RACE:
        loader->n_race_records++;
        break;
    case LH_RECORD_SEEN:
    case LH_RECORD_NAME:
    case LH_RECORD_CHILD:
    case LH_RECORD_WAKER:
    case LH_RECORD_TIMES:
        break;
    default:
        loader->unknown++;
    }
}

/* Only slots that are in use count: the last extent may be far from full. */
static void measure_locks(struct lh_loader *loader, const struct lh_extent *extent)
{
    size_t slots = lh_reader_lock_slots(loader->reader, extent);
    uint64_t limit = lh_reader_size(loader->reader) / LH_LOAD_ID_BYTES;
    struct lh_trace_lock lock;

    for (size_t i = slots; i > 0; i--) {
        uint64_t index = (uint64_t)extent->first_index + i - 1;

        lh_reader_lock_slot(loader->reader, extent, i - 1, &lock);
        if (lock.uid == 0)
            continue;
        if (index < limit) {
            if (index >= loader->process->n_locks)
                loader->process->n_locks = index + 1;
            return;
        }
        lh_reader_note(loader->reader, "the lock number %ju cannot be", (uintmax_t)index);
    }
}

static void measure(struct lh_loader *loader)
{
    struct lh_extent extent;
    struct lh_record record;
    uint64_t place = 0;

    while (lh_reader_next_extent(loader->reader, &place, &extent)) {
        size_t position = 0;

        switch (extent.type) {
        case LH_EXTENT_LOG:
            while (lh_reader_next_record(loader->reader, &extent, &position, &record)) {
                if (!record.dead)
                    measure_record(loader, &record);
            }
            break;
        case LH_EXTENT_LOCKS:
            measure_locks(loader, &extent);
            break;
        case LH_EXTENT_THREADS:
            loader->n_thread_records++;
            break;
        case LH_EXTENT_EVENTS:
        case LH_EXTENT_HELD:
        case LH_EXTENT_COUNTS:
            break;
        default:
            loader->unknown++;
        }
    }
}

/* ---- the header ---- */

/* Without a second clock pair a tick counts as a nanosecond: the order of times stays right. */
static double ns_per_tick(const struct lh_trace_header *header)
{
    double ratio;

    if (header->last_ticks <= header->start_ticks || header->last_ns <= header->start_ns)
        return 1;
    ratio = (double)(header->last_ns - header->start_ns) /
            (double)(header->last_ticks - header->start_ticks);
    /* 100 kHz to 100 GHz */
    return ratio >= 0.01 && ratio <= 1e4 ? ratio : 1;
}

static int load_command(struct lh_loader *loader, const struct lh_trace_header *header)
{
    struct lh_process *process = loader->process;
    uint64_t end = (uint64_t)header->command_offset + header->command_size;
    const char *text =
        lh_reader_range(loader->reader, header->command_offset, header->command_size, 1);
    size_t argc = 0;
    void *argv;
    int r;

    if (header->command_size == 0)
        return 0;
    if (!text || end > header->unit) {
        lh_reader_note(loader->reader, "the command line lies outside of the header");
        return 0;
    }
    for (size_t i = 0; i < header->command_size; i++)
        argc += text[i] == '\0' || i + 1 == header->command_size;
    r = lh_load_array(loader, argc + 1, sizeof(*process->argv), &argv);
    if (r < 0)
        return r;
    process->argv = argv;
    for (size_t i = 0, left = header->command_size; i < argc; i++) {
        size_t length = strnlen(text, left);

        process->argv[i] = lh_pool_strndup(loader->pool, text, length);
        if (!process->argv[i])
            return -ENOMEM;
        length += length < left;
        text += length;
        left -= length;
    }
    process->argc = argc;
    return 0;
}

static int load_header(struct lh_loader *loader)
{
    const struct lh_trace_header *header = lh_reader_header(loader->reader);
    struct lh_process *process = loader->process;

    process->pid = header->pid;
    process->ppid = header->ppid;
    process->forked = header->parent_forked == 1;
    process->full = header->mode & LH_RECORD_FULL;
    process->unknown_python = header->mode & LH_RECORD_PYTHON_UNKNOWN;
    process->state = header->state;
    process->ended_by_us = header->ended_by == LH_ENDED_BY_LOCKHOUND;
    process->start_realtime = header->start_realtime;
    process->ns_per_tick = ns_per_tick(header);
    memcpy(process->counters, header->counters, sizeof(process->counters));
    process->tool_version =
        lh_pool_strndup(loader->pool, header->tool_version, sizeof(header->tool_version));
    if (!process->tool_version || lh_process_mark(loader->pool, process, header->stalled_ns != 0,
                                                  header->doubts, header->doubt_signals) < 0)
        return -ENOMEM;
    if (header->lock_slot_size < sizeof(uint64_t) || header->thread_slot_size < sizeof(uint64_t))
        lh_reader_note(loader->reader, "the header is damaged: it gives no slot sizes");
    return load_command(loader, header);
}

/* ---- all of it ---- */

static int note_damage(struct lh_loader *loader)
{
    const char *damage;

    if (loader->unknown > 0)
        lh_reader_note(loader->reader,
                       "%ju parts of a type unknown to this version (written by Lockhound %s)",
                       (uintmax_t)loader->unknown, loader->process->tool_version);
    damage = lh_reader_damage(loader->reader);
    if (!damage)
        return 0;
    loader->process->damaged = true;
    loader->process->damage = lh_pool_strdup(loader->pool, damage);
    return loader->process->damage ? 0 : -ENOMEM;
}

static int load_process(struct lh_loader *loader)
{
    static int (*const steps[])(struct lh_loader *) = {
        lh_load_codes,   lh_load_stacks,  lh_load_locks, lh_load_segments, lh_load_names,
        lh_load_modules, lh_load_threads, lh_load_deps,  lh_load_misuses,  lh_load_wakers,
        lh_load_times,   lh_load_woken,   lh_load_races, note_damage,
    };
    int r = load_header(loader);

    if (r < 0)
        return r;
    measure(loader);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        r = steps[i](loader);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_process(struct lh_model *model, struct lh_process *process)
{
    struct lh_process **grown =
        reallocarray(model->processes, model->n_processes + 1, sizeof(struct lh_process *));

    if (!grown)
        return -ENOMEM;
    model->processes = grown;
    model->processes[model->n_processes++] = process;
    return 0;
}

static int load_reader(struct lh_model *model, const char *path, struct lh_reader *reader)
{
    struct lh_loader loader = {.reader = reader, .pool = model->pool};
    int r;

    loader.process = lh_pool_alloc(model->pool, sizeof(*loader.process));
    if (!loader.process)
        return -ENOMEM;
    loader.process->path = lh_pool_strdup(model->pool, path);
    if (!loader.process->path)
        return -ENOMEM;
    r = load_process(&loader);
    return r < 0 ? r : add_process(model, loader.process);
}

int lh_model_load(struct lh_model *model, const char *path, const char **ret_why)
{
    struct lh_reader *reader;
    const char *why = NULL;
    int r = lh_reader_open(path, &reader, &why);

    if (r == 0) {
        r = load_reader(model, path, reader);
        lh_reader_close(reader);
        why = "out of memory";
    }
    if (r < 0 && ret_why) {
        const char *kept = lh_pool_strdup(model->pool, why);

        *ret_why = kept ? kept : "out of memory";
    }
    return r;
}
