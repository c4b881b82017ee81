/* Lists of trace files: what the user named, and what a directory holds. */
#ifndef LH_CLI_TRACES_H
#define LH_CLI_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lh_traces {
    char **paths;
    size_t n, capacity;
};

void lh_traces_free(struct lh_traces *traces);

/*
 * Add a file, or the traces in a directory: names that end in ".trace", perhaps with the numbers
 * that make a name unique after it. Complains and returns false: a directory without traces, or one
 * that cannot be read.
 */
bool lh_traces_add(struct lh_traces *traces, const char *path);

/* The same for a directory that may have none. Returns 0 or -errno. */
int lh_traces_add_directory(struct lh_traces *traces, const char *path);

/* Add the files that an output template may have made; a file may be added twice. */
void lh_traces_add_template(struct lh_traces *traces, const char *template);

/*
 * Add the files that an output template ("dir/%e.%p.trace") may have made since `since` (ns since
 * the epoch) for the process pid and its descendants; the process's own comes first.
 */
void lh_traces_add_made(struct lh_traces *traces, const char *template, uint32_t pid,
                        uint64_t since);

#endif
