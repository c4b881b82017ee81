/*
 * Tells whether a program was compiled with -fsanitize=thread, from the symbols of its ELF file and
 * of the libraries that it needs: then it wants the race detector's library preloaded, too.
 */
#ifndef LH_CLI_INSTRUMENTED_H
#define LH_CLI_INSTRUMENTED_H

#include "libraries.h"

enum lh_instrumented {
    LH_INSTRUMENTED_NOT,         /* or not to be told from the file: a script */
    LH_INSTRUMENTED,             /* it asks for the entry points, or for libtsan */
    LH_INSTRUMENTED_OWN_RUNTIME, /* ThreadSanitizer's runtime is linked into it */
};

enum lh_instrumented lh_instrumented(const char *path, const struct lh_libraries *libraries);

#endif
