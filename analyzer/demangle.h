/* Linker names to the names that people write. */
#ifndef LH_ANALYZER_DEMANGLE_H
#define LH_ANALYZER_DEMANGLE_H

#include <stdbool.h>

#include "intern.h"

/* Is it a name that a compiler of C++, Rust or D made? */
bool lh_is_mangled(const char *name);

/*
 * The readable name, interned: C++, Rust and D demangled, and without the suffixes that optimizers
 * and symbol versions add (".cold", ".part.0", "@@GLIBC_2.2.5"). NULL for NULL and when out of
 * memory.
 */
const char *lh_demangle(struct lh_strings *strings, const char *name);

/*
 * The same for a variable. In C the ".1" of "lock.1" stays: it tells apart the static variables of
 * several functions.
 */
const char *lh_demangle_data(struct lh_strings *strings, const char *name);

#endif
