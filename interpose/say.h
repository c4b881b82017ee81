/*
 * Messages of the shim, on stderr, by write(2) alone: no stdio in other people's processes.
 */
#ifndef LH_INTERPOSE_SAY_H
#define LH_INTERPOSE_SAY_H

/* Write "lockhound: " and the texts up to a NULL, and a newline, as one write. Keeps errno. */
void lh_say(const char *text, ...) __attribute__((sentinel));

/* Say it and abort: only for a machine on which the shim cannot work at all. */
void lh_die(const char *text) __attribute__((noreturn));

/* The system's short text for an errno value, from a table: strerror() may allocate. */
const char *lh_error_text(int error);

#endif
