/* Modules: which object lay where, from which epoch to which. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static int compare_modules(const void *a, const void *b)
{
    const struct lh_module *left = a, *right = b;

    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return (left->epoch > right->epoch) - (left->epoch < right->epoch);
}

static int visit_module(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_module *from = (const void *)record->record;
    struct lh_process *process = loader->process;
    struct lh_module *module;

    (void)data;
    if (process->n_modules >= loader->n_module_records ||
        !lh_load_fits(loader, record, sizeof(*from), 0, 1) ||
        !lh_load_fits(loader, record, sizeof(*from),
                      (uint64_t)from->path_size + from->build_id_size, 1))
        return 0;
    if (from->start >= from->end) {
        lh_reader_note(loader->reader, "a module ends before it begins");
        return 0;
    }
    module = &process->modules[process->n_modules];
    module->bias = from->bias;
    module->start = from->start;
    module->end = from->end;
    module->epoch = from->epoch;
    module->epoch_end = UINT32_MAX;
    module->path = lh_pool_strndup(loader->pool, from->text, from->path_size);
    module->build_id =
        lh_pool_copy(loader->pool, from->text + from->path_size, from->build_id_size);
    if (!module->path || !module->build_id)
        return -ENOMEM;
    module->build_id_size = from->build_id_size;
    process->n_modules++;
    return 0;
}

/* Index of the first module that sorts after (start, epoch). */
static size_t upper_bound(const struct lh_process *process, uint64_t start, uint32_t epoch)
{
    struct lh_module key = {.start = start, .epoch = epoch};
    size_t low = 0, high = process->n_modules;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_modules(&process->modules[middle], &key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int visit_unload(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_unload *from = (const void *)record->record;
    struct lh_module *module;
    size_t after;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) || from->epoch == 0)
        return 0;
    /* The last one that was loaded there before that epoch. */
    after = upper_bound(loader->process, from->start, from->epoch - 1);
    if (after == 0)
        return 0;
    module = &loader->process->modules[after - 1];
    if (module->start == from->start && from->epoch < module->epoch_end)
        module->epoch_end = from->epoch;
    return 0;
}

int lh_load_modules(struct lh_loader *loader)
{
    struct lh_process *process = loader->process;
    void *modules;
    int r = lh_load_array(loader, loader->n_module_records, sizeof(struct lh_module), &modules);

    if (r < 0)
        return r;
    process->modules = modules;
    r = lh_load_each_record(loader, LH_RECORD_MODULE, visit_module, NULL);
    if (r < 0)
        return r;
    if (process->n_modules > 0)
        qsort(process->modules, process->n_modules, sizeof(struct lh_module), compare_modules);
    return lh_load_each_record(loader, LH_RECORD_UNLOAD, visit_unload, NULL);
}
