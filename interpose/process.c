/* Wrappers of fork and clone: where a process becomes two. */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <unistd.h>

#include "export.h"
#include "inherited.h"
#include "op.h"
#include "real.h"
#include "start.h"

static void note_child(pid_t pid, struct lh_site site)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    uint32_t stack = lh_stack_of(self, site);
    lh_recorder_lock();
    struct lh_trace_child *record = lh_writer_record(&lh_writer, sizeof *record);
    if (record) {
        record->pid = (uint32_t)pid;
        record->stack = stack;
        lh_writer_commit(record, LH_RECORD_CHILD, sizeof *record);
    } else {
        lh_lost_record(LH_DROP_NO_SPACE);
    }
    lh_recorder_unlock();
    lh_event(self, LH_EVENT_FORK, 0, stack, lh_now());
    lh_leave(self);
}

/* The child's side is seen to by the handlers of start.c: they run inside the real fork(). */
LH_EXPORT pid_t fork(void)
{
    lh_real_need();
    lh_inherited_at(LH_SITE());
    pid_t pid = lh_real.fork();
    lh_inherited_at((struct lh_site){0, 0});
    if (pid > 0)
        note_child(pid, LH_SITE());
    return pid;
}

/* Runs no handlers, and may be called in a signal handler. */
LH_EXPORT pid_t _Fork(void)
{
    lh_real_need();
    pid_t pid = lh_real._Fork();
    if (pid == 0)
        lh_after_raw_fork();
    return pid;
}

/* What the child of a clone() does first; it lies in the caller's frame, of which it has a copy. */
struct child_start {
    int (*start)(void *);
    void *argument;
};

static int start_child(void *data)
{
    const struct child_start *child = data;

    lh_after_raw_fork();
    return child->start(child->argument);
}

/*
 * Without CLONE_VM it is a fork that runs no handlers; with other thread-local storage, too, it is
 * none that we can follow. All three arguments are passed on, as glibc's own clone() does it.
 */
LH_EXPORT int clone(int (*start)(void *), void *stack, int flags, void *argument, ...)
{
    struct child_start child = {start, argument};
    va_list rest;

    va_start(rest, argument);
    pid_t *parent_id = va_arg(rest, pid_t *);
    void *storage = va_arg(rest, void *);
    pid_t *child_id = va_arg(rest, pid_t *);
    va_end(rest);
    lh_real_need();
    if (start && !(flags & (CLONE_VM | CLONE_SETTLS)))
        return lh_real.clone(start_child, stack, flags, &child, parent_id, storage, child_id);
    return lh_real.clone(start, stack, flags, argument, parent_id, storage, child_id);
}
