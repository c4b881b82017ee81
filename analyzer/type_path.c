#include "type_path.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dies.h"
#include "pool.h"

#define DIMENSIONS 16

/* Members tried on the way to a lock. */
#define STEPS_MAX 4096

/* Larger storage without a type is a place to allocate from rather than one object. */
#define RAW_MAX 128

void lh_text_add(struct lh_text *text, const char *format, ...)
{
    va_list arguments;
    char *piece;
    int length;

    va_start(arguments, format);
    length = vasprintf(&piece, format, arguments);
    va_end(arguments);
    if (length < 0) {
        text->failed = true;
        return;
    }
    if (lh_grow(&text->data, &text->capacity, text->n + (size_t)length + 1, 1) < 0) {
        text->failed = true;
    } else {
        memcpy(text->data + text->n, piece, (size_t)length + 1);
        text->n += (size_t)length;
    }
    free(piece);
}

static void cut_text(struct lh_text *text, size_t n)
{
    text->n = n;
    if (text->data)
        text->data[n] = '\0';
}

/* Where the walk ends: what is inside belongs to the C library. */
static bool is_lock_type(const char *name)
{
    static const char *const names[] = {
        "pthread_mutex_t",
        "pthread_rwlock_t",
        "pthread_spinlock_t",
        "pthread_cond_t",
        "pthread_barrier_t",
        "pthread_once_t",
        "sem_t",
        "mtx_t",
        "cnd_t",
        "once_flag",
    };

    for (size_t i = 0; name && i < sizeof(names) / sizeof(*names); i++) {
        if (!strcmp(name, names[i]))
            return true;
    }
    return false;
}

static bool is_wrapper(int tag)
{
    switch (tag) {
    case DW_TAG_typedef:
    case DW_TAG_const_type:
    case DW_TAG_volatile_type:
    case DW_TAG_restrict_type:
    case DW_TAG_atomic_type:
        return true;
    default:
        return false;
    }
}

/* Take typedefs and qualifiers off. `lock` is set when one of the names on the way is a lock's. */
static bool peel(Dwarf_Die *type, bool *lock)
{
    Dwarf_Die inner;

    for (int i = 0; i < LH_DIE_DEPTH; i++) {
        *lock = *lock || is_lock_type(dwarf_diename(type));
        if (!is_wrapper(dwarf_tag(type))) {
            /* A declaration only: the type itself may lie in a unit of its own. */
            if (lh_die_flag(type, DW_AT_declaration) &&
                lh_die_refers(type, DW_AT_signature, &inner))
                *type = inner;
            return true;
        }
        if (!lh_die_refers(type, DW_AT_type, &inner))
            return false;
        *type = inner;
    }
    return false;
}

struct array {
    Dwarf_Die element;
    uint64_t element_size;
    uint64_t counts[DIMENSIONS]; /* outermost first; 0: unknown */
    size_t n;
};

static uint64_t count_of(Dwarf_Die *range)
{
    uint64_t count, low = 0;

    if (lh_die_number(range, DW_AT_count, &count))
        return count;
    lh_die_number(range, DW_AT_lower_bound, &low);
    return lh_die_number(range, DW_AT_upper_bound, &count) && count >= low &&
                   count - low < UINT32_MAX
               ? count - low + 1
               : 0;
}

static uint64_t size_of(Dwarf_Die *of, int depth);

static bool read_array(Dwarf_Die *type, struct array *array, int depth)
{
    Dwarf_Die range;

    array->n = 0;
    if (!lh_die_refers(type, DW_AT_type, &array->element) || !lh_die_child(type, &range))
        return false;
    array->element_size = size_of(&array->element, depth + 1);
    do {
        if (dwarf_tag(&range) == DW_TAG_subrange_type && array->n < DIMENSIONS)
            array->counts[array->n++] = count_of(&range);
    } while (lh_die_next(&range));
    return array->n > 0 && array->element_size > 0;
}

/* How many elements lie in one step of dimension `at`; 0 when that is unknown. */
static uint64_t stride(const struct array *array, size_t at)
{
    uint64_t elements = 1;

    while (++at < array->n) {
        if (__builtin_mul_overflow(elements, array->counts[at], &elements))
            return 0;
    }
    return elements;
}

static uint64_t size_of(Dwarf_Die *of, int depth)
{
    Dwarf_Die type = *of;
    struct array array;
    uint64_t size;
    bool lock = false;

    if (depth > LH_DIE_DEPTH || !peel(&type, &lock))
        return 0;
    if (lh_die_number(&type, DW_AT_byte_size, &size))
        return size;
    if (dwarf_tag(&type) == DW_TAG_pointer_type)
        return sizeof(void *);
    if (dwarf_tag(&type) != DW_TAG_array_type || !read_array(&type, &array, depth) ||
        __builtin_mul_overflow(array.counts[0], stride(&array, 0), &size) ||
        __builtin_mul_overflow(size, array.element_size, &size))
        return 0;
    return size;
}

uint64_t lh_type_size(Dwarf_Die *type)
{
    return size_of(type, 0);
}

/*
 * The walk goes down every member that covers the offset (several do in unions) until one leads to
 * a lock; if none does, the first way to an end was the right one.
 */
struct walker {
    struct lh_text name, family; /* of the way so far */
    struct lh_type_path *first;
    bool ended; /* `first` is filled */
    unsigned int steps;
};

static bool walk(struct walker *walker, Dwarf_Die *of, uint64_t offset, int depth);

static void save(struct walker *walker, uint64_t rest, bool raw)
{
    struct lh_type_path *path = walker->first;

    walker->ended = true;
    path->raw = raw;
    if (walker->name.n)
        lh_text_add(&path->name, "%s", walker->name.data);
    if (walker->family.n)
        lh_text_add(&path->family, "%s", walker->family.data);
    if (rest)
        lh_text_add(&path->name, "+0x%llx", (unsigned long long)rest);
}

/* Nothing is known of what lies further in. */
static bool end_without_lock(struct walker *walker, uint64_t rest, bool raw)
{
    if (!walker->ended)
        save(walker, rest, raw);
    return false;
}

static bool walk_array(struct walker *walker, Dwarf_Die *type, uint64_t offset, int depth)
{
    struct array array;
    uint64_t index;

    if (!read_array(type, &array, depth))
        return end_without_lock(walker, offset, false);
    if (array.element_size == 1)
        return end_without_lock(walker, offset, size_of(type, depth) > RAW_MAX);
    index = offset / array.element_size;
    for (size_t i = 0; i < array.n; i++) {
        uint64_t step = stride(&array, i);

        if (!step)
            break;
        lh_text_add(&walker->name, "[%llu]", (unsigned long long)(index / step));
        lh_text_add(&walker->family, "[]");
        index %= step;
    }
    return walk(walker, &array.element, offset % array.element_size, depth + 1);
}

/* Where a member begins; false for static members, bit fields and virtual bases. */
static bool member_start(Dwarf_Die *member, uint64_t *ret)
{
    Dwarf_Attribute attribute;
    Dwarf_Op *operations;
    size_t n;

    if (lh_die_flag(member, DW_AT_external) || lh_die_flag(member, DW_AT_declaration))
        return false;
    *ret = 0;
    if (!dwarf_attr(member, DW_AT_data_member_location, &attribute))
        return !dwarf_hasattr(member, DW_AT_data_bit_offset);
    if (lh_die_number(member, DW_AT_data_member_location, ret))
        return true;
    if (dwarf_getlocation(&attribute, &operations, &n) != 0 || n != 1 ||
        operations[0].atom != DW_OP_plus_uconst)
        return false;
    *ret = operations[0].number;
    return true;
}

static void add_member(struct walker *walker, Dwarf_Die *member)
{
    const char *name = dwarf_diename(member);

    if (dwarf_tag(member) == DW_TAG_inheritance || !name || *name == '_' || !*name)
        return;
    lh_text_add(&walker->name, ".%s", name);
    lh_text_add(&walker->family, ".%s", name);
}

static bool covers(Dwarf_Die *member, uint64_t offset, Dwarf_Die *ret_type, uint64_t *ret_start)
{
    int tag = dwarf_tag(member);

    return (tag == DW_TAG_member || tag == DW_TAG_inheritance) && member_start(member, ret_start) &&
           offset >= *ret_start && lh_die_refers(member, DW_AT_type, ret_type) &&
           offset - *ret_start < size_of(ret_type, 0);
}

static bool walk_members(struct walker *walker, Dwarf_Die *type, uint64_t offset, int depth)
{
    size_t name = walker->name.n, family = walker->family.n;
    Dwarf_Die member, inner;
    uint64_t start;
    bool any = false;

    if (!lh_die_child(type, &member))
        return end_without_lock(walker, offset, false);
    do {
        if (!covers(&member, offset, &inner, &start))
            continue;
        any = true;
        add_member(walker, &member);
        if (walk(walker, &inner, offset - start, depth + 1))
            return true;
        cut_text(&walker->name, name);
        cut_text(&walker->family, family);
    } while (lh_die_next(&member));
    return any ? false : end_without_lock(walker, offset, false);
}

static bool walk(struct walker *walker, Dwarf_Die *of, uint64_t offset, int depth)
{
    Dwarf_Die type = *of;
    bool lock = false;

    if (depth > LH_DIE_DEPTH || walker->steps++ > STEPS_MAX || !peel(&type, &lock))
        return end_without_lock(walker, offset, false);
    if (lock)
        return offset == 0 || end_without_lock(walker, offset, false);
    switch (dwarf_tag(&type)) {
    case DW_TAG_array_type:
        return walk_array(walker, &type, offset, depth);
    case DW_TAG_structure_type:
    case DW_TAG_class_type:
    case DW_TAG_union_type:
        return walk_members(walker, &type, offset, depth);
    default:
        return end_without_lock(walker, offset, false);
    }
}

bool lh_type_path(Dwarf_Die *type, uint64_t offset, struct lh_type_path *path)
{
    struct lh_text name = path->name, family = path->family;
    struct walker walker = {.first = path};
    bool found = walk(&walker, type, offset, 0);

    if (found) {
        /* A way without a lock may have been saved before. */
        cut_text(&path->name, name.n);
        cut_text(&path->family, family.n);
        save(&walker, 0, false);
    }
    path->name.failed |= walker.name.failed;
    path->family.failed |= walker.family.failed;
    free(walker.name.data);
    free(walker.family.data);
    return found;
}
