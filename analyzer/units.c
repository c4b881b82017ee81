#include "object.h"

#include <errno.h>
#include <stdlib.h>

#include "dies.h"
#include "pool.h"

/*
 * Not every compiler writes .debug_aranges, so the ranges come from the units themselves; and
 * asking libdw for the scopes of an address reads a whole unit, so a unit's functions are listed
 * once.
 */
struct lh_unit {
    Dwarf_Die lines; /* has the line table; a skeleton when the rest lies in a .dwo file */
    Dwarf_Die tree;
    bool listed;
    struct lh_ranges ranges; /* of functions */
    Dwarf_Die *functions;
    size_t n_functions, capacity;
};

struct lh_units {
    struct lh_unit *items;
    size_t n, capacity;
    struct lh_ranges ranges;
};

/* Code that the linker threw away is left at address 0, or at the end of the address space. */
static int add_ranges(struct lh_ranges *ranges, Dwarf_Die *die, size_t value)
{
    Dwarf_Addr base, low, high;
    ptrdiff_t at = 0;
    int r;

    while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
        if (low == 0)
            continue;
        r = lh_ranges_add(ranges, low, high, value);
        if (r < 0)
            return r;
    }
    return 0;
}

static int add_unit(struct lh_units *units, uint8_t type, Dwarf_Die *die, Dwarf_Die *split)
{
    struct lh_unit *unit;
    int r;

    if (type != DW_UT_compile && type != DW_UT_skeleton)
        return 0;
    r = lh_grow(&units->items, &units->capacity, units->n + 1, sizeof(*units->items));
    if (r < 0)
        return r;
    unit = &units->items[units->n];
    *unit = (struct lh_unit){.lines = *die, .tree = split->addr ? *split : *die};
    return add_ranges(&units->ranges, die, units->n++);
}

static int read_units(struct lh_units *units, Dwarf *dwarf)
{
    Dwarf_CU *cu = NULL;
    Dwarf_Die die, split;
    uint8_t type;
    int r;

    while (dwarf_get_units(dwarf, cu, &cu, NULL, &type, &die, &split) == 0) {
        r = add_unit(units, type, &die, &split);
        if (r < 0)
            return r;
    }
    lh_ranges_sort(&units->ranges);
    return 0;
}

static struct lh_units *units_of(struct lh_object *object)
{
    Dwarf *dwarf = lh_object_dwarf(object);

    if (!object->units) {
        object->units = calloc(1, sizeof(*object->units));
        if (object->units && dwarf)
            read_units(object->units, dwarf);
    }
    return object->units;
}

void lh_units_free(struct lh_units *units)
{
    if (!units)
        return;
    for (size_t i = 0; i < units->n; i++) {
        lh_ranges_clear(&units->items[i].ranges);
        free(units->items[i].functions);
    }
    free(units->items);
    lh_ranges_clear(&units->ranges);
    free(units);
}

size_t lh_units_count(struct lh_object *object)
{
    const struct lh_units *units = units_of(object);

    return units ? units->n : 0;
}

Dwarf_Die *lh_unit_tree(struct lh_object *object, size_t index)
{
    return &object->units->items[index].tree;
}

struct lh_unit *lh_unit_find(struct lh_object *object, uint64_t address)
{
    struct lh_units *units = units_of(object);
    const struct lh_range *range;
    size_t at;

    if (!units)
        return NULL;
    at = lh_ranges_begin(&units->ranges, address);
    range = lh_ranges_next(&units->ranges, address, &at);
    return range ? &units->items[range->value] : NULL;
}

Dwarf_Die *lh_unit_lines(struct lh_unit *unit)
{
    return &unit->lines;
}

static int add_function(struct lh_unit *unit, Dwarf_Die *die)
{
    size_t before = unit->ranges.n;
    int r = add_ranges(&unit->ranges, die, unit->n_functions);

    if (r < 0 || unit->ranges.n == before)
        return r;
    r = lh_grow(&unit->functions, &unit->capacity, unit->n_functions + 1, sizeof(*unit->functions));
    if (r < 0) {
        unit->ranges.n = before;
        return r;
    }
    unit->functions[unit->n_functions++] = *die;
    return 0;
}

/* Functions lie in namespaces and classes, and in some languages in functions. */
static bool may_hold_functions(int tag)
{
    switch (tag) {
    case DW_TAG_subprogram:
    case DW_TAG_lexical_block:
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_interface_type:
        return true;
    default:
        return false;
    }
}

static int list_functions(struct lh_unit *unit, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;
    int r = 0;

    if (depth > LH_DIE_DEPTH || !lh_die_child(parent, &die))
        return 0;
    do {
        int tag = dwarf_tag(&die);

        if (tag == DW_TAG_subprogram)
            r = add_function(unit, &die);
        if (r == 0 && may_hold_functions(tag))
            r = list_functions(unit, &die, depth + 1);
    } while (r == 0 && lh_die_next(&die));
    return r;
}

bool lh_unit_function(struct lh_unit *unit, uint64_t address, Dwarf_Die *ret)
{
    const struct lh_range *range;
    size_t at;

    if (!unit->listed) {
        list_functions(unit, &unit->tree, 0);
        lh_ranges_sort(&unit->ranges);
        unit->listed = true;
    }
    at = lh_ranges_begin(&unit->ranges, address);
    range = lh_ranges_next(&unit->ranges, address, &at);
    if (range)
        *ret = unit->functions[range->value];
    return range != NULL;
}
