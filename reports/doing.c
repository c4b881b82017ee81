#include "doing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

/* ---- who ---- */

const struct lh_process *lh_doing_process(const struct lh_model *model,
                                          const struct lh_timeout_process *seen)
{
    for (size_t i = 0; i < model->n_processes; i++)
        if (strcmp(model->processes[i]->path, seen->trace) == 0)
            return model->processes[i];
    return NULL;
}

static const struct lh_timeout_thread *find_seen(const struct lh_timeout_process *seen,
                                                 uint32_t tid)
{
    for (size_t i = 0; i < seen->n; i++)
        if (seen->threads[i].tid == tid)
            return &seen->threads[i];
    return NULL;
}

static int compare_tid(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

    return (left > right) - (left < right);
}

struct tids {
    uint32_t *items;
    size_t n;
};

static bool has_tid(const struct tids *tids, uint32_t tid)
{
    return tids->n > 0 && bsearch(&tid, tids->items, tids->n, sizeof tid, compare_tid) != NULL;
}

/* Live in the trace, and there for the kernel, if that told of any thread. */
static size_t list_recorded(const struct lh_process *process, const struct lh_timeout_process *seen,
                            struct lh_doing *list, struct tids *tids)
{
    size_t n = 0;

    for (size_t i = 0; i < process->n_threads; i++) {
        const struct lh_thread *thread = &process->threads[i];
        const struct lh_timeout_thread *kernel;
        if (!thread->live)
            continue;
        kernel = find_seen(seen, thread->tid);
        if (kernel == NULL && seen->n > 0)
            continue;
        list[n++] = (struct lh_doing){thread, kernel};
        tids->items[tids->n++] = thread->tid;
    }
    qsort(tids->items, tids->n, sizeof *tids->items, compare_tid);
    return n;
}

int lh_doing_list(const struct lh_process *process, const struct lh_timeout_process *seen,
                  struct lh_doing **ret, size_t *ret_n)
{
    struct lh_doing *list = calloc(process->n_threads + seen->n + 1, sizeof *list);
    struct tids tids = {calloc(process->n_threads + 1, sizeof *tids.items), 0};
    size_t n;

    if (list == NULL || tids.items == NULL) {
        free(list);
        free(tids.items);
        return -ENOMEM;
    }
    n = list_recorded(process, seen, list, &tids);
    for (size_t i = 0; i < seen->n; i++)
        if (!has_tid(&tids, seen->threads[i].tid))
            list[n++] = (struct lh_doing){NULL, &seen->threads[i]};
    free(tids.items);
    *ret = list;
    *ret_n = n;
    return 0;
}

/* ---- what ---- */

struct lh_participant lh_doing_participant(const struct lh_thread *thread)
{
    bool joins = thread->wait_kind == LH_WAIT_JOIN;
    struct lh_participant participant = {
        .thread = thread->uid,
        .holds = thread->held,
        .n_holds = thread->n_held,
        .has_wants = thread->wait_kind != LH_WAIT_NONE && !joins && thread->wait_lock != LH_NO_LOCK,
        .joins = joins ? thread->wait_other : LH_NO_THREAD,
        .wants = {.lock = joins ? LH_NO_LOCK : thread->wait_lock,
                  .stack = thread->wait_stack,
                  .mode = thread->wait_mode,
                  .flags = thread->wait_flags},
        .want_verb = thread->wait_kind == LH_WAIT_LOCK ? "wants" : "waits for",
        .cycle_hold = (uint32_t)thread->n_held,
    };

    return participant;
}

const char *lh_doing_state(const struct lh_timeout_thread *thread)
{
    switch (thread->state) {
    case 'R':
        return "running";
    case 'S':
    case 'I':
        return "sleeping";
    case 'D':
        return "uninterruptible";
    case 'T':
        return "stopped";
    case 't':
        return "traced";
    default:
        return "unknown";
    }
}

const char *lh_call_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } calls[] = {
#define CALL(name) {SYS_##name, #name},
#include "calls.def"
#undef CALL
    };

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].number == number)
            return calls[i].name;
    return NULL;
}

const char *lh_doing_text(const struct lh_timeout_thread *thread, char buffer[LH_DOING_TEXT])
{
    const char *name = lh_call_name(thread->call);
    bool stopped = thread->state == 'T' || thread->state == 't';

    if (thread->state == 'R' || thread->call == LH_CALL_RUNNING)
        snprintf(buffer, LH_DOING_TEXT, "running");
    else if (name != NULL)
        snprintf(buffer, LH_DOING_TEXT, "%sin the system call %s", stopped ? "stopped " : "", name);
    else if (thread->call >= 0)
        snprintf(buffer, LH_DOING_TEXT, "%sin the system call number %d", stopped ? "stopped " : "",
                 thread->call);
    else
        snprintf(buffer, LH_DOING_TEXT, "%s", lh_doing_state(thread));
    return buffer;
}

/* ---- events ---- */

const char *lh_event_name(uint8_t type)
{
    switch (type) {
#define EVENT(name, number, text) \
    case number:                  \
        return text;
#include "events.def"
#undef EVENT
    default:
        return NULL;
    }
}

bool lh_event_has_lock(const struct lh_event *event)
{
    switch (event->type) {
    case LH_EVENT_THREAD_CREATE:
    case LH_EVENT_THREAD_JOIN:
    case LH_EVENT_THREAD_START:
    case LH_EVENT_THREAD_END:
    case LH_EVENT_FORK:
        return false;
    default:
        return event->lock != LH_NO_LOCK;
    }
}
