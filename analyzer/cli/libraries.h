/* The libraries that a program will be started with, as the loader finds them. */
#ifndef LH_CLI_LIBRARIES_H
#define LH_CLI_LIBRARIES_H

#include <stddef.h>

struct lh_libraries {
    char **paths;
    size_t n;
};

/*
 * Those that it needs, directly or through others, and what LD_PRELOAD names, without Lockhound's
 * own. Of a script it is those of the shell.
 */
void lh_libraries_of(struct lh_libraries *ret, const char *program);
void lh_libraries_free(struct lh_libraries *libraries);

#endif
