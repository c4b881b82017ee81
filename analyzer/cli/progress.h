/*
 * How far the command is, on standard error: a line for a person who waits, only when standard
 * error is a terminal and only after a second, and wiped away before anything else is printed. One
 * thread at a time.
 */
#ifndef LH_CLI_PROGRESS_H
#define LH_CLI_PROGRESS_H

#include <stddef.h>

/* What it does now, a thing that is done `total` times. `what` must live until the next one. */
void lh_progress_begin(const char *what, size_t total);
/* One of them is done. */
void lh_progress_step(void);
/* Wipe it away; it comes back with the next step. */
void lh_progress_hide(void);
/* All is done. */
void lh_progress_end(void);

#endif
