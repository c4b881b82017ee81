/*
 * Writes a trace of a given size, as the shim would have: `write_trace KIND COUNT FILE`.
 *
 *   events    4 threads lock and unlock 1,000 locks, COUNT events in a full trace
 *   ordered   COUNT dependencies, all in the order of the locks: no cycle
 *   pairs     the same, and 10 of them the other way round as well
 *   tangled   COUNT dependencies in any direction: all locks in one knot
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writer.h"

#define THREADS       4u
#define CODE          0x400000u /* where the made up return addresses lie */
#define LOCKS_AT      0x7f0000000000u
#define EVENT_EXTENT  (4u * LH_UNIT)
#define PLANTED       10u
#define LOCKS_A_DEP   4u /* dependencies for each lock */
#define FEWEST_LOCKS  32u
#define EVENTED_LOCKS 1000u

static struct lh_writer writer;
static uint64_t now = 1;

static void *must(void *memory)
{
    if (memory)
        return memory;
    fprintf(stderr, "write_trace: the trace cannot grow\n");
    exit(1);
}

/* The same at each run (Marsaglia's xorshift). */
static uint64_t any(uint64_t below)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void write_stack(uint32_t id)
{
    struct lh_trace_stack *stack = must(lh_writer_record(&writer, sizeof(*stack) + 24));

    stack->id = id;
    stack->count = 3;
    for (uint32_t i = 0; i < 3; i++)
        stack->pcs[i] = CODE + id * 64 + i * 16;
    lh_writer_commit(stack, LH_RECORD_STACK, sizeof(*stack) + 24);
}

static void write_locks(uint32_t count)
{
    uint32_t index = 1;

    while (index <= count) {
        struct lh_trace_extent *extent =
            must(lh_writer_extent(&writer, LH_EXTENT_LOCKS, 4 * LH_UNIT, writer.next_lock, 0));
        struct lh_trace_lock *slots = (struct lh_trace_lock *)(extent + 1);
        uint32_t room = (uint32_t)((extent->size - sizeof(*extent)) / sizeof(*slots));
        for (uint32_t i = 0; i < room && index <= count; i++, index++) {
            slots[i] = (struct lh_trace_lock){
                .uid = index,
                .addr = LOCKS_AT + index * 64,
                .kind = LH_LOCK_MUTEX,
                .birth_stack = 1 + index % 1000,
                .birth_thread = 1,
                .instances = 1,
                .acquisitions = 1,
            };
        }
        writer.next_lock += room;
    }
}

/* Threads that run side by side, each with one segment. */
static void write_threads(void)
{
    for (uint32_t uid = 1; uid <= THREADS; uid++) {
        struct lh_trace_extent *extent =
            must(lh_writer_extent(&writer, LH_EXTENT_THREADS, LH_UNIT, 0, 0));
        struct lh_trace_thread *thread = (struct lh_trace_thread *)(extent + 1);
        thread->uid = uid;
        thread->tid = 1000 + uid;
        thread->held_capacity = LH_HELD_INLINE;
        thread->held_offset = lh_writer_place(extent, thread->held);
        thread->flight_slots = LH_FLIGHT_SLOTS;
        thread->flight_offset = lh_writer_place(extent, thread->flight);
        thread->state = LH_THREAD_ENDED;
        struct lh_trace_segment *segment = must(lh_writer_record(&writer, sizeof(*segment)));
        segment->id = uid;
        segment->thread = uid;
        lh_writer_commit(segment, LH_RECORD_SEGMENT, sizeof(*segment));
    }
}

static void write_dep(uint32_t id, uint32_t held, uint32_t wanted, uint32_t thread)
{
    size_t size = sizeof(struct lh_trace_dep) + sizeof(struct lh_trace_dep_held);
    struct lh_trace_dep *dep = must(lh_writer_record(&writer, size));
    struct lh_trace_seen *seen;

    dep->id = id;
    dep->lock = wanted;
    dep->stack = 1 + id % 1000;
    dep->held_count = 1;
    dep->held[0] = (struct lh_trace_dep_held){.lock = held, .stack = 1 + held % 1000};
    lh_writer_commit(dep, LH_RECORD_DEP, size);
    seen = must(lh_writer_record(&writer, sizeof(*seen)));
    seen->dep = id;
    seen->segment = thread;
    seen->count = 1;
    lh_writer_commit(seen, LH_RECORD_SEEN, sizeof(*seen));
}

static void write_deps(uint32_t count, bool ordered, uint32_t planted)
{
    uint32_t n_locks = count / LOCKS_A_DEP > FEWEST_LOCKS ? count / LOCKS_A_DEP : FEWEST_LOCKS;

    write_locks(n_locks);
    for (uint32_t id = 1; id <= count; id++) {
        uint32_t a = 1 + (uint32_t)any(n_locks), b = 1 + (uint32_t)any(n_locks - 1);
        b += b >= a;
        if (ordered && a > b) {
            uint32_t swap = a;
            a = b;
            b = swap;
        }
        write_dep(id, a, b, 1 + id % THREADS);
        if (planted && id % (count / planted) == 0)
            write_dep(count + id, b, a, 1 + (id + 1) % THREADS);
    }
}

static void write_ordered(uint64_t count)
{
    write_deps((uint32_t)count, true, 0);
}

static void write_pairs(uint64_t count)
{
    write_deps((uint32_t)count, true, PLANTED);
}

static void write_tangled(uint64_t count)
{
    write_deps((uint32_t)count, false, 0);
}

static void put_event(struct lh_trace_event *event, enum lh_event_type type, uint32_t lock)
{
    event->time_type = (now += 20) << 8 | type;
    event->lock = lock;
    event->stack = 1 + lock % 1000;
}

static void write_events(uint64_t count)
{
    uint32_t extents[THREADS] = {0};

    write_locks(EVENTED_LOCKS);
    for (uint32_t turn = 0; count; turn++) {
        uint32_t thread = turn % THREADS;
        struct lh_trace_extent *extent = must(lh_writer_extent(
            &writer, LH_EXTENT_EVENTS, EVENT_EXTENT, extents[thread]++, 1 + thread));
        struct lh_trace_event *event = (struct lh_trace_event *)(extent + 1);
        uint64_t room = (extent->size - sizeof(*extent)) / sizeof(*event) / 2;
        for (uint64_t i = 0; i < room && count; i++) {
            uint32_t lock = 1 + thread + THREADS * (uint32_t)any(EVENTED_LOCKS / THREADS);
            put_event(event++, LH_EVENT_ACQUIRE, lock);
            put_event(event++, LH_EVENT_RELEASE, lock);
            count = count > 2 ? count - 2 : 0;
        }
    }
}

static const struct {
    const char *name;
    void (*write)(uint64_t count);
    uint32_t mode;
} kinds[] = {
    {"events", write_events, LH_RECORD_FULL},
    {"ordered", write_ordered, 0},
    {"pairs", write_pairs, 0},
    {"tangled", write_tangled, 0},
};

static int write_trace(const char *kind, uint64_t count, const char *path)
{
    static const char command[] = "write_trace";

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, kind) != 0)
            continue;
        int error = lh_writer_open(&writer, path, kinds[i].mode, command, sizeof(command), false);
        if (error < 0) {
            fprintf(stderr, "write_trace: %s: %s\n", path, strerror(-error));
            return 1;
        }
        for (uint32_t id = 1; id <= 1000; id++)
            write_stack(id);
        write_threads();
        kinds[i].write(count);
        lh_writer_finish(&writer, LH_STATE_EXITED);
        return 0;
    }
    return 2;
}

int main(int argc, char **argv)
{
    uint64_t count = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;

    return count ? write_trace(argv[1], count, argv[3]) : 2;
}
