/* "timeout" of the JSON report: a run that was ended because it took too long. */
#include "json_parts.h"

#include <stdlib.h>

#include "doing.h"
#include "words.h"

static json_t *check(json_t *object, bool complete)
{
    if (complete)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *number_or_null(uint32_t number)
{
    return number != 0 ? json_integer(number) : json_null();
}

static const char *wait_name(uint32_t kind)
{
    static const char *const names[] = {
        [LH_WAIT_LOCK] = "lock",       [LH_WAIT_COND] = "condition", [LH_WAIT_SEM] = "semaphore",
        [LH_WAIT_BARRIER] = "barrier", [LH_WAIT_JOIN] = "join",      [LH_WAIT_ONCE] = "once",
        [LH_WAIT_FUTEX] = "futex",
    };

    return kind < sizeof names / sizeof *names && names[kind] != NULL ? names[kind] : "unknown";
}

static json_t *waits_for(struct lh_json_stacks *stacks, const struct lh_process *process,
                         const struct lh_thread *thread)
{
    bool joins = thread->wait_kind == LH_WAIT_JOIN;
    struct lh_held wanted = {.lock = thread->wait_lock,
                             .stack = thread->wait_stack,
                             .mode = thread->wait_mode,
                             .flags = thread->wait_flags};
    json_t *object;

    if (thread->wait_kind == LH_WAIT_NONE)
        return json_null();
    object = joins ? json_object() : lh_json_held(stacks, process, &wanted, true);
    return check(
        object, lh_json_put(object, "kind", json_string(wait_name(thread->wait_kind))) &&
                    (!joins || (lh_json_put(object, "thread", number_or_null(thread->wait_other)) &&
                                lh_json_put(object, "stack",
                                            lh_json_stack(stacks, process, thread->wait_stack)))));
}

static json_t *holds(struct lh_json_stacks *stacks, const struct lh_process *process,
                     const struct lh_thread *thread)
{
    json_t *array = json_array();

    for (size_t i = 0; i < thread->n_held; i++)
        if (json_array_append_new(array, lh_json_held(stacks, process, &thread->held[i], false)) !=
            0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *last_event(struct lh_json_stacks *stacks, const struct lh_process *process,
                          const struct lh_event *event)
{
    const char *name = lh_event_name(event->type);
    json_t *object;

    if (name == NULL)
        return json_null();
    object = json_object();
    return check(object,
                 lh_json_put(object, "event", json_string(name)) &&
                     lh_json_put(object, "lock",
                                 lh_event_has_lock(event)
                                     ? lh_json_text(lh_process_lock(process, event->lock)->name)
                                     : json_null()) &&
                     lh_json_put(object, "stack", lh_json_stack(stacks, process, event->stack)));
}

/* The name of the system call, or its number; null: in none. */
static json_t *system_call(const struct lh_timeout_thread *kernel)
{
    const char *name = kernel != NULL ? lh_call_name(kernel->call) : NULL;

    if (name != NULL)
        return json_string(name);
    return kernel != NULL && kernel->call >= 0 ? json_integer(kernel->call) : json_null();
}

static bool put_recorded(json_t *object, struct lh_json_stacks *stacks,
                         const struct lh_process *process, const struct lh_thread *thread)
{
    char label[LH_THREAD_LABEL];

    return lh_json_put(object, "name", lh_json_text(lh_thread_label(thread, thread->uid, label))) &&
           lh_json_put(object, "tid", number_or_null(thread->tid)) &&
           lh_json_put(object, "number", json_integer(thread->uid)) &&
           lh_json_put(object, "waits_for", waits_for(stacks, process, thread)) &&
           lh_json_put(object, "holds", holds(stacks, process, thread)) &&
           lh_json_put(object, "last", last_event(stacks, process, &thread->last)) &&
           lh_json_put(object, "created", lh_json_stack(stacks, process, thread->create_stack));
}

static bool put_unrecorded(json_t *object, const struct lh_timeout_thread *kernel)
{
    return lh_json_put(object, "name", lh_json_text(kernel->name)) &&
           lh_json_put(object, "tid", number_or_null(kernel->tid)) &&
           lh_json_put(object, "number", json_null());
}

static json_t *thread_object(struct lh_json_stacks *stacks, const struct lh_process *process,
                             const struct lh_doing *doing)
{
    const struct lh_timeout_thread *kernel = doing->kernel;
    json_t *object = json_object();

    return check(
        object,
        (doing->thread != NULL ? put_recorded(object, stacks, process, doing->thread)
                               : put_unrecorded(object, kernel)) &&
            lh_json_put(object, "state",
                        kernel != NULL ? json_string(lh_doing_state(kernel)) : json_null()) &&
            lh_json_put(object, "system_call", system_call(kernel)));
}

static json_t *threads(struct lh_json_stacks *stacks, const struct lh_model *model,
                       const struct lh_timeout_process *seen)
{
    static const struct lh_process unknown;
    const struct lh_process *process = lh_doing_process(model, seen);
    json_t *array = json_array();
    struct lh_doing *list;
    size_t n;

    if (process == NULL)
        process = &unknown;
    if (lh_doing_list(process, seen, &list, &n) < 0) {
        json_decref(array);
        return NULL;
    }
    for (size_t i = 0; i < n && array != NULL; i++)
        if (json_array_append_new(array, thread_object(stacks, process, &list[i])) != 0) {
            json_decref(array);
            array = NULL;
        }
    free(list);
    return array;
}

static json_t *processes(struct lh_json_stacks *stacks, const struct lh_model *model,
                         const struct lh_timeout *timeout)
{
    json_t *array = json_array();

    for (size_t i = 0; i < timeout->n && array != NULL; i++) {
        const struct lh_timeout_process *seen = &timeout->processes[i];
        json_t *object = json_object();
        object = check(object, lh_json_put(object, "pid", json_integer(seen->pid)) &&
                                   lh_json_put(object, "threads", threads(stacks, model, seen)));
        if (json_array_append_new(array, object) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

json_t *lh_json_timeout(struct lh_json_stacks *stacks, const struct lh_model *model,
                        const struct lh_timeout *timeout)
{
    json_t *object = json_object();

    return check(object, lh_json_put(object, "seconds", json_real(timeout->seconds)) &&
                             lh_json_put(object, "processes", processes(stacks, model, timeout)));
}
