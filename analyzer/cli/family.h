/*
 * A process and all that descend from it, recorded or not: to be ended together. Who has left the
 * family, as daemons do, does not belong to it.
 */
#ifndef LH_CLI_FAMILY_H
#define LH_CLI_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proc.h"

struct lh_family {
    struct lh_proc **members;
    uint32_t *pids;
    size_t n, members_room, pids_room;
};

/*
 * Stop the process, which the caller has not reaped, and its descendants: none of them starts
 * another one after that, and none notices the end of another.
 */
void lh_family_stop(struct lh_family *ret, pid_t pid);
void lh_family_kill(const struct lh_family *family);
bool lh_family_is_dead(const struct lh_family *family);
void lh_family_free(struct lh_family *family);

#endif
