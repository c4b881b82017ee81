#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "built_model.h"

/* Follow every reference of a process, as the analyses do. Returns something that depends on all.
 */
/* Those of a set at a memory access may have ended before they were recorded. */
static uint64_t walk_set(const struct lh_process *process, const struct lh_held *held, size_t n)
{
    uint64_t sum = n;

    for (size_t i = 0; i < n; i++) {
        const struct lh_stack *stack = lh_process_stack(process, held[i].stack);

        for (size_t k = 0; k < stack->n_pcs; k++)
            sum += stack->pcs[k];
    }
    return sum;
}

static uint64_t walk_held(const struct lh_process *process, const struct lh_held *held, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_true(lh_process_lock(process, held[i].lock)->uid != 0);
    return walk_set(process, held, n);
}

static uint64_t walk(const struct lh_process *process)
{
    uint64_t sum = process->argc;

    for (size_t i = 0; i < process->n_deps; i++) {
        const struct lh_dep *dep = &process->deps[i];

        if (dep->id == 0)
            continue;
        assert_non_null(dep->held);
        sum += walk_held(process, dep->held, dep->n_held) + walk_held(process, &dep->wanted, 1);
        for (size_t k = 0; k < dep->n_seen; k++)
            sum += lh_process_segment(process, dep->seen[k].segment)->id;
    }
    for (size_t i = 0; i < process->n_locks; i++)
        sum += lh_times_total(process->locks[i].wait_times) +
               lh_times_quantile(process->locks[i].hold_times, 99, UINT64_MAX);
    for (size_t i = 0; i < process->n_races; i++) {
        const struct lh_race *race = &process->races[i];
        const struct lh_access *accesses[] = {&race->earlier, &race->later};

        for (size_t k = 0; k < 2; k++) {
            const struct lh_lockset *set = lh_process_lockset(process, accesses[k]->lockset);

            sum += walk_set(process, set->held, set->n_held);
            sum += lh_process_stack(process, accesses[k]->stack)->n_pcs;
        }
        assert_true(race->guard == LH_NO_LOCK || lh_process_lock(process, race->guard)->uid != 0);
        sum += lh_process_block(process, race->block)->size;
    }
    for (size_t i = 0; i < process->n_segments; i++) {
        for (size_t k = 0; k < process->segments[i].n_parents; k++)
            sum += lh_process_segment(process, process->segments[i].parents[k])->thread;
    }
    for (size_t i = 0; i < process->n_threads; i++) {
        assert_true(i == 0 || process->threads[i - 1].uid < process->threads[i].uid);
        sum += strlen(process->threads[i].name);
        sum += walk_held(process, process->threads[i].held, process->threads[i].n_held);
        for (size_t k = 0; k < process->threads[i].n_deeds; k++)
            sum += lh_process_lock(process, process->threads[i].deeds[k].lock)->uid;
    }
    for (size_t i = 0; i < process->n_modules; i++) {
        sum += strlen(process->modules[i].path);
        for (size_t k = 0; k < process->modules[i].build_id_size; k++)
            sum += process->modules[i].build_id[k];
    }
    for (size_t i = 0; i < process->argc; i++)
        sum += strlen(process->argv[i]);
    for (size_t i = 0; i < process->n_locks; i++)
        sum += process->locks[i].name ? strlen(process->locks[i].name) : 0;
    return sum;
}

static void a_trace_becomes_a_process(void **state)
{
    const struct lh_process *process = load_built();
    const struct lh_dep *dep = &process->deps[2];

    (void)state;
    assert_false(process->damaged);
    assert_null(process->damage);
    assert_int_equal(process->pid, 4242);
    assert_int_equal(process->ppid, 4241);
    assert_int_equal(process->state, LH_STATE_EXITED);
    assert_int_equal(process->argc, 2);
    assert_string_equal(process->argv[0], "./prog");
    assert_string_equal(process->argv[1], "--option");
    assert_string_equal(process->tool_version, "0.1-test");
    assert_int_equal(process->n_threads, 2);
    assert_string_equal(lh_process_thread(process, 2)->name, "girl");
    assert_int_equal(lh_process_thread(process, 2)->tid, 4243);
    assert_false(lh_process_thread(process, 2)->live);
    assert_string_equal(lh_process_lock(process, 1)->name, "first");
    assert_int_equal(lh_process_lock(process, 1)->acquisitions, 6);
    assert_int_equal(dep->wanted.lock, 1);
    assert_int_equal(dep->wanted.stack, 4);
    assert_int_equal(dep->n_held, 1);
    assert_int_equal(dep->held[0].lock, 2);
    assert_int_equal(dep->held[0].stack, 3);
    assert_int_equal(dep->n_seen, 1);
    assert_int_equal(dep->seen[0].thread, 2);
    assert_int_equal(dep->seen[0].count, 3);
    assert_int_equal(lh_process_stack(process, 2)->n_pcs, 3);
    assert_int_equal(lh_process_stack(process, 2)->pcs[1], 0x401110);
    assert_int_equal(process->n_modules, 1);
    assert_string_equal(process->modules[0].path, "/no/such/program");
    walk(process);
}

static void several_traces_become_several_processes(void **state)
{
    (void)state;
    load_built();
    lh_builder_header(builder)->pid = 5000;
    load_built();
    assert_int_equal(model->n_processes, 2);
    assert_int_equal(model->processes[0]->pid, 4242);
    assert_int_equal(model->processes[1]->pid, 5000);
}

static void unknown_numbers_are_answered_with_empty_objects(void **state)
{
    static const uint32_t numbers[] = {0, 3, 5, 1000, UINT32_MAX};
    const struct lh_process *process = load_built();

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        assert_int_equal(lh_process_lock(process, numbers[i])->uid, 0);
        assert_int_equal(lh_process_segment(process, numbers[i])->id, 0);
        assert_int_equal(lh_process_thread(process, numbers[i])->uid, 0);
        assert_string_equal(lh_process_thread(process, numbers[i])->name, "");
        assert_non_null(lh_process_class(process, numbers[i])->name);
        if (numbers[i] != 3)
            assert_int_equal(lh_process_stack(process, numbers[i])->n_pcs, 0);
    }
}

static void ticks_become_nanoseconds(void **state)
{
    (void)state;
    lh_builder_lock(builder, 1)->wait_max = 3000;
    lh_builder_lock(builder, 1)->hold_total = UINT64_MAX;
    assert_int_equal(lh_process_lock(load_built(), 1)->wait_max_ns, 1500);
    lh_builder_header(builder)->last_ns = 0;
    assert_int_equal(lh_process_lock(load_built(), 1)->wait_max_ns, 3000);
    lh_builder_header(builder)->last_ns = UINT64_MAX;
    assert_int_equal(lh_process_lock(load_built(), 1)->wait_max_ns, 3000);
    assert_int_equal(lh_process_lock(load_built(), 1)->hold_total_ns, UINT64_MAX);
}

/* The record behind its header, with room for some counts. */
struct times {
    uint32_t lock;
    uint16_t kind, count;
    uint32_t counts[4];
};

static void build_times(struct times times)
{
    lh_build_record(builder, LH_RECORD_TIMES, &times, sizeof(times));
}

static void times_are_counted_in_nanoseconds(void **state)
{
    (void)state;
    build_times((struct times){1, LH_TIMES_WAIT, 4, {1, 0, 5, 7}});
    build_times((struct times){1, LH_TIMES_HOLD, 3, {0, 0, 2}});
    const struct lh_lock *lock = lh_process_lock(load_built(), 1);
    /* A tick is half a nanosecond, which is two places further down. */
    assert_int_equal(lock->wait_times->counts[0], 6);
    assert_int_equal(lock->wait_times->counts[1], 7);
    assert_int_equal(lh_times_total(lock->wait_times), 13);
    assert_int_equal(lh_times_total(lock->hold_times), 2);
    assert_null(lh_process_lock(load_built(), 2)->wait_times);
}

static void times_of_nothing_are_left_out(void **state)
{
    (void)state;
    build_times((struct times){77, LH_TIMES_WAIT, 4, {1}});
    build_times((struct times){1, LH_TIMES_KINDS, 4, {1}});
    assert_false(load_built()->damaged);
    build_times((struct times){1, LH_TIMES_WAIT, 5, {1}});
    const struct lh_process *process = load_built();
    assert_true(process->damaged);
    assert_null(lh_process_lock(process, 1)->wait_times);
    assert_null(lh_process_lock(process, 1)->hold_times);
}

static void a_live_thread_has_its_wait_and_its_held_locks(void **state)
{
    struct lh_trace_thread *slot = lh_builder_thread(builder, 1);
    const struct lh_thread *thread;

    (void)state;
    slot->state = LH_THREAD_LIVE;
    slot->wait_kind = LH_WAIT_LOCK;
    slot->wait_lock = 2;
    slot->wait_stack = 4;
    slot->held_count = 1;
    slot->held[0] = (struct lh_trace_held){.lock = 1, .stack = 3, .depth = 2, .mode = 1};
    thread = lh_process_thread(load_built(), 1);
    assert_true(thread->live);
    assert_int_equal(thread->wait_kind, LH_WAIT_LOCK);
    assert_int_equal(thread->wait_lock, 2);
    assert_int_equal(thread->wait_stack, 4);
    assert_int_equal(thread->n_held, 1);
    assert_int_equal(thread->held[0].lock, 1);
    assert_int_equal(thread->held[0].depth, 2);
    assert_int_equal(thread->held[0].mode, LH_MODE_SHARED);
}

static void a_wait_for_a_semaphore_is_told_from_one_for_a_lock(void **state)
{
    struct lh_trace_thread *slot = lh_builder_thread(builder, 1);

    (void)state;
    slot->state = LH_THREAD_LIVE;
    slot->wait_kind = LH_WAIT_LOCK;
    slot->wait_lock = 2;
    lh_builder_lock(builder, 2)->kind = LH_LOCK_SEMAPHORE;
    assert_int_equal(lh_process_thread(load_built(), 1)->wait_kind, LH_WAIT_SEM);
}

static void note(struct lh_trace_thread *slot, enum lh_event_type event, uint32_t lock,
                 uint32_t stack)
{
    slot->flight[slot->flight_count++ % LH_FLIGHT_SLOTS] =
        (struct lh_trace_event){.time_type = event, .lock = lock, .stack = stack};
}

static void the_last_deeds_of_a_thread_are_known(void **state)
{
    struct lh_trace_thread *slot = lh_builder_thread(builder, 1);
    const struct lh_thread *thread;

    (void)state;
    note(slot, LH_EVENT_BARRIER_LEAVE, 1, 1);
    for (uint32_t i = 0; i < LH_FLIGHT_SLOTS; i++)
        note(slot, LH_EVENT_COND_SIGNAL, 1, 1 + i % 4);
    note(slot, LH_EVENT_SEM_POST, 2, 3);
    note(slot, LH_EVENT_SEM_POST, 4711, 3);  /* no such lock */
    note(slot, LH_EVENT_SEM_TAKEN, 2, 4711); /* no such stack */
    note(slot, LH_EVENT_ACQUIRE, 1, 1);      /* not of interest */
    thread = lh_process_thread(load_built(), 1);
    assert_int_equal(thread->n_deeds, 3);
    assert_int_equal(thread->deeds[0].event, LH_EVENT_SEM_TAKEN);
    assert_int_equal(thread->deeds[0].stack, LH_NO_STACK);
    assert_int_equal(thread->deeds[1].event, LH_EVENT_SEM_POST);
    assert_int_equal(thread->deeds[1].lock, 2);
    assert_int_equal(thread->deeds[1].stack, 3);
    assert_int_equal(thread->deeds[2].event, LH_EVENT_COND_SIGNAL);
    assert_int_equal(thread->deeds[2].stack, 4);
    assert_true(thread->deeds[0].number > thread->deeds[1].number);
}

/* Thread 1 waits for condition 2 with mutex 1; thread 2 signalled it and holds the mutex. */
static void build_woken(uint64_t wait_uses, uint32_t waiters, enum lh_event_type event)
{
    struct lh_trace_waker waker = {.lock = 2, .count = 1};
    struct lh_trace_thread *waiter = lh_builder_thread(builder, 1);
    struct lh_trace_thread *holder = lh_builder_thread(builder, 2);

    lh_builder_lock(builder, 2)->kind = LH_LOCK_COND;
    waiter->state = holder->state = LH_THREAD_LIVE;
    waiter->wait_kind = LH_WAIT_COND;
    waiter->wait_lock = 2;
    waiter->wait_other = 1;
    waiter->wait_uses = wait_uses;
    waiter->wait_flags = LH_ATTEMPT_TIMED;
    holder->held_count = 1;
    holder->held[0] = (struct lh_trace_held){.lock = 1, .stack = 3, .depth = 1};
    note(holder, event, 2, 3);
    waker.last =
        (struct lh_trace_wake){.thread = 2, .stack = 3, .waiters = waiters, .mutex = 1, .uses = 8};
    lh_build_record(builder, LH_RECORD_WAKER, (const char *)&waker + sizeof(waker.record),
                    sizeof(waker) - sizeof(waker.record));
}

static void a_woken_thread_waits_for_the_mutex(void **state)
{
    (void)state;
    build_woken(7, 1, LH_EVENT_COND_SIGNAL);
    const struct lh_thread *thread = lh_process_thread(load_built(), 1);
    assert_int_equal(thread->wait_kind, LH_WAIT_LOCK);
    assert_int_equal(thread->wait_lock, 1);
    assert_int_equal(thread->wait_flags, LH_ATTEMPT_REACQUIRE);
    lh_builder_thread(builder, 2)->held_count = 0;
    assert_int_equal(lh_process_thread(load_built(), 1)->wait_kind, LH_WAIT_COND);
}

static void a_broadcast_wakes_all(void **state)
{
    (void)state;
    build_woken(7, 3, LH_EVENT_COND_BROADCAST);
    assert_int_equal(lh_process_thread(load_built(), 1)->wait_kind, LH_WAIT_LOCK);
    note(lh_builder_thread(builder, 2), LH_EVENT_COND_SIGNAL, 2, 3);
    assert_int_equal(lh_process_thread(load_built(), 1)->wait_kind, LH_WAIT_COND);
}

static void who_began_to_wait_after_the_signal_was_not_woken(void **state)
{
    (void)state;
    build_woken(8, 1, LH_EVENT_COND_SIGNAL);
    assert_int_equal(lh_process_thread(load_built(), 1)->wait_kind, LH_WAIT_COND);
}

static void deeds_out_of_place_are_left_out(void **state)
{
    struct lh_trace_thread *slot = lh_builder_thread(builder, 1);

    (void)state;
    note(slot, LH_EVENT_SEM_POST, 2, 3);
    slot->flight_slots = 511;
    assert_int_equal(lh_process_thread(load_built(), 1)->n_deeds, 0);
    slot->flight_slots = 1u << 31;
    assert_int_equal(lh_process_thread(load_built(), 1)->n_deeds, 0);
    slot->flight_slots = 0;
    assert_int_equal(lh_process_thread(load_built(), 1)->n_deeds, 0);
    slot->flight_slots = LH_FLIGHT_SLOTS;
    slot->flight_count = UINT64_MAX;
    assert_int_equal(lh_process_thread(load_built(), 1)->n_deeds, 1);
    slot->flight_offset = UINT64_MAX - 7;
    assert_int_equal(lh_process_thread(load_built(), 1)->n_deeds, 0);
}

static void an_ended_thread_waits_for_nothing_and_holds_nothing(void **state)
{
    struct lh_trace_thread *slot = lh_builder_thread(builder, 1);

    (void)state;
    slot->wait_kind = LH_WAIT_LOCK;
    slot->held_count = 1;
    slot->held[0].lock = 1;
    assert_int_equal(lh_process_thread(load_built(), 1)->wait_kind, LH_WAIT_NONE);
    assert_int_equal(lh_process_thread(model->processes[0], 1)->n_held, 0);
}

static void a_held_set_in_its_own_extent_is_found(void **state)
{
    struct lh_trace_held *held;
    struct lh_trace_thread *slot;
    size_t offset, size;

    (void)state;
    offset = lh_build_extent(builder, LH_EXTENT_HELD, 1) + sizeof(struct lh_trace_extent);
    held = (void *)(lh_builder_data(builder, &size) + offset);
    for (size_t i = 0; i < 300; i++)
        held[i].lock = 1 + (uint32_t)i % 2;
    slot = lh_builder_thread(builder, 2);
    slot->state = LH_THREAD_LIVE;
    slot->held_offset = offset;
    slot->held_capacity = 500;
    slot->held_count = 300;
    assert_int_equal(lh_process_thread(load_built(), 2)->n_held, 300);
    assert_int_equal(lh_process_thread(model->processes[0], 2)->held[299].lock, 2);
    assert_false(model->processes[0]->damaged);
}

static void held_sets_outside_of_the_trace_are_left_out(void **state)
{
    static const struct {
        uint64_t offset;
        uint32_t count, capacity;
    } bad[] = {
        {UINT64_MAX, 1, 1},  {UINT64_MAX - 31, 1, 1},           {1u << 20, 1, 1},
        {LH_UNIT + 1, 1, 1}, {LH_UNIT, UINT32_MAX, UINT32_MAX},
    };
    struct lh_trace_thread *slot = lh_builder_thread(builder, 1);

    (void)state;
    slot->state = LH_THREAD_LIVE;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        slot->held_offset = bad[i].offset;
        slot->held_count = bad[i].count;
        slot->held_capacity = bad[i].capacity;
        assert_int_equal(lh_process_thread(load_built(), 1)->n_held, 0);
        assert_non_null(strstr(model->processes[i]->damage, "held locks of thread 1"));
    }
}

static void what_is_known_of_a_thread_survives_its_slot(void **state)
{
    const struct lh_process *process;

    (void)state;
    lh_build_thread_info(builder, 9, "gone", 0x400100);
    lh_build_thread_info(builder, 2, "old name", 0x400200);
    lh_build_thread_info(builder, 9, "gone for good", 0x400100);
    process = load_built();
    assert_int_equal(process->n_threads, 3);
    assert_string_equal(lh_process_thread(process, 9)->name, "gone for good");
    assert_int_equal(lh_process_thread(process, 9)->tid, 7009);
    assert_int_equal(lh_process_thread(process, 9)->start_epoch, 1);
    assert_false(lh_process_thread(process, 9)->live);
    /* The slot knows the name better, the record alone the function. */
    assert_string_equal(lh_process_thread(process, 2)->name, "girl");
    assert_int_equal(lh_process_thread(process, 2)->tid, 4243);
    assert_int_equal(lh_process_thread(process, 2)->start_routine, 0x400200);
}

static void dead_records_are_skipped(void **state)
{
    struct lh_trace_dep_held held = {.lock = 1, .stack = 1};
    struct lh_trace_record *record;
    size_t size, offset;

    (void)state;
    lh_build_dep(builder, 2, 1, &held, 1);
    offset = lh_build_record(builder, LH_RECORD_CHILD, "12345678", 8);
    /* The dependency lies just before: 24 bytes, and 12 rounded up for the lock. */
    record = (void *)(lh_builder_data(builder, &size) + offset - 40);
    assert_int_equal(record->type, LH_RECORD_DEP);
    record->type |= LH_RECORD_DEAD;
    assert_int_equal(load_built()->n_deps, 3);
    assert_false(model->processes[0]->damaged);
}

static void a_module_lives_from_its_load_to_its_unload(void **state)
{
    const struct lh_process *process;

    (void)state;
    lh_build_unload(builder, 4, 0x500000);
    lh_build_module(builder, 5, 0x500000, 0x510000, "/lib/again.so");
    lh_build_module(builder, 2, 0x500000, 0x510000, "/lib/plugin.so");
    lh_build_unload(builder, 7, 0x500000);
    lh_build_unload(builder, 9, 0x123456);
    process = load_built();
    assert_int_equal(process->n_modules, 3);
    assert_int_equal(process->modules[0].epoch_end, UINT32_MAX);
    assert_string_equal(process->modules[1].path, "/lib/plugin.so");
    assert_int_equal(process->modules[1].epoch, 2);
    assert_int_equal(process->modules[1].epoch_end, 4);
    assert_string_equal(process->modules[2].path, "/lib/again.so");
    assert_int_equal(process->modules[2].epoch_end, 7);
}

static void missing_locks_take_their_dependencies_with_them(void **state)
{
    (void)state;
    lh_builder_lock(builder, 2)->uid = 0;
    assert_int_equal(load_built()->deps[1].id, 0);
    assert_int_equal(model->processes[0]->deps[2].id, 0);
    assert_non_null(strstr(model->processes[0]->damage, "lock that is missing"));
}

static void a_dependency_of_a_writer_that_holds_nothing_is_kept(void **state)
{
    const struct lh_process *process;
    uint32_t id;

    (void)state;
    id = lh_build_dep(builder, 2, 1, NULL, 0);
    lh_build_seen(builder, id, 1, 3);
    process = load_built();
    assert_false(process->damaged);
    assert_int_equal(process->deps[id].n_held, 0);
    assert_int_equal(process->deps[id].wanted.lock, 2);
    assert_int_equal(process->deps[id].n_seen, 1);
}

/* What a thread met since: a line with one place for a record, two for another, one for none. */
static void put_counts(uint32_t lines, uint64_t key, uint64_t other)
{
    size_t size, offset = lh_build_extent(builder, LH_EXTENT_COUNTS, 1);
    struct lh_trace_extent *extent = (void *)(lh_builder_data(builder, &size) + offset);
    struct lh_trace_counts *line = (void *)(extent + 1);
    uint64_t *seen = (void *)(line + 2);

    extent->first_index = lines;
    for (size_t i = 0; i < 4; i++) {
        line[0].keys[i] = line[1].keys[i] = 99;
        line[0].counts[i] = 10 + i;
        line[1].counts[i] = 100 + i;
    }
    seen[0] = key;
    seen[1] = seen[7] = other;
    seen[2] = 12345;
}

static void counts_beside_the_records_are_added(void **state)
{
    struct lh_trace_seen one = {.dep = 1, .segment = 1, .count = 5, .key = 71};
    struct lh_trace_seen two = {.dep = 2, .segment = 1, .count = 7, .key = UINT64_MAX};
    const struct lh_process *process;
    const struct lh_dep *deps;

    (void)state;
    put_counts(2, one.key, two.key);
    lh_build_record(builder, LH_RECORD_SEEN, &one.dep, sizeof(one) - sizeof(one.record));
    lh_build_record(builder, LH_RECORD_SEEN, &two.dep, sizeof(two) - sizeof(two.record));
    process = load_built();
    assert_false(process->damaged);
    deps = process->deps;
    assert_int_equal(deps[1].seen[deps[1].n_seen - 1].count, 5 + 10);
    assert_int_equal(deps[2].seen[deps[2].n_seen - 1].count, 7 + 11 + 103);
    assert_int_equal(deps[1].seen[0].count, 3);
}

static void counts_that_are_cut_off_are_left_out(void **state)
{
    struct lh_trace_seen one = {.dep = 1, .segment = 1, .count = 5, .key = 71};
    const struct lh_dep *dep;

    (void)state;
    put_counts(UINT32_MAX, one.key, 0);
    lh_build_record(builder, LH_RECORD_SEEN, &one.dep, sizeof(one) - sizeof(one.record));
    dep = &load_built()->deps[1];
    assert_int_equal(dep->seen[dep->n_seen - 1].count, 5);
    assert_non_null(strstr(model->processes[0]->damage, "counts"));
}

static void a_missing_stack_leaves_its_dependency(void **state)
{
    struct lh_trace_dep_held held = {.lock = 1, .stack = 77};
    uint32_t id;

    (void)state;
    id = lh_build_dep(builder, 2, 4000000000u, &held, 1);
    assert_int_equal(load_built()->deps[id].id, id);
    assert_int_equal(model->processes[0]->deps[id].wanted.stack, LH_NO_STACK);
    assert_int_equal(model->processes[0]->deps[id].held[0].stack, LH_NO_STACK);
    assert_non_null(strstr(model->processes[0]->damage, "stack"));
}

static void huge_numbers_do_not_make_huge_tables(void **state)
{
    static const uint32_t huge[] = {100000, 4000000000u, UINT32_MAX};
    struct lh_trace_extent *extent;
    const struct lh_process *process;
    size_t size;

    (void)state;
    for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++) {
        uint32_t body[8] = {huge[i]};

        lh_build_record(builder, LH_RECORD_STACK, body, sizeof(body));
        lh_build_record(builder, LH_RECORD_DEP, body, sizeof(body));
        lh_build_record(builder, LH_RECORD_SEGMENT, body, sizeof(body));
        lh_build_record(builder, LH_RECORD_LOCKSET, body, sizeof(body));
        lh_build_record(builder, LH_RECORD_BLOCK, body, sizeof(body));
    }
    extent = (void *)(lh_builder_data(builder, &size) + 2 * LH_UNIT);
    assert_int_equal(extent->type, LH_EXTENT_LOCKS);
    extent->first_index = UINT32_MAX - 1;
    process = load_built();
    assert_true(process->damaged);
    assert_int_equal(process->n_stacks, 5);
    assert_int_equal(process->n_segments, 3);
    assert_int_equal(process->n_locksets, 0);
    assert_int_equal(process->n_blocks, 0);
    assert_int_equal(process->n_locks, 0);
    walk(process);
}

static void counts_beyond_their_record_are_refused(void **state)
{
    uint32_t stack[] = {5, 1, UINT32_MAX, 0};
    uint32_t segment[] = {3, 1, 0x40000001};
    uint32_t name[] = {1, UINT32_MAX};
    const struct lh_process *process;

    (void)state;
    lh_build_record(builder, LH_RECORD_STACK, stack, sizeof(stack));
    lh_build_record(builder, LH_RECORD_SEGMENT, segment, sizeof(segment));
    lh_build_record(builder, LH_RECORD_NAME, name, sizeof(name));
    lh_build_record(builder, LH_RECORD_MODULE, name, sizeof(name));
    lh_build_record(builder, LH_RECORD_THREAD, name, sizeof(name));
    process = load_built();
    assert_int_equal(lh_process_stack(process, 5)->n_pcs, 0);
    assert_int_equal(lh_process_segment(process, 3)->id, 0);
    assert_string_equal(lh_process_lock(process, 1)->name, "first");
    assert_non_null(strstr(process->damage, "too short"));
    walk(process);
}

static void unknown_parts_are_skipped_and_told(void **state)
{
    const struct lh_process *process;

    (void)state;
    lh_build_record(builder, 99, "something new", 14);
    lh_build_extent(builder, 77, 2);
    process = load_built();
    assert_non_null(strstr(process->damage, "2 parts of a type unknown to this version"));
    assert_int_equal(process->n_deps, 3);
}

static void a_foreign_command_line_is_left_out(void **state)
{
    static const uint32_t bad[][2] = {
        {UINT32_MAX, 100}, {100, UINT32_MAX}, {LH_UNIT, 1}, {LH_UNIT - 4, 5}, {1u << 31, 1u << 31}};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        lh_builder_header(builder)->command_offset = bad[i][0];
        lh_builder_header(builder)->command_size = bad[i][1];
        assert_int_equal(load_built()->argc, 0);
        assert_true(model->processes[i]->damaged);
    }
}

static void a_file_that_is_no_trace_adds_nothing(void **state)
{
    const char *why = NULL;

    (void)state;
    assert_int_equal(load_bytes(model, "#!/bin/sh\n", 10, &why), -EBADMSG);
    assert_string_equal(why, "not a Lockhound trace");
    assert_int_equal(lh_model_load(model, "/no/such/trace", &why), -ENOENT);
    assert_string_equal(why, strerror(ENOENT));
    assert_int_equal(model->n_processes, 0);
}

/* ---- damage everywhere: nothing may crash; the sanitizers watch ---- */

/* Each try in a model of its own: memory stays flat, and lh_model_free() is part of the test. */
static bool survives(const void *data, size_t size)
{
    struct lh_model *own = lh_model_new();
    bool loaded;

    assert_non_null(own);
    loaded = load_bytes(own, data, size, NULL) == 0;
    if (loaded)
        walk(own->processes[0]);
    lh_model_free(own);
    return loaded;
}

static void build_race(void)
{
    struct lh_trace_dep_held held = {.lock = 1, .stack = 1};
    struct lh_trace_race race = {.kind = LH_RACE_PROVEN, .guard = 2};

    race.block = lh_build_block(builder, 0x700000, 64, 2);
    race.earlier = (struct lh_trace_access){.thread = 1, .stack = 3};
    race.later = (struct lh_trace_access){.thread = 2, .stack = 4};
    race.later.lockset = lh_build_lockset(builder, &held, 1);
    lh_build_race(builder, &race);
}

static void build_live_thread(void)
{
    struct lh_trace_thread *slot = lh_builder_thread(builder, 1);

    slot->state = LH_THREAD_LIVE;
    slot->held_count = 2;
    slot->held[0].lock = 1;
    slot->held[1].lock = 2;
    lh_build_unload(builder, 3, 0x400000);
    lh_build_thread_info(builder, 1, "info", 0x400100);
    build_race();
}

static void a_trace_cut_anywhere_is_survived(void **state)
{
    size_t size;
    unsigned char *data;

    (void)state;
    build_live_thread();
    data = lh_builder_data(builder, &size);
    for (size_t cut = 0; cut <= size; cut += 64)
        assert_int_equal(survives(data, cut), cut >= sizeof(struct lh_trace_header));
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* A place that matters: in the header, an extent header, a record, a slot; seldom in empty room. */
static size_t pick(uint32_t *seed, const unsigned char *data, size_t size)
{
    size_t place = 0;

    for (size_t i = 0; i < 64; i++) {
        place = next_random(seed) % size;
        if (data[place & ~(size_t)15] || data[place | 7])
            break;
    }
    return place;
}

static void flipped_bytes_are_survived(void **state)
{
    uint32_t seed = 20240917;
    unsigned char *data, *copy;
    size_t size, loaded = 0;

    (void)state;
    build_live_thread();
    data = lh_builder_data(builder, &size);
    copy = malloc(size);
    assert_non_null(copy);
    for (size_t round = 0; round < 4000; round++) {
        memcpy(copy, data, size);
        for (uint32_t i = next_random(&seed) % 6 + 1; i > 0; i--)
            copy[pick(&seed, data, size)] = (unsigned char)next_random(&seed);
        loaded += survives(copy, size);
    }
    /* Most changes leave something to report. */
    assert_in_range(loaded, 2000, 4000);
    free(copy);
}

static void hostile_words_are_survived(void **state)
{
    static const uint32_t words[] = {0, 1, 0x7fffffff, 0x80000000, 0xfffffff0, UINT32_MAX, 0x4000};
    uint32_t seed = 99;
    unsigned char *data, *copy;
    size_t size;

    (void)state;
    build_live_thread();
    data = lh_builder_data(builder, &size);
    copy = malloc(size);
    assert_non_null(copy);
    for (size_t round = 0; round < 4000; round++) {
        memcpy(copy, data, size);
        for (uint32_t i = next_random(&seed) % 4 + 1; i > 0; i--) {
            size_t place = pick(&seed, data, size) & ~(size_t)3;
            uint32_t word = words[next_random(&seed) % (sizeof(words) / sizeof(words[0]))];

            memcpy(copy + place, &word, sizeof(word));
        }
        survives(copy, size);
    }
    free(copy);
}

static void garbage_is_survived(void **state)
{
    uint32_t seed = 4711;
    size_t size = 4 * LH_UNIT, whole;
    unsigned char *garbage = malloc(size);

    (void)state;
    assert_non_null(garbage);
    for (size_t round = 0; round < 200; round++) {
        for (size_t i = 0; i < size; i++)
            garbage[i] = (unsigned char)next_random(&seed);
        assert_false(survives(garbage, size));
        /* Garbage behind a right header, and extents with garbage in them. */
        memcpy(garbage, lh_builder_data(builder, &whole), sizeof(struct lh_trace_header));
        for (size_t unit = 1; unit < 4; unit++) {
            struct lh_trace_extent extent = {.magic = LH_EXTENT_MAGIC,
                                             .type = (uint16_t)(next_random(&seed) % 6),
                                             .size = LH_UNIT};
            memcpy(garbage + unit * LH_UNIT, &extent, sizeof(extent));
        }
        assert_true(survives(garbage, size));
    }
    free(garbage);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_built, end_built)

static struct lh_trace_event event(enum lh_event_type type, uint32_t lock, uint32_t stack)
{
    return (struct lh_trace_event){.time_type = 77u << 8 | type, .lock = lock, .stack = stack};
}

static void the_last_event_of_a_live_thread_is_the_newest_of_its_ring(void **state)
{
    struct lh_trace_thread *slot = lh_builder_thread(builder, 1);
    const struct lh_thread *thread;

    (void)state;
    slot->state = LH_THREAD_LIVE;
    slot->flight_count = LH_FLIGHT_SLOTS + 3;
    slot->flight[1] = event(LH_EVENT_ACQUIRE, 1, 1);
    slot->flight[2] = event(LH_EVENT_RELEASE, 2, 2);
    slot->flight[3] = event(LH_EVENT_BLOCK, 1, 1);
    thread = lh_process_thread(load_built(), 1);
    assert_int_equal(thread->last.type, LH_EVENT_RELEASE);
    assert_int_equal(thread->last.lock, 2);
    assert_int_equal(thread->last.stack, 2);
    assert_int_equal(lh_process_thread(model->processes[0], 2)->last.type, 0);
}

static void a_ring_that_lies_elsewhere_is_damage(void **state)
{
    static const uint64_t offsets[] = {1, UINT64_MAX - 7, UINT64_MAX / 16, UINT64_C(1) << 40};

    (void)state;
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct lh_trace_thread *slot = lh_builder_thread(builder, 1);
        const struct lh_process *process;

        slot->state = LH_THREAD_LIVE;
        slot->flight_count = UINT64_MAX;
        slot->flight_offset = offsets[i];
        process = load_built();
        assert_true(process->damaged);
        assert_int_equal(lh_process_thread(process, 1)->last.type, 0);
    }
}

static void the_last_event_of_a_full_trace_is_that_of_its_newest_extent(void **state)
{
    (void)state;
    lh_builder_thread(builder, 1)->state = LH_THREAD_LIVE;
    lh_builder_header(builder)->mode = LH_RECORD_FULL;
    for (uint32_t i = 0; i < 3; i++) {
        size_t size, offset = lh_build_extent(builder, LH_EXTENT_EVENTS, 1);
        struct lh_trace_extent *extent = (void *)(lh_builder_data(builder, &size) + offset);
        struct lh_trace_event *events = (void *)(extent + 1);

        extent->owner = i < 2 ? 1 : 77;
        extent->first_index = i;
        events[0] = event(LH_EVENT_ACQUIRE, 1, 1);
        events[1] = event(i == 1 ? LH_EVENT_FORK : LH_EVENT_ONCE_ENTER, 0, 2);
    }
    assert_int_equal(lh_process_thread(load_built(), 1)->last.type, LH_EVENT_FORK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_trace_becomes_a_process),
        TEST(several_traces_become_several_processes),
        TEST(unknown_numbers_are_answered_with_empty_objects),
        TEST(ticks_become_nanoseconds),
        TEST(times_are_counted_in_nanoseconds),
        TEST(times_of_nothing_are_left_out),
        TEST(a_live_thread_has_its_wait_and_its_held_locks),
        TEST(a_wait_for_a_semaphore_is_told_from_one_for_a_lock),
        TEST(the_last_deeds_of_a_thread_are_known),
        TEST(deeds_out_of_place_are_left_out),
        TEST(a_woken_thread_waits_for_the_mutex),
        TEST(a_broadcast_wakes_all),
        TEST(who_began_to_wait_after_the_signal_was_not_woken),
        TEST(an_ended_thread_waits_for_nothing_and_holds_nothing),
        TEST(a_held_set_in_its_own_extent_is_found),
        TEST(held_sets_outside_of_the_trace_are_left_out),
        TEST(what_is_known_of_a_thread_survives_its_slot),
        TEST(dead_records_are_skipped),
        TEST(a_module_lives_from_its_load_to_its_unload),
        TEST(missing_locks_take_their_dependencies_with_them),
        TEST(a_dependency_of_a_writer_that_holds_nothing_is_kept),
        TEST(counts_beside_the_records_are_added),
        TEST(counts_that_are_cut_off_are_left_out),
        TEST(a_missing_stack_leaves_its_dependency),
        TEST(huge_numbers_do_not_make_huge_tables),
        TEST(counts_beyond_their_record_are_refused),
        TEST(unknown_parts_are_skipped_and_told),
        TEST(a_foreign_command_line_is_left_out),
        TEST(a_file_that_is_no_trace_adds_nothing),
        TEST(a_trace_cut_anywhere_is_survived),
        TEST(flipped_bytes_are_survived),
        TEST(hostile_words_are_survived),
        TEST(garbage_is_survived),
        cmocka_unit_test_setup_teardown(the_last_event_of_a_live_thread_is_the_newest_of_its_ring,
                                        begin_built, end_built),
        cmocka_unit_test_setup_teardown(a_ring_that_lies_elsewhere_is_damage, begin_built,
                                        end_built),
        cmocka_unit_test_setup_teardown(the_last_event_of_a_full_trace_is_that_of_its_newest_extent,
                                        begin_built, end_built),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
