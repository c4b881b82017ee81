/* Where liblockhound.so is: beside the command, installed or in the build folder. */
#ifndef LH_CLI_LIBRARY_H
#define LH_CLI_LIBRARY_H

#include <stdbool.h>

/*
 * Malloced absolute path: $LOCKHOUND_LIBRARY, or what lies at a known place. NULL: complained
 * about.
 */
char *lh_library_find(void);

/*
 * liblockhound-tsan.so, for programs that were compiled with -fsanitize=thread: in the directory of
 * the other one, or below it. Malloced absolute path; NULL: complained about.
 */
char *lh_library_find_race(const char *library);

/*
 * liblockhound-delete.so, for programs whose allocator has an operator delete of its own: there,
 * too. NULL: complained about; the program can be recorded without it.
 */
char *lh_library_find_deletes(const char *library);

/* Is it one of these, by its name? */
bool lh_library_is_own(const char *path);

#endif
