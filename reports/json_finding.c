/* One finding as a JSON object: DESIGN.md section 7, and a few fields more. */
#include "json_parts.h"

#include "words.h"

json_t *lh_json_held(struct lh_json_stacks *stacks, const struct lh_process *process,
                     const struct lh_held *item, bool wanted)
{
    json_t *object = json_object();
    bool timed = wanted && (item->flags & LH_ATTEMPT_TIMED);

    return lh_json_check(
        object,
        lh_json_put(object, "lock", lh_json_text(lh_process_lock(process, item->lock)->name)) &&
            lh_json_put(object, "class",
                        lh_json_text(lh_process_class(process, item->lock)->name)) &&
            lh_json_put(object, "mode", json_string(lh_mode_name(item->mode))) &&
            (wanted || item->depth < 2 ||
             lh_json_put(object, "depth", json_integer(item->depth))) &&
            (!timed || lh_json_put(object, "timed", json_true())) &&
            (!(item->flags & LH_ATTEMPT_TRY) || lh_json_put(object, "try", json_true())) &&
            (!(item->flags & LH_ATTEMPT_REACQUIRE) ||
             lh_json_put(object, "reacquired", json_true())) &&
            lh_json_put(object, "stack", lh_json_stack(stacks, process, item->stack)));
}

static json_t *holds(struct lh_json_stacks *stacks, const struct lh_process *process,
                     const struct lh_participant *participant)
{
    json_t *array = json_array();

    for (size_t i = 0; i < participant->n_holds && array != NULL; i++) {
        json_t *item = lh_json_held(stacks, process, &participant->holds[i], false);
        if (item != NULL && participant->has_wants && i == participant->cycle_hold)
            json_object_set_new(item, "in_cycle", json_true());
        array = lh_json_append(array, item);
    }
    return array;
}

/* A join has a place, but no lock. */
static bool put_joins(json_t *object, struct lh_json_stacks *stacks,
                      const struct lh_process *process, const struct lh_participant *participant)
{
    return participant->joins == LH_NO_THREAD ||
           (lh_json_put(object, "joins", json_integer(participant->joins)) &&
            lh_json_put(object, "joins_stack",
                        lh_json_stack(stacks, process, participant->wants.stack)));
}

static json_t *access_object(struct lh_json_stacks *stacks, const struct lh_process *process,
                             const struct lh_access *access)
{
    json_t *object = json_object();

    return lh_json_check(
        object,
        lh_json_put(object, "kind", json_string(lh_access_name(access->flags))) &&
            lh_json_put(object, "atomic", json_boolean(access->flags & LH_ACCESS_ATOMIC)) &&
            (!(access->flags & LH_ACCESS_VOLATILE) ||
             lh_json_put(object, "volatile", json_true())) &&
            (!(access->flags & LH_ACCESS_VTABLE) || lh_json_put(object, "vtable", json_true())) &&
            lh_json_put(object, "size", lh_json_count(access->size)) &&
            lh_json_put(object, "address", lh_json_address(access->addr)) &&
            lh_json_put(object, "stack", lh_json_stack(stacks, process, access->stack)));
}

static json_t *participant_thread(struct lh_json_stacks *stacks, const struct lh_process *process,
                                  const struct lh_participant *participant)
{
    const struct lh_thread *thread = lh_process_thread(process, participant->thread);
    char label[LH_THREAD_LABEL];
    json_t *object = json_object();

    return lh_json_check(
        object,
        lh_json_put(object, "name",
                    lh_json_text(lh_thread_label(thread, participant->thread, label))) &&
            lh_json_put(object, "tid",
                        thread->tid != 0 ? json_integer(thread->tid) : json_null()) &&
            lh_json_put(object, "number",
                        json_integer(thread->number ? thread->number : participant->thread)) &&
            (participant->pid == 0 || lh_json_put(object, "pid", json_integer(participant->pid))) &&
            lh_json_put(object, "holds", holds(stacks, process, participant)) &&
            lh_json_put(object, "wants",
                        participant->has_wants
                            ? lh_json_held(stacks, process, &participant->wants, true)
                            : json_null()) &&
            (participant->want_verb == NULL ||
             lh_json_put(object, "does", lh_json_text(participant->want_verb))) &&
            put_joins(object, stacks, process, participant) &&
            (participant->access == NULL ||
             lh_json_put(object, "access", access_object(stacks, process, participant->access))) &&
            (participant->why == NULL ||
             lh_json_put(object, "why", lh_json_text(participant->why))) &&
            lh_json_put(object, "created", lh_json_stack(stacks, process, thread->create_stack)));
}

static json_t *attributes(uint32_t flags)
{
    json_t *array = json_array();
    const char *name;

    for (size_t i = 0; array != NULL && (name = lh_lock_attribute(flags, i)) != NULL; i++)
        array = lh_json_append(array, json_string(name));
    return array;
}

static json_t *lock(struct lh_json_stacks *stacks, const struct lh_process *process, uint32_t index)
{
    const struct lh_lock *item = lh_process_lock(process, index);
    const struct lh_class *class = lh_process_class(process, index);
    json_t *object = json_object();

    return lh_json_check(
        object, lh_json_put(object, "name", lh_json_text(item->name)) &&
                    lh_json_put(object, "class", lh_json_text(class->name)) &&
                    lh_json_put(object, "kind", json_string(lh_lock_kind_name(item->kind))) &&
                    lh_json_put(object, "attributes", attributes(item->flags)) &&
                    lh_json_put(object, "address", lh_json_address(item->addr)) &&
                    lh_json_put(object, "class_size", json_integer(class->n_locks)) &&
                    lh_json_put(object, "born", lh_json_stack(stacks, process, item->birth_stack)));
}

static json_t *block_object(struct lh_json_stacks *stacks, const struct lh_process *process,
                            const struct lh_memory *memory)
{
    const struct lh_block *block = memory->block;
    json_t *object = json_object();

    return lh_json_check(
        object, lh_json_put(object, "address", lh_json_address(block->addr)) &&
                    lh_json_put(object, "size", lh_json_count(block->size)) &&
                    lh_json_put(object, "offset", lh_json_count(memory->addr - block->addr)) &&
                    lh_json_put(object, "thread", json_integer(block->thread)) &&
                    lh_json_put(object, "allocated", lh_json_stack(stacks, process, block->stack)));
}

static json_t *guard_object(const struct lh_process *process, const struct lh_race *race)
{
    json_t *object = json_object();

    return lh_json_check(
        object,
        lh_json_put(object, "lock", lh_json_text(lh_process_lock(process, race->guard)->name)) &&
            lh_json_put(object, "class",
                        lh_json_text(lh_process_class(process, race->guard)->name)) &&
            lh_json_put(object, "reads", lh_json_count(race->guarded_reads)) &&
            lh_json_put(object, "writes", lh_json_count(race->guarded_writes)));
}

/* The memory that a race is about: a variable, a part of a heap block, or an address. */
static json_t *memory(struct lh_json_stacks *stacks, const struct lh_finding *finding)
{
    const struct lh_process *process = finding->process;
    const struct lh_memory *item = finding->memory;
    json_t *object = json_object();

    return lh_json_check(
        object,
        lh_json_put(object, "text", lh_json_text(item->text)) &&
            lh_json_put(object, "name", lh_json_text(item->name)) &&
            lh_json_put(object, "file", lh_json_text(item->file)) &&
            lh_json_put(object, "line", item->line > 0 ? json_integer(item->line) : json_null()) &&
            lh_json_put(object, "address", lh_json_address(item->addr)) &&
            lh_json_put(object, "size", lh_json_count(item->size)) &&
            lh_json_put(object, "block",
                        item->block != NULL ? block_object(stacks, process, item) : json_null()) &&
            lh_json_put(object, "reads", lh_json_count(item->race->reads)) &&
            lh_json_put(object, "writes", lh_json_count(item->race->writes)) &&
            lh_json_put(object, "guard",
                        item->guard != LH_NO_LOCK ? guard_object(process, item->race)
                                                  : json_null()));
}

static json_t *threads(struct lh_json_stacks *stacks, const struct lh_finding *finding)
{
    json_t *array = json_array();

    for (size_t i = 0; i < finding->n_participants && array != NULL; i++)
        array = lh_json_append(
            array, participant_thread(stacks, finding->process, &finding->participants[i]));
    return array;
}

static json_t *locks(struct lh_json_stacks *stacks, const struct lh_finding *finding)
{
    json_t *array = json_array();

    for (size_t i = 0; i < finding->n_locks && array != NULL; i++)
        array = lh_json_append(array, lock(stacks, finding->process, finding->locks[i]));
    return array;
}

static bool put_gating(json_t *object, const struct lh_finding *finding)
{
    bool known = finding->baseline == LH_BASELINE_KNOWN;

    return (finding->baseline == LH_BASELINE_NONE ||
            lh_json_put(object, "baseline", json_string(known ? "known" : "new"))) &&
           (finding->reason == NULL ||
            lh_json_put(object, "reason", lh_json_text(finding->reason))) &&
           (finding->suppressed == NULL ||
            lh_json_put(object, "suppressed", lh_json_text(finding->suppressed)));
}

static bool put_processes(json_t *object, const struct lh_finding *finding)
{
    size_t n = finding->n_processes > 0 ? finding->n_processes : 1;
    json_t *pids = finding->pids != NULL ? json_array() : NULL;

    for (size_t i = 0; i < n && i < LH_PIDS_MOST && pids != NULL; i++)
        pids = lh_json_append(pids, json_integer(finding->pids[i]));
    if (finding->pids != NULL && !lh_json_put(object, "pids", pids))
        return false;
    return lh_json_put(object, "n_processes", json_integer((json_int_t)n)) &&
           lh_json_put(object, "pid", json_integer(finding->process->pid));
}

json_t *lh_json_finding(struct lh_json_stacks *stacks, const struct lh_finding *finding)
{
    json_t *object = json_object();

    return lh_json_check(
        object,
        lh_json_put(object, "kind", json_string(lh_kind_name(finding->kind))) &&
            lh_json_put(object, "severity", json_string(lh_severity_name(finding->severity))) &&
            lh_json_put(object, "fingerprint", lh_json_text(finding->fingerprint)) &&
            (finding->filter == LH_FILTER_NONE ||
             lh_json_put(object, "filter", json_string(lh_filter_name(finding->filter)))) &&
            put_gating(object, finding) &&
            lh_json_put(object, "message", lh_json_text(finding->message)) &&
            lh_json_put(object, "remedy", lh_json_text(finding->remedy)) &&
            lh_json_put(object, "timed", json_boolean(finding->timed)) &&
            (!finding->across || lh_json_put(object, "across_processes", json_true())) &&
            lh_json_put(object, "similar", lh_json_count(finding->similar)) &&
            put_processes(object, finding) &&
            lh_json_put(object, "threads", threads(stacks, finding)) &&
            (finding->memory == NULL || lh_json_put(object, "memory", memory(stacks, finding))) &&
            lh_json_put(object, "locks", locks(stacks, finding)));
}
