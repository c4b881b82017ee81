/*
 * The shim's options, read from "key=value:key=value" (options.def is the table). Shared by the
 * shim, which parses them before main() runs, and by the command, which writes them for it. Hence:
 * no malloc, no stdio, no locale, no locks, no system calls; all state is the caller's struct.
 *
 * A ':' in a value is written "\:", and a '\' before a ':' or a '\' is written "\\". A BOOL takes
 * 0 1 no yes off on false true; its name alone means 1. A CHOICE takes one of its words. Empty
 * entries are skipped; of two entries with the same key the later one counts.
 */
#ifndef LH_TRACE_OPTIONS_H
#define LH_TRACE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LH_OPTIONS_VARIABLE "LOCKHOUND_OPTIONS"
#define LH_STATUS_FINDINGS  66 /* of a process ended by on_deadlock=exit; of `lockhound run` */

#define LH_FIELD_BOOL(name, limit)   bool name;
#define LH_FIELD_UINT(name, limit)   uint32_t name;
#define LH_FIELD_STRING(name, limit) char name[limit];
#define LH_FIELD_CHOICE(name, limit) char name[LH_CHOICE_SIZE];
#define LH_CHOICE_SIZE               16

struct lh_options {
#define OPTION(type, name, value, limit, help) LH_FIELD_##type(name, limit)
#include "options.def"
#undef OPTION
    char problem[192]; /* what lh_options_parse() complained about; "" when nothing */
};

enum lh_option_type {
    LH_OPTION_BOOL,
    LH_OPTION_UINT,
    LH_OPTION_STRING,
    LH_OPTION_CHOICE,
};

struct lh_option_info {
    const char *name;
    enum lh_option_type type;
    const char *value; /* the default, as text */
    uint32_t limit;    /* of a UINT or STRING */
    const char *words; /* of a CHOICE; else NULL */
    const char *help;
    size_t offset; /* in struct lh_options */
};

/* Ends with an entry whose name is NULL. */
extern const struct lh_option_info lh_option_table[];

void lh_options_default(struct lh_options *ret);

/*
 * Apply text (NULL: nothing) on top of *options. Entries that cannot be understood are skipped, the
 * others are applied. Returns NULL, or one line about the first bad entry, kept in
 * options->problem.
 */
const char *lh_options_parse(struct lh_options *options, const char *text);

/*
 * Write the options that differ from their defaults so that lh_options_parse() reads them back.
 * Returns the length, or -ENOBUFS when size is too small for it and the NUL.
 */
int lh_options_format(const struct lh_options *options, char *ret, size_t size);

/*
 * Expand %p, %e and %% of an output template; any other '%' stays. A '/' in program becomes '_'.
 * Returns the length, or -ENAMETOOLONG when size is too small for it and the NUL.
 */
int lh_expand_template(const char *template, uint32_t pid, const char *program, char *ret,
                       size_t size);

#endif
