/*
 * Where traces are written: output templates (%p, %e) made absolute and checked, and the private
 * directory in which `run` lets a program and all its children record.
 */
#ifndef LH_CLI_TRACE_PLACE_H
#define LH_CLI_TRACE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

/*
 * The template with the current directory in front when it is relative; malloced. Complains and
 * returns NULL when traces cannot be created there, or when it names a file that is no trace.
 */
char *lh_template_prepare(const char *template);
/* Remove the old trace that the template names, if it names one file only. */
void lh_template_clear(const char *template);

struct lh_trace_directory {
    char *path;
    char *template; /* absolute, inside of it */
    int lock;       /* descriptor: it is in use (leftovers.h) */
};

/*
 * Beside the files of `keep`, an absolute template, or NULL: in $TMPDIR. Removes what killed runs
 * have left there. Complains and returns false.
 */
bool lh_trace_directory_new(struct lh_trace_directory *ret, const char *keep);
/* With all that is in it. */
void lh_trace_directory_remove(struct lh_trace_directory *directory);
/*
 * Move the traces of the model to where the template `keep` says. When two want the same name, the
 * later one gets ".PID" appended. Complains and returns false when one cannot be moved.
 */
bool lh_trace_directory_keep(const struct lh_model *model, const char *keep);

#endif
