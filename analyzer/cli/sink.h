/*
 * Where a report goes. Opened before a program is run, so that a path which cannot be written is
 * known at once; emptied when the report is there.
 */
#ifndef LH_CLI_SINK_H
#define LH_CLI_SINK_H

#include <stdbool.h>
#include <stdio.h>

struct lh_sink {
    FILE *file;
    const char *name; /* for complaints */
    bool own;         /* a file that we opened */
    bool created;     /* and that was not there before */
    bool begun;
    int error; /* errno of a failed write, when the caller saw it */
};

/* path NULL: `standard`; "-": standard output. Complains and returns false. */
bool lh_sink_open(struct lh_sink *ret, const char *path, FILE *standard);
/* Empty the file: now it gets its new content. */
FILE *lh_sink_begin(struct lh_sink *sink);
/* Flush and close; complains and returns false when something could not be written. */
bool lh_sink_close(struct lh_sink *sink);
/* Close; removes a file that was created for nothing. */
void lh_sink_discard(struct lh_sink *sink);

/* Complains and returns false when path cannot be created or written to. Leaves no trace of it. */
bool lh_sink_check(const char *path);

#endif
