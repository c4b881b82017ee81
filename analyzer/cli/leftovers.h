/*
 * Folders for traces that a `run` which was killed has left behind. While a run is alive it holds a
 * lock on a file in its folder; a folder of the same user whose lock nobody holds, in which nothing
 * but traces lies, and none of a process that is still there, is removed by the next run.
 */
#ifndef LH_CLI_LEFTOVERS_H
#define LH_CLI_LEFTOVERS_H

/*
 * What root runs may go on as another user: a server that gives its rights up and then forks. So
 * all may add a trace to root's folder, as in /tmp; nobody else can list it, or touch one that is
 * not his.
 */
#define LH_FOLDER_OF_ROOT 01733

/*
 * Mark a new folder as this process's own until it ends, or the descriptor is closed. Returns the
 * descriptor, or -errno; -ESTALE: another process took it for a leftover and removed it.
 */
int lh_folder_claim(const char *path);

/* Remove the leftovers among PARENT/PREFIX??????. Says nothing. */
void lh_leftovers_remove(const char *parent, const char *prefix);

#endif
