/*
 * Looks at a program before it is run: is it there, and will the loader preload a library into it?
 * Says so in one line, instead of a run that records nothing.
 */
#ifndef LH_CLI_PREFLIGHT_H
#define LH_CLI_PREFLIGHT_H

/*
 * Find the program as execvp() would. Returns 0 and its malloced path (with a '/' in it), or the
 * exit status after a complaint.
 */
int lh_preflight(const char *program, char **ret_path);

#endif
