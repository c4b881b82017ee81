/*
 * One file with code: program, library, or the debug file of one, whatever processes and however
 * many of them had it loaded. Everything is read lazily and every table may stay empty: a file that
 * is gone, was rebuilt, has no debug data or is garbage merely knows fewer names.
 *
 * Addresses are those of the file (run-time address minus the module's bias). This header is the
 * symbolizer's own; the rest of the analyzer asks through analyses.h.
 */
#ifndef LH_ANALYZER_OBJECT_H
#define LH_ANALYZER_OBJECT_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyses.h"
#include "ranges.h"
#include "intern.h"

struct lh_elf_symbols;
struct lh_map;
struct lh_units;
struct lh_variables;

struct lh_object {
    const char *path; /* as the trace has it, interned */
    const uint8_t *build_id;
    size_t build_id_size;
    struct lh_strings *strings;
    bool unusable; /* opening it failed */
    /* While it is open: */
    Dwfl *dwfl;
    Dwfl_Module *module; /* NULL: not open, or nothing is known of the file */
    Dwarf *dwarf;        /* by lh_object_dwarf() */
    uint64_t dwarf_bias; /* address in the file minus address in the debug data */
    bool dwarf_tried;
    struct lh_elf_symbols *symbols; /* by lh_elf_*() */
    struct lh_units *units;         /* by lh_unit_find() */
    struct lh_variables *variables; /* by lh_object_variable() */
    struct lh_map *scopes;          /* by lh_source_name(): full names by their entries */
};

/* Not open yet. The build-id is not copied. NULL: out of memory. */
struct lh_object *lh_object_new(struct lh_strings *strings, const char *path,
                                const uint8_t *build_id, size_t build_id_size);
void lh_object_free(struct lh_object *object);

/*
 * Open the file if it can be used: a regular file whose build-id, when the trace has one, is the
 * same. Otherwise the debug file of that build-id, where the system keeps it. An object that cannot
 * be opened answers all questions with "unknown".
 */
void lh_object_open(struct lh_object *object);
/* Give back files and memory; it can be opened again. What was answered stays valid. */
void lh_object_close(struct lh_object *object);

/* NULL when there is no debug data. */
Dwarf *lh_object_dwarf(struct lh_object *object);

/*
 * The functions at an address, innermost first, then the one they are inlined in. At least one
 * frame; malloced, owned by the caller. Returns 0 or -ENOMEM.
 */
int lh_object_frames(struct lh_object *object, uint64_t address, struct lh_frame **ret_frames,
                     size_t *ret_n);

/* The variable that covers an address. */
bool lh_object_variable(struct lh_object *object, uint64_t address, struct lh_symbol *ret);

/* A place in a function's frame; code addresses are those of the file. */
struct lh_spot {
    uint64_t addr;
    uint64_t sp, cfa; /* where the frame begins, and where it ends: behind the return address */
    uint64_t code;    /* an address in the function */
    uint64_t pc;      /* where the function is; 0: unknown */
};

/* The local variable or parameter that lies there. false: none, or it may be one of several. */
bool lh_object_local(struct lh_object *object, const struct lh_spot *spot, struct lh_symbol *ret);

/* The variable at an offset in the module's thread-local storage. */
bool lh_object_thread_local(struct lh_object *object, uint64_t offset, struct lh_symbol *ret);

/* What to say of the byte at `offset` in the variable of that name (NULL: it has none). */
bool lh_variable_symbol(struct lh_object *object, Dwarf_Die *variable, const char *name,
                        uint64_t offset, struct lh_symbol *ret);

/* ---- the ELF symbol tables (elf_symbols.c) ---- */

struct lh_elf_symbol {
    uint64_t start, size;
    const char *name; /* as in the file */
    const char *file; /* base name of the source file of a local symbol; NULL when unknown */
    unsigned char binding;
};

/* NULL: none there. */
const struct lh_elf_symbol *lh_elf_function(struct lh_object *object, uint64_t address);
const struct lh_elf_symbol *lh_elf_data(struct lh_object *object, uint64_t address);
void lh_elf_symbols_free(struct lh_elf_symbols *symbols);

/* ---- the compilation units (units.c); addresses are those of the debug data ---- */

struct lh_unit;

/* NULL: no unit has code there. */
struct lh_unit *lh_unit_find(struct lh_object *object, uint64_t address);
/* The entry to ask for line numbers. */
Dwarf_Die *lh_unit_lines(struct lh_unit *unit);
/* The function whose code covers the address. */
bool lh_unit_function(struct lh_unit *unit, uint64_t address, Dwarf_Die *ret);
/* All units, for tables over the whole file. */
size_t lh_units_count(struct lh_object *object);
Dwarf_Die *lh_unit_tree(struct lh_object *object, size_t index);
void lh_units_free(struct lh_units *units);

void lh_variables_free(struct lh_variables *variables);

#endif
