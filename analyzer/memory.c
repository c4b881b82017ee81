#include "memory.h"

#include <inttypes.h>
#include <string.h>

#include "analyses.h"
#include "fingerprint.h"
#include "message.h"
#include "site.h"

#define GUARDED_LEAST     4 /* accesses that make a lock a guard; more than half of all, too */
#define ALLOCATION_FRAMES 3 /* tell one caller of an allocating function from the other */

/* ---- the bytes in common ---- */

static uint64_t end_of(const struct lh_access *access)
{
    uint64_t end;

    return __builtin_add_overflow(access->addr, access->size, &end) ? UINT64_MAX : end;
}

/* Accesses that only share a word of the recorder's do not overlap: then the later one counts. */
static void set_range(struct lh_memory *memory, const struct lh_race *race)
{
    const struct lh_access *earlier = &race->earlier, *later = &race->later;
    uint64_t start = earlier->addr > later->addr ? earlier->addr : later->addr;
    uint64_t end = end_of(earlier) < end_of(later) ? end_of(earlier) : end_of(later);

    memory->addr = start < end ? start : later->addr;
    memory->size = start < end ? end - start : later->size;
}

/* ---- its name ---- */

static void set_variable(struct lh_memory *memory, const struct lh_symbol *symbol)
{
    memory->name = symbol->name;
    memory->family = symbol->family;
    memory->file = symbol->file;
    memory->line = symbol->line;
}

/* The modules of the time of the access: a variable lives as long as its module. */
static uint32_t epoch_of(const struct lh_process *process, const struct lh_race *race)
{
    uint32_t stack = race->later.stack != LH_NO_STACK ? race->later.stack : race->earlier.stack;

    return lh_process_stack(process, stack)->epoch;
}

static void find_variable(struct lh_memory *memory, struct lh_model *model,
                          struct lh_process *process, const struct lh_race *race)
{
    struct lh_symbol symbol;

    if (lh_symbolize_data(model, process, memory->addr, epoch_of(process, race), &symbol))
        set_variable(memory, &symbol);
}

static const char *bytes_text(struct lh_pool *pool, uint64_t size)
{
    return lh_pool_printf(pool, "%" PRIu64 " byte%s", size, size == 1 ? "" : "s");
}

static const char *variable_text(struct lh_pool *pool, const struct lh_memory *memory)
{
    if (memory->file && memory->line > 0)
        return lh_pool_printf(pool, "%s (%s:%d)", memory->name, lh_site_basename(memory->file),
                              memory->line);
    if (memory->file)
        return lh_pool_printf(pool, "%s (%s)", memory->name, lh_site_basename(memory->file));
    return memory->name;
}

static const char *block_text(struct lh_pool *pool, const struct lh_process *process,
                              const struct lh_memory *memory)
{
    const struct lh_block *block = memory->block;
    const char *part = bytes_text(pool, memory->size);
    const char *thread = lh_thread_text(pool, process, block->thread);
    const char *place = lh_site_text(pool, process, block->stack);

    if (memory->addr == block->addr && memory->size >= block->size)
        return lh_pool_printf(pool, "the block of %s that %s allocated in %s",
                              bytes_text(pool, block->size), thread, place);
    return lh_pool_printf(
        pool, "%s at offset %" PRIu64 " of the block of %s that %s allocated in %s", part,
        memory->addr - block->addr, bytes_text(pool, block->size), thread, place);
}

static const char *memory_text(struct lh_pool *pool, const struct lh_process *process,
                               const struct lh_memory *memory)
{
    if (memory->name)
        return variable_text(pool, memory);
    if (memory->block)
        return block_text(pool, process, memory);
    return lh_pool_printf(pool, "%s at 0x%" PRIx64, bytes_text(pool, memory->size), memory->addr);
}

/* ---- a thread's own: its stack, its thread-local variables ---- */

/* What is on the stack now is not what was there if the owner was in another function then. */
static bool was_in(const struct lh_process *process, const struct lh_block *block,
                   const struct lh_access *access, const char *function)
{
    const struct lh_stack *stack = lh_process_stack(process, access->stack);

    if (access->thread != block->thread)
        return true;
    for (size_t i = 0; i < stack->n_frames; i++)
        if (stack->frames[i].function && strcmp(stack->frames[i].function, function) == 0)
            return true;
    return false;
}

/* Where the owner itself was tells apart variables that share their memory. */
static bool find_by_access(struct lh_memory *memory, struct lh_model *model,
                           struct lh_process *process, struct lh_block block,
                           const struct lh_access *access, struct lh_symbol *ret)
{
    const struct lh_stack *stack = lh_process_stack(process, access->stack);

    for (size_t i = 0; access->thread == block.thread && i < stack->n_pcs; i++) {
        block.pc = stack->pcs[i];
        if (lh_symbolize_own(model, process, &block, memory->addr, stack->epoch, ret))
            return true;
    }
    return false;
}

static void find_own(struct lh_memory *memory, struct lh_model *model, struct lh_process *process,
                     const struct lh_race *race, const struct lh_block *block)
{
    uint32_t epoch = epoch_of(process, race);
    struct lh_symbol symbol;

    if (block->kind == LH_BLOCK_FRAME) {
        const char *function = lh_symbolize_function(model, process, block->code, epoch);

        if (!function || !was_in(process, block, &race->earlier, function) ||
            !was_in(process, block, &race->later, function))
            return;
        memory->function = function;
    }
    if (lh_symbolize_own(model, process, block, memory->addr, epoch, &symbol) ||
        find_by_access(memory, model, process, *block, &race->earlier, &symbol) ||
        find_by_access(memory, model, process, *block, &race->later, &symbol))
        set_variable(memory, &symbol);
}

static const char *place_text(struct lh_pool *pool, const struct lh_memory *memory)
{
    if (!memory->file)
        return "";
    return memory->line > 0
               ? lh_pool_printf(pool, " (%s:%d)", lh_site_basename(memory->file), memory->line)
               : lh_pool_printf(pool, " (%s)", lh_site_basename(memory->file));
}

static const char *own_text(struct lh_pool *pool, const struct lh_process *process,
                            const struct lh_memory *memory, const struct lh_block *block)
{
    const char *part = bytes_text(pool, memory->size), *place = place_text(pool, memory);
    const char *thread = lh_thread_text(pool, process, block->thread);

    if (memory->name && memory->function)
        return lh_pool_printf(pool, "the local variable %s of %s%s in %s", memory->name,
                              memory->function, place, thread);
    if (memory->name)
        return lh_pool_printf(pool, "the thread-local %s%s of %s", memory->name, place, thread);
    if (block->kind == LH_BLOCK_TLS)
        return lh_pool_printf(pool, "%s at 0x%" PRIx64 " among the thread-local variables of %s",
                              part, memory->addr, thread);
    if (memory->function)
        return lh_pool_printf(pool, "%s at 0x%" PRIx64 " in the frame of %s on the stack of %s",
                              part, memory->addr, memory->function, thread);
    return lh_pool_printf(pool, "%s at 0x%" PRIx64 " on the stack of %s", part, memory->addr,
                          thread);
}

/* ---- its guard ---- */

/* 41203 -> "41,203"; in a buffer of 32 bytes. */
static const char *count_text(uint64_t count, char buffer[32])
{
    char *to = buffer + 31;

    *to = '\0';
    for (int digits = 0; count > 0 || digits == 0; digits++, count /= 10) {
        if (digits > 0 && digits % 3 == 0)
            *--to = ',';
        *--to = (char)('0' + count % 10);
    }
    return to;
}

static const char *share_text(struct lh_pool *pool, uint64_t guarded, uint64_t all,
                              const char *what)
{
    char some[32], total[32];

    if (all == 1)
        return lh_pool_printf(pool, guarded ? "the only %s" : "not the only %s", what);
    if (guarded >= all)
        return lh_pool_printf(pool, "all %s %ss", count_text(all, total), what);
    return lh_pool_printf(pool, "%s of %s %ss", count_text(guarded, some), count_text(all, total),
                          what);
}

/* Writes and reads each on their own: often the reads alone are careless. */
static const char *guarded_text(struct lh_pool *pool, const struct lh_process *process,
                                const struct lh_race *race)
{
    const char *guard =
        race->guard_ended ? "a lock that has ended" : lh_process_class(process, race->guard)->name;
    const char *writes = share_text(pool, race->guarded_writes, race->writes, "write");
    const char *reads = share_text(pool, race->guarded_reads, race->reads, "read");

    if (race->writes > 0 && race->reads > 0)
        return lh_pool_printf(pool, "%s and %s hold %s", writes, reads, guard);
    return lh_pool_printf(pool, "%s hold %s", race->writes > 0 ? writes : reads, guard);
}

/* A few accesses show nothing. */
static bool is_guarded(const struct lh_race *race)
{
    double guarded = (double)race->guarded_reads + (double)race->guarded_writes;
    double all = (double)race->reads + (double)race->writes;

    return (race->guard != LH_NO_LOCK || race->guard_ended) && guarded >= GUARDED_LEAST &&
           guarded * 2 > all;
}

const struct lh_memory *lh_memory_of(struct lh_model *model, struct lh_process *process,
                                     const struct lh_race *race, struct lh_pool *pool)
{
    const struct lh_block *block = lh_process_block(process, race->block);
    struct lh_memory *memory = lh_pool_alloc(pool, sizeof(*memory));

    if (!memory)
        return NULL;
    memory->race = race;
    set_range(memory, race);
    bool inside = block->id != 0 && memory->addr >= block->addr;
    if (inside && block->kind == LH_BLOCK_HEAP)
        memory->block = block;
    else if (inside)
        find_own(memory, model, process, race, block);
    else
        find_variable(memory, model, process, race);
    memory->text = inside && !memory->block ? own_text(pool, process, memory, block)
                                            : memory_text(pool, process, memory);
    if (is_guarded(race)) {
        memory->guard = race->guard;
        memory->guarded = guarded_text(pool, process, race);
        if (!memory->guarded)
            return NULL;
    }
    return memory->text ? memory : NULL;
}

/* ---- what stays the same ---- */

uint64_t lh_memory_hash(uint64_t hash, const struct lh_process *process,
                        const struct lh_memory *memory)
{
    const struct lh_stack *stack;
    size_t n = 0;

    if (memory->function)
        hash = lh_hash_text(hash, memory->function);
    if (memory->family)
        return lh_hash_text(hash, memory->family);
    if (!memory->block)
        return hash;
    stack = lh_process_stack(process, memory->block->stack);
    for (size_t i = 0; stack->frames && i < stack->n_frames && n < ALLOCATION_FRAMES; i++) {
        const char *function = stack->frames[i].function;

        if (lh_site_is_runtime(&stack->frames[i]) || !function)
            continue;
        hash = lh_hash_bytes(hash, function, lh_site_name_length(function));
        hash = lh_hash_number(hash, 0);
        n++;
    }
    return hash;
}

bool lh_access_holds(const struct lh_process *process, const struct lh_access *access,
                     uint32_t guard)
{
    const struct lh_lockset *set = lh_process_lockset(process, access->lockset);

    for (size_t i = 0; i < set->n_held; i++)
        if (set->held[i].lock == guard &&
            (set->held[i].mode == LH_MODE_EXCLUSIVE || !(access->flags & LH_ACCESS_WRITE)))
            return true;
    return false;
}
