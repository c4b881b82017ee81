/*
 * Walking DWARF's debugging information entries. Broken or hostile data ends a walk early; it never
 * makes it endless: siblings only go forward, and every chain of references has a longest length.
 */
#ifndef LH_ANALYZER_DIES_H
#define LH_ANALYZER_DIES_H

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/* How deep entries may nest, and how long a chain of types may be. */
#define LH_DIE_DEPTH 128

bool lh_die_child(Dwarf_Die *die, Dwarf_Die *ret);
/* Go on to the next sibling. */
bool lh_die_next(Dwarf_Die *die);
/* The entry that an attribute refers to; specifications and abstract origins are followed. */
bool lh_die_refers(Dwarf_Die *die, unsigned int attribute, Dwarf_Die *ret);
bool lh_die_number(Dwarf_Die *die, unsigned int attribute, uint64_t *ret);
bool lh_die_flag(Dwarf_Die *die, unsigned int attribute);
/* The linker's name; NULL when there is none. */
const char *lh_die_linkage_name(Dwarf_Die *die);

#endif
