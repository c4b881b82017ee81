/* How the debug data's entries are called, and in which files they stand. */
#ifndef LH_ANALYZER_SOURCE_NAMES_H
#define LH_ANALYZER_SOURCE_NAMES_H

#include <elfutils/libdw.h>

#include "object.h"

/* A source file as the debug data of a unit names it, made absolute; NULL for NULL. */
const char *lh_source_path(struct lh_object *object, Dwarf_Die *unit, const char *file);

/*
 * The file and the line that an entry's attributes give: DW_AT_decl_* or DW_AT_call_*. NULL and 0
 * when they give none.
 */
void lh_source_place(struct lh_object *object, Dwarf_Die *die, unsigned int file_attribute,
                     unsigned int line_attribute, const char **ret_file, int *ret_line);

/*
 * The full name of a function or variable: the linker's name demangled, or else the plain name with
 * the namespaces and classes around it. `symbol` is its name in the symbol table, NULL when there
 * is none. NULL when there is no name at all.
 */
const char *lh_source_name(struct lh_object *object, Dwarf_Die *die, const char *symbol);

#endif
