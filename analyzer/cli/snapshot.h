/* What the threads of processes do at one moment: for the report of a run that took too long. */
#ifndef LH_CLI_SNAPSHOT_H
#define LH_CLI_SNAPSHOT_H

#include "proc.h"
#include "report.h"

/* Add a process to `timeout`. Returns 0 or -errno. */
int lh_snapshot_add(struct lh_timeout *timeout, const char *trace, uint32_t pid,
                    const struct lh_proc *proc);
/* Frees what was added. */
void lh_snapshot_done(struct lh_timeout *timeout);

#endif
