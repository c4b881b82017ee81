#include "instrumented.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stddef.h>

#include "calls.h"

/* Answers so far, by module. A place is written once, its end last. */
#define MODULES 256u

struct module {
    uintptr_t start, end; /* end 0: free; atomic */
    bool instrumented, shim;
};

static struct module modules[MODULES];
static uint32_t n_modules; /* atomic: places handed out */
static __thread const struct module *last __attribute__((tls_model("initial-exec")));

static uintptr_t dynamic_value(const struct link_map *map, ElfW(Sxword) tag)
{
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == tag)
            return entry->d_un.d_ptr;
    }
    return 0;
}

/* Nothing says how many symbols there are; linkers put their names right behind them. */
static size_t count_symbols(const ElfW(Sym) * symbols, const char *names)
{
    return (uintptr_t)names > (uintptr_t)symbols
               ? ((uintptr_t)names - (uintptr_t)symbols) / sizeof *symbols
               : 0;
}

/* By hand: strncmp() here would be our own. */
static bool is_tsan(const char *name)
{
    for (const char *prefix = "__tsan_"; *prefix; prefix++, name++) {
        if (*name != *prefix)
            return false;
    }
    return true;
}

/* Does it need a symbol that only instrumented code needs? */
static bool needs_tsan(const struct link_map *map)
{
    const ElfW(Sym) *symbols = (const ElfW(Sym) *)dynamic_value(map, DT_SYMTAB);
    const char *names = (const char *)dynamic_value(map, DT_STRTAB);
    size_t count = symbols && names ? count_symbols(symbols, names) : 0;

    for (size_t i = 1; i < count; i++) {
        if (symbols[i].st_shndx == SHN_UNDEF && is_tsan(names + symbols[i].st_name))
            return true;
    }
    return false;
}

static const struct module *look_at(uintptr_t pc)
{
    static const struct module nowhere;
    struct dl_find_object found;

    if (_dl_find_object((void *)pc, &found) != 0)
        return &nowhere;
    uint32_t place = __atomic_fetch_add(&n_modules, 1, __ATOMIC_RELAXED);
    if (place >= MODULES)
        return &nowhere;
    struct module *module = &modules[place];
    module->start = (uintptr_t)found.dlfo_map_start;
    module->shim =
        (uintptr_t)lh_tsan_active - module->start < (uintptr_t)found.dlfo_map_end - module->start;
    module->instrumented = needs_tsan(found.dlfo_link_map);
    /* Release pairs with the acquire in find(). */
    __atomic_store_n(&module->end, (uintptr_t)found.dlfo_map_end, __ATOMIC_RELEASE);
    return module;
}

static const struct module *find(uintptr_t pc)
{
    for (uint32_t i = 0; i < MODULES; i++) {
        uintptr_t end = __atomic_load_n(&modules[i].end, __ATOMIC_ACQUIRE);
        if (pc < end && pc >= modules[i].start)
            return &modules[i];
        if (!end && i >= __atomic_load_n(&n_modules, __ATOMIC_RELAXED))
            break;
    }
    return look_at(pc);
}

static const struct module *module_of(uintptr_t pc)
{
    if (!last || pc < last->start || pc >= last->end)
        last = find(pc);
    return last;
}

bool lh_is_instrumented(uintptr_t pc)
{
    return module_of(pc)->instrumented;
}

bool lh_is_shim(uintptr_t pc)
{
    return module_of(pc)->shim;
}
