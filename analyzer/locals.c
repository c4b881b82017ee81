/* Variables that have no address of their own: locals of a function, thread-local ones. */
#include "object.h"

#include "dies.h"
#include "source_names.h"
#include "type_path.h"

/* DWARF's numbers of the registers (System V ABI, x86-64). */
#define FRAME_POINTER 6
#define STACK_POINTER 7

struct search {
    const struct lh_spot *spot;
    uint64_t pc; /* in the debug data; 0: unknown */
    bool at_any_time;
    uint64_t frame_base;
    bool has_frame_base;
    Dwarf_Die found;
    uint64_t start;
    unsigned int n_found;
};

/* What a register holds all the while that the function runs; false: nobody knows. */
static bool register_value(const struct lh_spot *spot, uint64_t number, uint64_t *ret)
{
    if (number == FRAME_POINTER)
        *ret = spot->cfa - 2 * sizeof(uint64_t); /* below the return address and its old value */
    else if (number == STACK_POINTER)
        *ret = spot->sp;
    return number == FRAME_POINTER || number == STACK_POINTER;
}

static bool based_on_register(const struct lh_spot *spot, const Dwarf_Op *operation, uint64_t *ret)
{
    if (operation->atom < DW_OP_breg0 || operation->atom > DW_OP_breg31 ||
        !register_value(spot, operation->atom - DW_OP_breg0, ret))
        return false;
    *ret += operation->number;
    return true;
}

static void find_frame_base(struct search *search, Dwarf_Die *function)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *operations;
    size_t n;

    if (!dwarf_attr_integrate(function, DW_AT_frame_base, &attribute) ||
        dwarf_getlocation(&attribute, &operations, &n) != 0 || n != 1)
        return;
    search->frame_base = search->spot->cfa;
    search->has_frame_base = operations->atom == DW_OP_call_frame_cfa ||
                             based_on_register(search->spot, operations, &search->frame_base);
    if (!search->has_frame_base && operations->atom >= DW_OP_reg0 &&
        operations->atom <= DW_OP_reg31)
        search->has_frame_base =
            register_value(search->spot, operations->atom - DW_OP_reg0, &search->frame_base);
}

/* The address that one operation on the frame gives. */
static bool address_in_frame(const struct search *search, const Dwarf_Op *operations, size_t n,
                             uint64_t *ret)
{
    if (n != 1)
        return false;
    if (operations->atom != DW_OP_fbreg)
        return based_on_register(search->spot, operations, ret);
    *ret = search->frame_base + operations->number;
    return search->has_frame_base;
}

static bool is_there(const struct search *search, Dwarf_Die *die, uint64_t start)
{
    Dwarf_Die type;

    return search->spot->addr >= start && lh_die_refers(die, DW_AT_type, &type) &&
           search->spot->addr - start < lh_type_size(&type);
}

static void take(struct search *search, Dwarf_Die *die, uint64_t start)
{
    if (search->n_found++ == 0) {
        search->found = *die;
        search->start = start;
    }
}

/* A variable may lie in several places, one after the other. */
static void look_at(struct search *search, Dwarf_Die *die)
{
    Dwarf_Addr base, low, high;
    Dwarf_Attribute location;
    Dwarf_Op *operations;
    ptrdiff_t at = 0;
    uint64_t start;
    size_t n;

    if (!dwarf_diename(die) || !dwarf_attr(die, DW_AT_location, &location))
        return;
    while ((at = dwarf_getlocations(&location, at, &base, &low, &high, &operations, &n)) > 0) {
        if (search->pc && !search->at_any_time && (search->pc < low || search->pc >= high))
            continue;
        if (address_in_frame(search, operations, n, &start) && is_there(search, die, start)) {
            take(search, die, start);
            return;
        }
    }
}

/* Is the function surely not in this block? */
static bool is_elsewhere(const struct search *search, Dwarf_Die *block)
{
    return search->pc && dwarf_haspc(block, search->pc) == 0;
}

static void look_below(struct search *search, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die;

    if (depth > LH_DIE_DEPTH || !lh_die_child(parent, &die))
        return;
    do {
        switch (dwarf_tag(&die)) {
        case DW_TAG_variable:
        case DW_TAG_formal_parameter:
            look_at(search, &die);
            break;
        case DW_TAG_lexical_block:
        case DW_TAG_inlined_subroutine:
        case DW_TAG_try_block:
        case DW_TAG_catch_block:
            if (!is_elsewhere(search, &die))
                look_below(search, &die, depth + 1);
            break;
        default:
            break;
        }
    } while (lh_die_next(&die));
}

/* Blocks that are not open at the same time may share their memory: then `pc` decides. */
bool lh_object_local(struct lh_object *object, const struct lh_spot *spot, struct lh_symbol *ret)
{
    struct search search = {.spot = spot};
    struct lh_unit *unit;
    Dwarf_Die function;

    if (!lh_object_dwarf(object))
        return false;
    unit = lh_unit_find(object, spot->code - object->dwarf_bias);
    if (!unit || !lh_unit_function(unit, spot->code - object->dwarf_bias, &function))
        return false;
    if (spot->pc && dwarf_haspc(&function, spot->pc - object->dwarf_bias) == 1)
        search.pc = spot->pc - object->dwarf_bias;
    find_frame_base(&search, &function);
    look_below(&search, &function, 0);
    if (search.n_found == 0) {
        /* What compilers say of when a variable is where is not always all. */
        search.at_any_time = true;
        look_below(&search, &function, 0);
    }
    return search.n_found == 1 &&
           lh_variable_symbol(object, &search.found, dwarf_diename(&search.found),
                              spot->addr - search.start, ret);
}

/* ---- thread-local variables ---- */

/* The offset in the module's thread-local storage that a location consists of. */
static bool offset_of(Dwarf_Die *die, uint64_t *ret)
{
    Dwarf_Attribute location;
    Dwarf_Op *operations;
    size_t n;

    if (!dwarf_attr(die, DW_AT_location, &location) ||
        dwarf_getlocation(&location, &operations, &n) != 0 || n != 2 ||
        (operations[1].atom != DW_OP_GNU_push_tls_address &&
         operations[1].atom != DW_OP_form_tls_address))
        return false;
    switch (operations[0].atom) {
    case DW_OP_addr:
    case DW_OP_const4u:
    case DW_OP_const8u:
    case DW_OP_constu:
        *ret = operations[0].number;
        return true;
    default:
        return false;
    }
}

struct thread_search {
    uint64_t offset;
    Dwarf_Die found;
    uint64_t start;
    bool is_found;
};

static bool may_hold_variables(int tag)
{
    return tag == DW_TAG_subprogram || tag == DW_TAG_lexical_block || tag == DW_TAG_namespace ||
           tag == DW_TAG_inlined_subroutine;
}

static void look_for_offset(struct thread_search *search, Dwarf_Die *parent, int depth)
{
    Dwarf_Die die, type;
    uint64_t start;

    if (depth > LH_DIE_DEPTH || !lh_die_child(parent, &die))
        return;
    do {
        int tag = dwarf_tag(&die);

        if (may_hold_variables(tag))
            look_for_offset(search, &die, depth + 1);
        if (tag != DW_TAG_variable || !offset_of(&die, &start) || search->offset < start ||
            !lh_die_refers(&die, DW_AT_type, &type) ||
            search->offset - start >= lh_type_size(&type))
            continue;
        search->found = die;
        search->start = start;
        search->is_found = true;
    } while (!search->is_found && lh_die_next(&die));
}

bool lh_object_thread_local(struct lh_object *object, uint64_t offset, struct lh_symbol *ret)
{
    struct thread_search search = {.offset = offset};
    size_t n = lh_object_dwarf(object) ? lh_units_count(object) : 0;

    for (size_t i = 0; i < n && !search.is_found; i++)
        look_for_offset(&search, lh_unit_tree(object, i), 0);
    return search.is_found &&
           lh_variable_symbol(object, &search.found, lh_source_name(object, &search.found, NULL),
                              offset - search.start, ret);
}
