#include "object.h"

#include <errno.h>
#include <stdlib.h>

#include "demangle.h"
#include "dies.h"
#include "source_names.h"

/* A function and what is inlined there, outermost first. */
struct chain {
    Dwarf_Die dies[LH_DIE_DEPTH];
    size_t n;
};

static bool has_code(Dwarf_Die *die)
{
    return dwarf_hasattr(die, DW_AT_low_pc) || dwarf_hasattr(die, DW_AT_ranges);
}

/* May the address lie in this child, or in one of its children? */
static bool leads_to(Dwarf_Die *die, uint64_t address)
{
    switch (dwarf_tag(die)) {
    case DW_TAG_inlined_subroutine:
        return dwarf_haspc(die, address) > 0;
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_with_stmt:
        return !has_code(die) || dwarf_haspc(die, address) > 0;
    default:
        return false;
    }
}

/* true: something inlined was found. */
static bool descend(struct chain *chain, Dwarf_Die *parent, uint64_t address, int depth)
{
    Dwarf_Die die;

    if (depth >= LH_DIE_DEPTH || !lh_die_child(parent, &die))
        return false;
    do {
        if (!leads_to(&die, address))
            continue;
        if (dwarf_tag(&die) == DW_TAG_inlined_subroutine) {
            if (chain->n == LH_DIE_DEPTH)
                return true;
            chain->dies[chain->n++] = die;
            descend(chain, &die, address, depth + 1);
            return true;
        }
        if (descend(chain, &die, address, depth + 1))
            return true;
    } while (lh_die_next(&die));
    return false;
}

static const char *function_name(struct lh_object *object, Dwarf_Die *die, uint64_t address)
{
    bool inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
    const struct lh_elf_symbol *symbol = inlined ? NULL : lh_elf_function(object, address);

    return lh_source_name(object, die, symbol ? symbol->name : NULL);
}

static void set_line(struct lh_object *object, struct lh_frame *frame, struct lh_unit *unit,
                     uint64_t address)
{
    Dwarf_Line *line = dwarf_getsrc_die(lh_unit_lines(unit), address);

    if (!line)
        return;
    frame->file = lh_source_path(object, lh_unit_lines(unit), dwarf_linesrc(line, NULL, NULL));
    if (dwarf_lineno(line, &frame->line) != 0 || frame->line < 0)
        frame->line = 0;
}

/* From the innermost function outwards: each but the first stands where the one before is called.
 */
static void fill(struct lh_object *object, struct lh_frame *frames, struct chain *chain,
                 uint64_t address)
{
    for (size_t i = 0; i < chain->n; i++) {
        Dwarf_Die *die = &chain->dies[chain->n - 1 - i];

        frames[i].function = function_name(object, die, address);
        frames[i].inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
        if (i + 1 < chain->n)
            lh_source_place(object, die, DW_AT_call_file, DW_AT_call_line, &frames[i + 1].file,
                            &frames[i + 1].line);
    }
}

static void find_chain(struct chain *chain, struct lh_unit *unit, uint64_t address)
{
    chain->n = 0;
    if (unit && lh_unit_function(unit, address, &chain->dies[0])) {
        chain->n = 1;
        descend(chain, &chain->dies[0], address, 0);
    }
}

static void set_symbol(struct lh_object *object, struct lh_frame *frame, uint64_t address)
{
    const struct lh_elf_symbol *symbol = lh_elf_function(object, address);

    if (symbol)
        frame->function = lh_demangle(object->strings, symbol->name);
}

int lh_object_frames(struct lh_object *object, uint64_t address, struct lh_frame **ret_frames,
                     size_t *ret_n)
{
    uint64_t debug_address;
    struct lh_unit *unit;
    struct lh_frame *frames;
    struct chain chain;
    size_t n;

    unit = lh_object_dwarf(object) ? lh_unit_find(object, address - object->dwarf_bias) : NULL;
    debug_address = address - object->dwarf_bias;
    find_chain(&chain, unit, debug_address);
    n = chain.n ? chain.n : 1;
    frames = calloc(n, sizeof(*frames));
    if (!frames)
        return -ENOMEM;
    if (chain.n)
        fill(object, frames, &chain, address);
    else
        set_symbol(object, &frames[0], address);
    if (unit)
        set_line(object, &frames[0], unit, debug_address);
    for (size_t i = 0; i < n; i++) {
        frames[i].module = object->path;
        frames[i].offset = address;
    }
    *ret_frames = frames;
    *ret_n = n;
    return 0;
}
