/* Which part of a variable lies at an offset: "[3].lock". */
#ifndef LH_ANALYZER_TYPE_PATH_H
#define LH_ANALYZER_TYPE_PATH_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text under construction; begins zeroed. `data` is malloced and always ends in NUL. */
struct lh_text {
    char *data;
    size_t n, capacity;
    bool failed; /* out of memory: something is missing */
};

void lh_text_add(struct lh_text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct lh_type_path {
    struct lh_text name;   /* "[3].lock" */
    struct lh_text family; /* "[].lock" */
    bool raw;              /* it ended in plain bytes: memory that the program parcels out itself */
};

/*
 * Walk from a type to what lies at the offset in it; adds to both texts. Members whose names begin
 * with an underscore belong to a library and are passed through without being named. true: a lock
 * of a known type is there.
 */
bool lh_type_path(Dwarf_Die *type, uint64_t offset, struct lh_type_path *path);

/* Size of an object of the type, 0 when unknown. */
uint64_t lh_type_size(Dwarf_Die *type);

#endif
