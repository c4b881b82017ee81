/* Functions of interpreted code. */
#include <errno.h>

#include "load.h"

static int visit_code(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_code *from = (const void *)record->record;
    struct lh_process *process = loader->process;
    struct lh_code *code;

    (void)data;
    if (!lh_load_fits(loader, record, sizeof(*from), 0, 1) || from->id == 0 ||
        from->id >= process->n_codes ||
        !lh_load_fits(loader, record, sizeof(*from), (uint64_t)from->file_size + from->name_size,
                      1))
        return 0;
    code = &process->codes[from->id];
    code->file = lh_pool_strndup(loader->pool, from->text, from->file_size);
    code->function = lh_pool_strndup(loader->pool, from->text + from->file_size, from->name_size);
    code->line = from->line;
    return code->file && code->function ? 0 : -ENOMEM;
}

int lh_load_codes(struct lh_loader *loader)
{
    void *codes;
    int r = lh_load_array(loader, loader->process->n_codes, sizeof(struct lh_code), &codes);

    if (r < 0 || !codes)
        return r;
    loader->process->codes = codes;
    return lh_load_each_record(loader, LH_RECORD_CODE, visit_code, NULL);
}
