#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

struct adding {
    struct lh_timeout_process *process;
    const struct lh_proc *proc;
    int error;
};

static bool visit(uint32_t tid, void *data)
{
    struct adding *adding = data;
    struct lh_timeout_process *process = adding->process;
    struct lh_timeout_thread *thread;
    struct lh_proc_stat stat;
    struct lh_proc_call call;

    if (lh_proc_thread_stat(adding->proc, tid, &stat) < 0 || stat.state == 'Z' || stat.state == 'X')
        return true;
    adding->error =
        lh_grow(&process->threads, &process->room, process->n + 1, sizeof(*process->threads));
    if (adding->error < 0)
        return false;
    thread = &process->threads[process->n++];
    *thread = (struct lh_timeout_thread){.tid = tid, .state = stat.state, .call = LH_CALL_UNKNOWN};
    memcpy(thread->name, stat.name, sizeof(thread->name));
    if (lh_proc_thread_call(adding->proc, tid, &call) == 0)
        thread->call = call.number;
    return true;
}

int lh_snapshot_add(struct lh_timeout *timeout, const char *trace, uint32_t pid,
                    const struct lh_proc *proc)
{
    struct adding adding = {.proc = proc};
    size_t n;
    int r =
        lh_grow(&timeout->processes, &timeout->room, timeout->n + 1, sizeof(*timeout->processes));

    if (r < 0)
        return r;
    adding.process = &timeout->processes[timeout->n];
    *adding.process = (struct lh_timeout_process){.pid = pid, .trace = strdup(trace)};
    if (!adding.process->trace)
        return -ENOMEM;
    timeout->n++;
    r = lh_proc_each_thread(proc, visit, &adding, &n);
    return r < 0 ? r : adding.error;
}

void lh_snapshot_done(struct lh_timeout *timeout)
{
    for (size_t i = 0; i < timeout->n; i++) {
        free(timeout->processes[i].trace);
        free(timeout->processes[i].threads);
    }
    free(timeout->processes);
    memset(timeout, 0, sizeof(*timeout));
}
