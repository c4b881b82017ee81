/* Where liblockhound.so is: beside the command, installed or in the build folder. */
#ifndef LH_CLI_LIBRARY_H
#define LH_CLI_LIBRARY_H

/*
 * Malloced absolute path: $LOCKHOUND_LIBRARY, or what lies at a known place. NULL: complained
 * about.
 */
char *lh_library_find(void);

#endif
