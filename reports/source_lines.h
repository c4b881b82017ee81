/*
 * Lines of source files as they are now, for reports that show the code around a place. Paths come
 * from traces and are not to be trusted: only plain files of a sane size are read, and waiting for
 * one is impossible. One thread at a time.
 */
#ifndef LH_REPORTS_SOURCE_LINES_H
#define LH_REPORTS_SOURCE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lh_sources; /* keeps what was read */

struct lh_excerpt {
    const char *text; /* of the file, not terminated; valid as long as the sources */
    size_t size;
    int first;           /* number of its first line, from 1 */
    uint64_t changed_at; /* ns since the epoch: when the file was written last */
};

struct lh_sources *lh_sources_new(void); /* NULL: out of memory */
void lh_sources_free(struct lh_sources *sources);

/* The line and `around` lines before and after it. false: the file or the line is not there. */
bool lh_source_excerpt(struct lh_sources *sources, const char *path, int line, int around,
                       struct lh_excerpt *ret);

#endif
