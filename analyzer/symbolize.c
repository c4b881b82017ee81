#include "symbolize.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "object.h"
#include "pool.h"
#include "ranges.h"
#include "store.h"

struct lh_symbols {
    struct lh_store *store;
    struct lh_ranges groups;    /* of modules that begin at one address, one after the other */
    size_t *order;              /* module indices, by start and epoch */
    struct lh_object **objects; /* by module index; NULL: not opened yet */
};

static struct lh_store *store_of(struct lh_model *model)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        if (model->processes[i]->symbols)
            return lh_store_ref(model->processes[i]->symbols->store);
    }
    return lh_store_new(model->pool);
}

void lh_symbols_free(struct lh_symbols *symbols)
{
    if (!symbols)
        return;
    lh_store_unref(symbols->store);
    lh_ranges_clear(&symbols->groups);
    free(symbols->order);
    free(symbols->objects);
    free(symbols);
}

static int by_start_and_epoch(const void *a, const void *b, void *context)
{
    const struct lh_module *modules = context;
    const struct lh_module *x = &modules[*(const size_t *)a], *y = &modules[*(const size_t *)b];

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (x->epoch > y->epoch) - (x->epoch < y->epoch);
}

static int index_modules(struct lh_symbols *symbols, const struct lh_process *process)
{
    const struct lh_module *modules = process->modules;
    size_t n = process->n_modules, next;

    symbols->order = calloc(n + 1, sizeof(*symbols->order));
    symbols->objects = calloc(n + 1, sizeof(struct lh_object *));
    if (!symbols->order || !symbols->objects)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        symbols->order[i] = i;
    if (n)
        qsort_r(symbols->order, n, sizeof(*symbols->order), by_start_and_epoch, process->modules);
    for (size_t first = 0; first < n; first = next) {
        uint64_t start = modules[symbols->order[first]].start, end = 0;
        int r;

        for (next = first; next < n && modules[symbols->order[next]].start == start; next++) {
            if (modules[symbols->order[next]].end > end)
                end = modules[symbols->order[next]].end;
        }
        r = lh_ranges_add(&symbols->groups, start, end, first);
        if (r < 0)
            return r;
    }
    lh_ranges_sort(&symbols->groups);
    return 0;
}

static struct lh_symbols *symbols_of(struct lh_model *model, struct lh_process *process)
{
    struct lh_symbols *symbols;

    if (process->symbols)
        return process->symbols;
    symbols = calloc(1, sizeof(*symbols));
    if (!symbols)
        return NULL;
    symbols->store = store_of(model);
    if (!symbols->store || index_modules(symbols, process) < 0) {
        lh_symbols_free(symbols);
        return NULL;
    }
    process->symbols = symbols;
    return symbols;
}

/* How well a module of the right address fits an epoch. */
enum fit {
    FIT_NONE,
    FIT_GONE,  /* just unloaded: destructors run before the record of it */
    FIT_LATER, /* loaded next: constructors run before the record of it */
    FIT_EXACT,
};

static enum fit fit_of(const struct lh_module *module, uint64_t addr, uint32_t epoch)
{
    if (addr < module->start || addr >= module->end)
        return FIT_NONE;
    if (module->epoch > epoch)
        return FIT_LATER;
    if (epoch < module->epoch_end)
        return FIT_EXACT;
    return module->epoch_end == epoch ? FIT_GONE : FIT_NONE;
}

/* Of modules with one start, the place of the first that was loaded after the epoch. */
static size_t first_later(const struct lh_symbols *symbols, const struct lh_process *process,
                          size_t first, uint32_t epoch)
{
    uint64_t start = process->modules[symbols->order[first]].start;
    size_t low = first, high = process->n_modules;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct lh_module *module = &process->modules[symbols->order[middle]];

        if (module->start == start && module->epoch <= epoch)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct candidate {
    enum fit fit;
    size_t index;
};

static void consider(struct candidate *best, const struct lh_process *process, size_t index,
                     uint64_t addr, uint32_t epoch)
{
    const struct lh_module *module = &process->modules[index];
    enum fit fit = fit_of(module, addr, epoch);

    if (fit > best->fit || (fit == FIT_LATER && best->fit == FIT_LATER &&
                            module->epoch < process->modules[best->index].epoch))
        *best = (struct candidate){fit, index};
}

/* An index into process->modules; n_modules when none fits. */
static size_t find_module(const struct lh_symbols *symbols, const struct lh_process *process,
                          uint64_t addr, uint32_t epoch)
{
    struct candidate best = {FIT_NONE, process->n_modules};
    size_t at = lh_ranges_begin(&symbols->groups, addr);
    const struct lh_range *group;

    while (best.fit != FIT_EXACT && (group = lh_ranges_next(&symbols->groups, addr, &at))) {
        size_t later = first_later(symbols, process, group->value, epoch);

        if (later > group->value)
            consider(&best, process, symbols->order[later - 1], addr, epoch);
        if (later < process->n_modules)
            consider(&best, process, symbols->order[later], addr, epoch);
    }
    return best.index;
}

static struct lh_object *object_of(struct lh_symbols *symbols, const struct lh_process *process,
                                   size_t module)
{
    if (!symbols->objects[module])
        symbols->objects[module] = lh_store_object(symbols->store, &process->modules[module]);
    return symbols->objects[module];
}

/*
 * A return address may be the first of the next line, or of the next function: the call lies before
 * it. That address is also what is shown as offset, so that other tools find the same line.
 */
static uint64_t call_address(uint64_t pc)
{
    return pc ? pc - 1 : 0;
}

/* The place of a return address; NULL in *ret when no module is there. */
static int place_of(struct lh_symbols *symbols, const struct lh_process *process, uint64_t pc,
                    uint32_t epoch, struct lh_place **ret)
{
    uint64_t addr = call_address(pc);
    size_t module = find_module(symbols, process, addr, epoch);
    struct lh_object *object;

    *ret = NULL;
    if (module == process->n_modules)
        return 0;
    object = object_of(symbols, process, module);
    if (object)
        *ret = lh_store_place(symbols->store, object, addr - process->modules[module].bias);
    return *ret ? 0 : -ENOMEM;
}

static bool needs_frames(const struct lh_stack *stack)
{
    return stack->id != 0 && !stack->frames;
}

/* All places first, then their frames file by file: only a few files are open at a time. */
static int collect_places(struct lh_symbols *symbols, const struct lh_process *process)
{
    for (size_t i = 0; i < process->n_stacks; i++) {
        const struct lh_stack *stack = &process->stacks[i];

        for (size_t j = 0; needs_frames(stack) && j < stack->n_pcs; j++) {
            struct lh_place *place;
            int r = LH_IS_PYTHON_PC(stack->pcs[j])
                        ? 0
                        : place_of(symbols, process, stack->pcs[j], stack->epoch, &place);

            if (r < 0)
                return r;
        }
    }
    return lh_store_resolve(symbols->store);
}

/* Frames under construction, for one stack after another. */
struct buffer {
    struct lh_frame *frames;
    size_t n, capacity;
};

static int push(struct buffer *buffer, const struct lh_frame *frames, size_t n)
{
    int r = lh_grow(&buffer->frames, &buffer->capacity, buffer->n + n, sizeof(*frames));

    if (r < 0)
        return r;
    memcpy(buffer->frames + buffer->n, frames, n * sizeof(*frames));
    buffer->n += n;
    return 0;
}

static int push_interpreted(const struct lh_process *process, uint64_t pc, struct buffer *buffer)
{
    uint32_t id = LH_PYTHON_PC_CODE(pc);
    struct lh_frame frame = {.module = LH_PYTHON_MODULE, .offset = LH_PYTHON_PC_LINE(pc)};

    if (id < process->n_codes && process->codes[id].function) {
        frame.function = process->codes[id].function;
        frame.file = process->codes[id].file;
        frame.line = (int)LH_PYTHON_PC_LINE(pc);
    }
    return push(buffer, &frame, 1);
}

static int push_return_address(struct lh_symbols *symbols, const struct lh_process *process,
                               uint64_t pc, uint32_t epoch, struct buffer *buffer)
{
    struct lh_frame unknown = {.offset = call_address(pc)};
    struct lh_place *place;
    int r;

    if (LH_IS_PYTHON_PC(pc))
        return push_interpreted(process, pc, buffer);
    r = place_of(symbols, process, pc, epoch, &place);

    if (r < 0)
        return r;
    return place ? push(buffer, place->frames, place->n) : push(buffer, &unknown, 1);
}

static int symbolize_stack(struct lh_model *model, struct lh_symbols *symbols,
                           const struct lh_process *process, struct lh_stack *stack,
                           struct buffer *buffer)
{
    buffer->n = 0;
    for (size_t i = 0; i < stack->n_pcs; i++) {
        int r = push_return_address(symbols, process, stack->pcs[i], stack->epoch, buffer);

        if (r < 0)
            return r;
    }
    stack->frames = lh_pool_copy(model->pool, buffer->frames, buffer->n * sizeof(*buffer->frames));
    if (!stack->frames)
        return -ENOMEM;
    stack->n_frames = buffer->n;
    return 0;
}

int lh_symbolize_process(struct lh_model *model, struct lh_process *process)
{
    struct buffer buffer = {0};
    struct lh_symbols *symbols = symbols_of(model, process);
    int r = symbols ? collect_places(symbols, process) : -ENOMEM;

    for (size_t i = 0; i < process->n_stacks && r == 0; i++) {
        if (needs_frames(&process->stacks[i]))
            r = symbolize_stack(model, symbols, process, &process->stacks[i], &buffer);
    }
    free(buffer.frames);
    return r;
}

int lh_symbolize(struct lh_model *model)
{
    int r = 0;

    for (size_t i = 0; i < model->n_processes && r == 0; i++)
        r = lh_symbolize_process(model, model->processes[i]);
    return r;
}

/* The object and the address in it; NULL when no module is there. */
static struct lh_object *locate(struct lh_model *model, struct lh_process *process, uint64_t addr,
                                uint32_t epoch, uint64_t *ret_address)
{
    struct lh_symbols *symbols = symbols_of(model, process);
    size_t module = symbols ? find_module(symbols, process, addr, epoch) : process->n_modules;

    if (module == process->n_modules)
        return NULL;
    *ret_address = addr - process->modules[module].bias;
    return object_of(symbols, process, module);
}

bool lh_symbolize_data(struct lh_model *model, struct lh_process *process, uint64_t addr,
                       uint32_t epoch, struct lh_symbol *ret)
{
    uint64_t address;
    struct lh_object *object = locate(model, process, addr, epoch, &address);

    if (!object)
        return false;
    lh_store_use(process->symbols->store, object);
    return lh_object_variable(object, address, ret);
}

bool lh_symbolize_own(struct lh_model *model, struct lh_process *process,
                      const struct lh_block *block, uint64_t addr, uint32_t epoch,
                      struct lh_symbol *ret)
{
    uint64_t code;
    struct lh_object *object = locate(model, process, block->code, epoch, &code);

    if (!object)
        return false;
    lh_store_use(process->symbols->store, object);
    if (block->kind == LH_BLOCK_TLS)
        return lh_object_thread_local(object, addr - block->addr, ret);
    struct lh_spot spot = {
        .addr = addr,
        .sp = block->addr,
        .cfa = block->addr + block->size,
        .code = call_address(code),
        .pc = block->pc ? call_address(block->pc) - (block->code - code) : 0,
    };
    return lh_object_local(object, &spot, ret);
}

const char *lh_symbolize_function(struct lh_model *model, struct lh_process *process, uint64_t addr,
                                  uint32_t epoch)
{
    uint64_t address;
    struct lh_object *object = locate(model, process, addr, epoch, &address);
    const struct lh_place *place = NULL;

    if (object)
        place = lh_store_place(process->symbols->store, object, address);
    if (!place || lh_store_resolve(process->symbols->store) < 0)
        return NULL;
    /* The last is the function itself; before it stands what was inlined at its very beginning. */
    return place->frames[place->n - 1].function;
}

const struct lh_module *lh_symbolize_module(struct lh_model *model, struct lh_process *process,
                                            uint64_t addr, uint32_t epoch)
{
    struct lh_symbols *symbols = symbols_of(model, process);
    size_t module = symbols ? find_module(symbols, process, addr, epoch) : process->n_modules;

    return module < process->n_modules ? &process->modules[module] : NULL;
}
