/*
 * What file descriptors order. What is written into one happens before what is read from it or from
 * its other end; what is done before one is closed happens before what is done with the next one of
 * the same number. All of these are safe in signal handlers, keep errno, and do nothing as long as
 * the process has no instrumented code.
 */
#ifndef LH_RACE_TSAN_DESCRIPTORS_H
#define LH_RACE_TSAN_DESCRIPTORS_H

#include <stdint.h>

/* Before something is put into it; after something was taken out of it, or it was found ready. */
void lh_descriptor_put(int fd);
void lh_descriptor_taken(int fd);

/* A descriptor came to be; gives it back. Negative: it did not. */
int lh_descriptor_begins(int fd);
/* ... beside another one of the same file, pipe or connection. */
int lh_descriptor_joins(int fd, int other);
/* It is about to be closed. */
void lh_descriptor_ends(int fd);

/* Before a connection is asked for; after one was accepted, by whomever it was asked for. */
void lh_descriptor_connects(void);
void lh_descriptor_accepted(void);
/* Of a connection: those descriptors with the same name for it, in whatever threads, are its ends.
 */
void lh_descriptor_is_named(int fd, uint64_t name);

#endif
