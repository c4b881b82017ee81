#include "source_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demangle.h"
#include "dies.h"
#include "map.h"
#include "short_name.h"

/* Does the path lie in the directory, by the text alone? */
static bool begins_with(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    return !strncmp(path, directory, length) && path[length] == '/';
}

/*
 * libdw joins a file with its directory in the line table, which may be relative to the compiler's;
 * or be the compiler's, and that was made relative by -ffile-prefix-map.
 */
const char *lh_source_path(struct lh_object *object, Dwarf_Die *unit, const char *file)
{
    Dwarf_Attribute attribute;
    const char *directory = NULL, *kept;
    char *path;

    if (file && *file != '/' && dwarf_attr_integrate(unit, DW_AT_comp_dir, &attribute))
        directory = dwarf_formstring(&attribute);
    if (!directory || begins_with(file, directory))
        return lh_intern_path(object->strings, file);
    if (asprintf(&path, "%s/%s", directory, file) < 0)
        return NULL;
    kept = lh_intern_path(object->strings, path);
    free(path);
    return kept;
}

/* The next entry that tells more of the same thing: what was inlined, or declared elsewhere. */
static bool origin_of(Dwarf_Die *die, Dwarf_Die *ret)
{
    Dwarf_Attribute attribute;

    return (dwarf_attr(die, DW_AT_abstract_origin, &attribute) ||
            dwarf_attr(die, DW_AT_specification, &attribute)) &&
           dwarf_formref_die(&attribute, ret);
}

/* The file table is that of the unit in which the number stands. */
static const char *numbered_file(struct lh_object *object, Dwarf_Die *die, uint64_t number)
{
    Dwarf_Die unit;
    Dwarf_Files *files;
    size_t n;

    if (!dwarf_diecu(die, &unit, NULL, NULL) || dwarf_getsrcfiles(&unit, &files, &n) != 0 ||
        number >= n)
        return NULL;
    return lh_source_path(object, &unit, dwarf_filesrc(files, number, NULL, NULL));
}

/* Not with dwarf_decl_file(): some releases of libdw abort on a unit without line table. */
void lh_source_place(struct lh_object *object, Dwarf_Die *die, unsigned int file_attribute,
                     unsigned int line_attribute, const char **ret_file, int *ret_line)
{
    Dwarf_Die at = *die, next;
    uint64_t file, line;

    *ret_file = NULL;
    *ret_line = 0;
    for (int i = 0; i < LH_DIE_DEPTH; i++) {
        if (*ret_line == 0 && lh_die_number(&at, line_attribute, &line) && line <= INT32_MAX)
            *ret_line = (int)line;
        if (lh_die_number(&at, file_attribute, &file)) {
            *ret_file = numbered_file(object, &at, file);
            return;
        }
        if (!origin_of(&at, &next))
            return;
        at = next;
    }
}

/* From an inlined copy to what was written, and from a definition to where it was declared. */
static Dwarf_Die declaration_of(Dwarf_Die *die)
{
    Dwarf_Die at = *die, next;

    for (int i = 0; i < LH_DIE_DEPTH && origin_of(&at, &next); i++)
        at = next;
    return at;
}

static const char *scope_word(Dwarf_Die *scope)
{
    switch (dwarf_tag(scope)) {
    case DW_TAG_namespace:
        return dwarf_diename(scope) ? dwarf_diename(scope) : "(anonymous namespace)";
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_interface_type:
    case DW_TAG_module:
    case DW_TAG_subprogram:
        return dwarf_diename(scope);
    default:
        return NULL;
    }
}

static const char *qualify(struct lh_object *object, Dwarf_Die *declaration, const char *name)
{
    Dwarf_Die *scopes;
    int n = dwarf_getscopes_die(declaration, &scopes);
    const char *full = lh_intern(object->strings, name);

    for (int i = 1; i < n && full; i++) {
        const char *word = scope_word(&scopes[i]);
        char *text;

        if (!word)
            continue;
        if (asprintf(&text, "%s::%s", word, full) < 0)
            full = NULL;
        else {
            full = lh_intern(object->strings, text);
            free(text);
        }
    }
    if (n > 0)
        free(scopes);
    return full;
}

static const char *shortened(struct lh_object *object, const char *full)
{
    char *text = full ? strdup(full) : NULL;

    if (!text)
        return NULL;
    lh_shorten_name(text);
    full = lh_intern(object->strings, text);
    free(text);
    return full;
}

/* libdw reads through the whole unit to find what is around an entry, so answers are kept. */
static const char *qualified(struct lh_object *object, Dwarf_Die *die, const char *name)
{
    Dwarf_Die declaration = declaration_of(die);
    void **key;
    const char *full;

    if (!object->scopes)
        object->scopes = lh_map_new();
    if (!object->scopes)
        return NULL;
    full = lh_map_get(object->scopes, &declaration.addr, sizeof(declaration.addr));
    if (full)
        return full;
    full = shortened(object, qualify(object, &declaration, name));
    key = lh_pool_copy(lh_strings_pool(object->strings), &declaration.addr, sizeof(*key));
    if (full && key && lh_map_put(object->scopes, key, sizeof(*key), (void *)(uintptr_t)full) < 0)
        return NULL;
    return full;
}

/*
 * Internal functions and variables of C++ have no linker's name in the debug data, but the symbol
 * table may have it. In C the linker's name is an alias at best: glibc's qsort is __GI_qsort.
 */
const char *lh_source_name(struct lh_object *object, Dwarf_Die *die, const char *symbol)
{
    const char *linkage = lh_die_linkage_name(die), *name;

    if (lh_is_mangled(linkage))
        return lh_demangle(object->strings, linkage);
    if (lh_is_mangled(symbol))
        return lh_demangle(object->strings, symbol);
    name = dwarf_diename(die);
    if (name)
        return qualified(object, die, name);
    return lh_demangle(object->strings, linkage ? linkage : symbol);
}
