/*
 * What the threads of a process did when the time of its run was over: what the trace says of each,
 * and what the kernel said. Any thread.
 */
#ifndef LH_REPORTS_DOING_H
#define LH_REPORTS_DOING_H

#include "finding.h"
#include "model.h"
#include "report.h"

struct lh_doing {
    const struct lh_thread *thread;         /* NULL: it is not recorded */
    const struct lh_timeout_thread *kernel; /* NULL: not seen */
};

/* Recorded threads first, by their numbers. *ret is malloced. Returns 0 or -ENOMEM. */
int lh_doing_list(const struct lh_process *process, const struct lh_timeout_process *seen,
                  struct lh_doing **ret, size_t *ret_n);
/* The process of the model that a part of the timeout speaks of; NULL: it could not be loaded. */
const struct lh_process *lh_doing_process(const struct lh_model *model,
                                          const struct lh_timeout_process *seen);

/* What a recorded thread waits for and holds, as a finding's thread is shown. */
struct lh_participant lh_doing_participant(const struct lh_thread *thread);

/* "running", "sleeping", ... */
const char *lh_doing_state(const struct lh_timeout_thread *thread);
/* The name of its system call; NULL: it is in none, or in one without a name here. */
const char *lh_call_name(int number);
/* "in the system call read", "running", "stopped". Returns `buffer`. */
#define LH_DOING_TEXT 64
const char *lh_doing_text(const struct lh_timeout_thread *thread, char buffer[LH_DOING_TEXT]);

/* "release", of an event's type; NULL: unknown. */
const char *lh_event_name(uint8_t type);
/* Does the event name a lock? Else it is another thread, or nothing. */
bool lh_event_has_lock(const struct lh_event *event);

#endif
