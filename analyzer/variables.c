#include "object.h"

#include <errno.h>
#include <stdlib.h>

#include "demangle.h"
#include "dies.h"
#include "pool.h"
#include "source_names.h"
#include "type_path.h"

struct variable {
    uint64_t start; /* in the debug data */
    Dwarf_Die die;
};

/* Every variable with a fixed address, of the whole file: data has no ranges to find its unit by.
 */
struct lh_variables {
    struct variable *items;
    size_t n, capacity;
    struct lh_ranges ranges;
};

/* The address that a location consists of; false for registers, stack, thread-local storage. */
static bool fixed_address(Dwarf_Die *die, uint64_t *ret)
{
    Dwarf_Attribute location, indirect;
    Dwarf_Op *operations;
    Dwarf_Addr address;
    size_t n;

    if (!dwarf_attr(die, DW_AT_location, &location) ||
        dwarf_getlocation(&location, &operations, &n) != 0 || n < 1 || n > 2 ||
        (n == 2 && operations[1].atom != DW_OP_plus_uconst))
        return false;
    switch (operations[0].atom) {
    case DW_OP_addr:
        address = operations[0].number;
        break;
    case DW_OP_addrx:
    case DW_OP_GNU_addr_index:
        if (dwarf_getlocation_attr(&location, &operations[0], &indirect) != 0 ||
            dwarf_formaddr(&indirect, &address) != 0)
            return false;
        break;
    default:
        return false;
    }
    *ret = address + (n == 2 ? operations[1].number : 0);
    return *ret != 0;
}

static int add_variable(struct lh_variables *variables, Dwarf_Die *die)
{
    struct variable variable = {.die = *die};
    Dwarf_Die type;
    uint64_t size;
    int r;

    if (!fixed_address(die, &variable.start) || !lh_die_refers(die, DW_AT_type, &type))
        return 0;
    size = lh_type_size(&type);
    r = lh_grow(&variables->items, &variables->capacity, variables->n + 1,
                sizeof(*variables->items));
    if (r < 0)
        return r;
    variables->items[variables->n] = variable;
    return lh_ranges_add(&variables->ranges, variable.start, variable.start + (size ? size : 1),
                         variables->n++);
}

static bool may_hold_variables(int tag)
{
    switch (tag) {
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_namespace:
    case DW_TAG_module:
        return true;
    default:
        return false;
    }
}

static int list(struct lh_variables *variables, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;
    int r = 0;

    if (depth > LH_DIE_DEPTH || !lh_die_child(parent, &die))
        return 0;
    do {
        int tag = dwarf_tag(&die);

        if (tag == DW_TAG_variable)
            r = add_variable(variables, &die);
        else if (may_hold_variables(tag))
            r = list(variables, &die, depth + 1);
    } while (r == 0 && lh_die_next(&die));
    return r;
}

static struct lh_variables *variables_of(struct lh_object *object)
{
    size_t n;

    if (object->variables)
        return object->variables;
    object->variables = calloc(1, sizeof(*object->variables));
    if (!object->variables)
        return NULL;
    n = lh_units_count(object);
    for (size_t i = 0; i < n; i++)
        list(object->variables, lh_unit_tree(object, i), 0);
    lh_ranges_sort(&object->variables->ranges);
    return object->variables;
}

void lh_variables_free(struct lh_variables *variables)
{
    if (!variables)
        return;
    free(variables->items);
    lh_ranges_clear(&variables->ranges);
    free(variables);
}

static const struct variable *find(struct lh_object *object, uint64_t address)
{
    const struct lh_variables *variables = variables_of(object);
    const struct lh_range *range;
    size_t at;

    if (!variables)
        return NULL;
    at = lh_ranges_begin(&variables->ranges, address);
    range = lh_ranges_next(&variables->ranges, address, &at);
    return range ? &variables->items[range->value] : NULL;
}

static const char *variable_name(struct lh_object *object, struct variable *variable)
{
    uint64_t address = variable->start + object->dwarf_bias;
    const struct lh_elf_symbol *symbol = lh_elf_data(object, address);

    return lh_source_name(object, &variable->die,
                          symbol && symbol->start == address ? symbol->name : NULL);
}

bool lh_variable_symbol(struct lh_object *object, Dwarf_Die *variable, const char *name,
                        uint64_t offset, struct lh_symbol *ret)
{
    struct lh_type_path path = {0};
    Dwarf_Die type;
    bool known;

    if (!name)
        return false;
    lh_text_add(&path.name, "%s", name);
    lh_text_add(&path.family, "%s", name);
    if (lh_die_refers(variable, DW_AT_type, &type))
        lh_type_path(&type, offset, &path);
    *ret = (struct lh_symbol){.raw = path.raw};
    known = !path.name.failed && !path.family.failed;
    if (known) {
        ret->name = lh_intern(object->strings, path.name.data);
        ret->family = lh_intern(object->strings, path.family.data);
        lh_source_place(object, variable, DW_AT_decl_file, DW_AT_decl_line, &ret->file, &ret->line);
    }
    free(path.name.data);
    free(path.family.data);
    return known && ret->name && ret->family;
}

static bool from_symbol(struct lh_object *object, uint64_t address, struct lh_symbol *ret)
{
    const struct lh_elf_symbol *symbol = lh_elf_data(object, address);
    const char *name = symbol ? lh_demangle_data(object->strings, symbol->name) : NULL;

    if (!name)
        return false;
    *ret = (struct lh_symbol){.name = name, .family = name};
    ret->file = lh_intern(object->strings, symbol->file);
    if (address != symbol->start) {
        char *text;

        if (asprintf(&text, "%s+0x%llx", name, (unsigned long long)(address - symbol->start)) < 0)
            return false;
        ret->name = lh_intern(object->strings, text);
        free(text);
    }
    return ret->name != NULL;
}

bool lh_object_variable(struct lh_object *object, uint64_t address, struct lh_symbol *ret)
{
    uint64_t debug_address = address - object->dwarf_bias;
    const struct variable *found = lh_object_dwarf(object) ? find(object, debug_address) : NULL;
    struct variable variable;
    const char *name;

    if (!found)
        return from_symbol(object, address, ret);
    variable = *found; /* libdw wants to write into what it reads */
    name = variable_name(object, &variable);
    if (!name)
        return from_symbol(object, address, ret);
    return lh_variable_symbol(object, &variable.die, name, debug_address - variable.start, ret);
}
