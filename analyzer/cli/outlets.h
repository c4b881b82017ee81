/* Further reports of one run: --report FORMAT=FILE, as often as one likes. */
#ifndef LH_CLI_OUTLETS_H
#define LH_CLI_OUTLETS_H

#include <stdbool.h>
#include <stddef.h>

#include "report.h"
#include "sink.h"

struct lh_outlet {
    const struct lh_output *format;
    const char *path; /* NULL: the stream that lh_outlet_open() is given; "-": standard output */
    struct lh_sink sink;
};

struct lh_outlets {
    struct lh_outlet *items;
    size_t n, capacity;
};

/* The format of that name. Complains in the name of the option and returns NULL. */
const struct lh_output *lh_outlet_format(const char *option, const char *name);

/* "sarif=out.sarif". Complains and returns false. */
bool lh_outlets_parse(const char *value, void *outlets);
/* Open all, and look that no two are the same. Complains and returns false. */
bool lh_outlets_open(struct lh_outlets *outlets, const struct lh_outlet *first);
bool lh_outlets_write(struct lh_outlets *outlets, const struct lh_report *report);
/* Close without a report what is open still, and forget all. */
void lh_outlets_discard(struct lh_outlets *outlets);

/* Write one report and close its file. Complains and returns false. */
bool lh_outlet_write(struct lh_outlet *outlet, const struct lh_report *report);

#endif
