/*
 * Processes of a run that outlive it in a session of their own: daemons. A report that is made when
 * the program has ended does not show what they will do, which must not look like no findings.
 */
#ifndef LH_CLI_SURVIVORS_H
#define LH_CLI_SURVIVORS_H

#include <stddef.h>
#include <stdint.h>

struct lh_survivors {
    size_t n;
    uint32_t pid; /* of one of them */
    char name[16];
};

/* Those that were started with this value of LOCKHOUND_OPTIONS. Who cannot be looked at is none. */
void lh_survivors_find(const char *options, struct lh_survivors *ret);

/* One line on standard error, if there are any; `then`: what becomes of them. */
void lh_survivors_tell(const struct lh_survivors *survivors, const char *then);

#endif
