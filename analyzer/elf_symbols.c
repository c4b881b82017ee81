#include "object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

/* Of symbols for one place the one that people know is wanted: pthread_mutex_lock, not an alias. */
struct table {
    struct lh_elf_symbol *symbols;
    size_t n, capacity;
    struct lh_ranges ranges;
};

struct lh_elf_symbols {
    struct table functions, data;
};

static int add(struct table *table, const struct lh_elf_symbol *symbol)
{
    int r = lh_grow(&table->symbols, &table->capacity, table->n + 1, sizeof(*table->symbols));

    if (r < 0)
        return r;
    table->symbols[table->n++] = *symbol;
    return 0;
}

static bool holds_code(Elf *elf, GElf_Word section)
{
    Elf_Scn *found = elf ? elf_getscn(elf, section) : NULL;
    GElf_Shdr header;

    return found && gelf_getshdr(found, &header) && (header.sh_flags & SHF_EXECINSTR);
}

struct reader {
    struct lh_elf_symbols *ret;
    const char *file; /* of the local symbols that follow */
};

static int read_symbol(struct reader *reader, Dwfl_Module *module, int index)
{
    GElf_Sym raw;
    GElf_Addr address;
    GElf_Word section = SHN_UNDEF;
    Elf *elf = NULL;
    Dwarf_Addr bias;
    const char *name =
        dwfl_module_getsym_info(module, index, &raw, &address, &section, &elf, &bias);
    struct lh_elf_symbol symbol;

    if (!name)
        return 0;
    symbol = (struct lh_elf_symbol){
        .start = address,
        .size = raw.st_size,
        .name = name,
        .file = GELF_ST_BIND(raw.st_info) == STB_LOCAL ? reader->file : NULL,
        .binding = GELF_ST_BIND(raw.st_info),
    };
    if (GELF_ST_TYPE(raw.st_info) == STT_FILE)
        reader->file = *name ? name : NULL;
    if (section == SHN_UNDEF || section == SHN_ABS || !*name)
        return 0;
    switch (GELF_ST_TYPE(raw.st_info)) {
    case STT_FUNC:
    case STT_GNU_IFUNC:
        return add(&reader->ret->functions, &symbol);
    case STT_NOTYPE: /* a label in assembly */
        return holds_code(elf, section) ? add(&reader->ret->functions, &symbol) : 0;
    case STT_OBJECT:
    case STT_COMMON:
        return add(&reader->ret->data, &symbol);
    default:
        return 0;
    }
}

static int by_start(const void *a, const void *b)
{
    const struct lh_elf_symbol *x = a, *y = b;

    return (x->start > y->start) - (x->start < y->start);
}

/* A function written in assembly may have no size: it goes on to the next symbol. */
static int finish(struct table *table)
{
    uint64_t next = 0,
             start = 0; /* of the symbols behind; what begins at one place ends together */

    if (table->n)
        qsort(table->symbols, table->n, sizeof(*table->symbols), by_start);
    for (size_t i = table->n; i-- > 0;) {
        const struct lh_elf_symbol *symbol = &table->symbols[i];
        int r;

        if (symbol->start != start) {
            next = start;
            start = symbol->start;
        }
        r = lh_ranges_add(&table->ranges, start, symbol->size ? start + symbol->size : next, i);
        if (r < 0)
            return r;
    }
    lh_ranges_sort(&table->ranges);
    return 0;
}

static int read_all(struct lh_elf_symbols *symbols, Dwfl_Module *module)
{
    struct reader reader = {.ret = symbols};
    int n = module ? dwfl_module_getsymtab(module) : 0;
    int r;

    for (int i = 1; i < n; i++) {
        r = read_symbol(&reader, module, i);
        if (r < 0)
            return r;
    }
    r = finish(&symbols->functions);
    return r < 0 ? r : finish(&symbols->data);
}

static struct lh_elf_symbols *symbols_of(struct lh_object *object)
{
    if (!object->symbols) {
        object->symbols = calloc(1, sizeof(*object->symbols));
        if (object->symbols)
            read_all(object->symbols, object->module);
    }
    return object->symbols;
}

void lh_elf_symbols_free(struct lh_elf_symbols *symbols)
{
    if (!symbols)
        return;
    free(symbols->functions.symbols);
    free(symbols->data.symbols);
    lh_ranges_clear(&symbols->functions.ranges);
    lh_ranges_clear(&symbols->data.ranges);
    free(symbols);
}

static int rank_of_binding(unsigned char binding)
{
    return binding == STB_GLOBAL ? 2 : binding == STB_WEAK ? 1 : 0;
}

/* Global before weak before local, then the fewest underscores in front, then the shortest. */
static bool is_better(const struct lh_elf_symbol *a, const struct lh_elf_symbol *b)
{
    int binding = rank_of_binding(a->binding) - rank_of_binding(b->binding);
    size_t a_score = strspn(a->name, "_"), b_score = strspn(b->name, "_");

    if (a_score != b_score)
        return a_score < b_score;
    if (binding != 0)
        return binding > 0;
    a_score = strlen(a->name);
    b_score = strlen(b->name);
    return a_score != b_score ? a_score < b_score : strcmp(a->name, b->name) < 0;
}

static const struct lh_elf_symbol *find(const struct table *table, uint64_t address)
{
    const struct lh_elf_symbol *best = NULL;
    const struct lh_range *range;
    size_t at = lh_ranges_begin(&table->ranges, address);

    while ((range = lh_ranges_next(&table->ranges, address, &at))) {
        const struct lh_elf_symbol *symbol = &table->symbols[range->value];

        if (best && symbol->start < best->start)
            break;
        if (!best || is_better(symbol, best))
            best = symbol;
    }
    return best;
}

const struct lh_elf_symbol *lh_elf_function(struct lh_object *object, uint64_t address)
{
    const struct lh_elf_symbols *symbols = symbols_of(object);

    return symbols ? find(&symbols->functions, address) : NULL;
}

const struct lh_elf_symbol *lh_elf_data(struct lh_object *object, uint64_t address)
{
    const struct lh_elf_symbols *symbols = symbols_of(object);

    return symbols ? find(&symbols->data, address) : NULL;
}
