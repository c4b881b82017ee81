/*
 * Counts what a full trace holds: "what kind count" a line. `what` is an event, with the kind of
 * its lock, with "thread" when it names a thread that there is, or "-"; or a record: lock-name,
 * child, unload; or "lock-born" for locks whose init call was seen and "lock-ended" for those that
 * are gone; or "thread-name NAME".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

enum { LINES = 512 };

static struct {
    char text[64];
    unsigned count;
} lines[LINES];
static size_t n_lines;

enum { THREADS = 64 };

static uint32_t threads[THREADS]; /* uids */
static size_t n_threads;

static struct lh_trace_lock *locks;
static size_t n_locks;

static void count(const char *what, const char *kind)
{
    char text[sizeof(lines[0].text)];
    size_t i = 0;

    snprintf(text, sizeof(text), "%s %s", what, kind);
    while (i < n_lines && strcmp(lines[i].text, text) != 0)
        i++;
    if (i == LINES)
        abort();
    if (i == n_lines)
        memcpy(lines[n_lines++].text, text, sizeof(text));
    lines[i].count++;
}

static const char *event_name(unsigned type)
{
    switch (type) {
#define EVENT(name, number, text) \
    case number:                  \
        return text;
#include "events.def"
#undef EVENT
    }
    return "unknown";
}

static bool event_names_thread(unsigned type)
{
    return type == LH_EVENT_THREAD_CREATE || type == LH_EVENT_THREAD_JOIN ||
           type == LH_EVENT_THREAD_START || type == LH_EVENT_THREAD_END || type == LH_EVENT_FORK;
}

static const char *kind_name(uint32_t index)
{
    static const char *const names[LH_LOCK_KINDS] = {
        [0] = "none",
        [LH_LOCK_MUTEX] = "mutex",
        [LH_LOCK_RWLOCK] = "rwlock",
        [LH_LOCK_SPIN] = "spin",
        [LH_LOCK_SEMAPHORE] = "semaphore",
        [LH_LOCK_COND] = "cond",
        [LH_LOCK_BARRIER] = "barrier",
        [LH_LOCK_ONCE] = "once",
        [LH_LOCK_FUTEX] = "futex",
    };
    const struct lh_trace_lock *lock = index < n_locks ? &locks[index] : NULL;

    if (!lock || lock->kind >= LH_LOCK_KINDS)
        return "none";
    if (lock->flags & LH_LOCK_C11)
        return lock->kind == LH_LOCK_MUTEX ? "c11-mutex" : "c11-cond";
    return names[lock->kind];
}

static const char *thread_name(uint32_t uid)
{
    for (size_t i = 0; i < n_threads; i++) {
        if (threads[i] == uid)
            return "thread";
    }
    return "-";
}

static void read_locks(struct lh_reader *reader, const struct lh_extent *extent)
{
    size_t slots = lh_reader_lock_slots(reader, extent);

    if (extent->first_index + slots > n_locks) {
        size_t before = n_locks;

        n_locks = extent->first_index + slots;
        locks = reallocarray(locks, n_locks, sizeof(*locks));
        if (!locks)
            abort();
        memset(&locks[before], 0, (n_locks - before) * sizeof(*locks));
    }
    for (size_t i = 0; i < slots; i++)
        lh_reader_lock_slot(reader, extent, i, &locks[extent->first_index + i]);
}

static void count_locks(void)
{
    for (size_t i = 0; i < n_locks; i++) {
        if (locks[i].uid == 0)
            continue;
        if (locks[i].flags & LH_LOCK_INIT_SEEN)
            count("lock-born", kind_name((uint32_t)i));
        if (locks[i].flags & LH_LOCK_ENDED)
            count("lock-ended", kind_name((uint32_t)i));
    }
}

static void count_events(const struct lh_extent *extent)
{
    size_t n;
    const struct lh_trace_event *events = lh_reader_events(extent, &n);

    for (size_t i = 0; i < n; i++) {
        unsigned type = events[i].time_type & 0xff;

        count(event_name(type),
              event_names_thread(type) ? thread_name(events[i].lock) : kind_name(events[i].lock));
    }
}

static void count_record(const struct lh_record *record)
{
    if (record->dead)
        return;
    if (record->type == LH_RECORD_CHILD)
        count("child", "-");
    if (record->type == LH_RECORD_UNLOAD)
        count("unload", "-");
    if (record->type == LH_RECORD_NAME)
        count("lock-name", kind_name(((const struct lh_trace_name *)record->record)->lock));
}

/* A thread is told of by its slot, by a record, or by both. */
static void add_thread(uint32_t uid, const char *from)
{
    char name[LH_THREAD_NAME + 1] = "";

    for (size_t i = 0; i < n_threads; i++) {
        if (threads[i] == uid)
            return;
    }
    if (n_threads == THREADS)
        return;
    threads[n_threads++] = uid;
    memcpy(name, from, LH_THREAD_NAME);
    count("thread-name", name);
}

static void read_thread(struct lh_reader *reader, const struct lh_extent *extent)
{
    struct lh_trace_thread thread;

    if (lh_reader_thread_slot(reader, extent, &thread) && thread.state != LH_THREAD_FREE)
        add_thread(thread.uid, thread.name);
}

static void read_thread_records(struct lh_reader *reader, const struct lh_extent *extent)
{
    struct lh_record record;
    size_t position = 0;

    while (lh_reader_next_record(reader, extent, &position, &record)) {
        const struct lh_trace_thread_info *info = (const void *)record.record;
        if (!record.dead && record.type == LH_RECORD_THREAD)
            add_thread(info->uid, info->name);
    }
}

static void count_extent(struct lh_reader *reader, const struct lh_extent *extent)
{
    struct lh_record record;
    size_t position = 0;

    if (extent->type == LH_EXTENT_EVENTS)
        count_events(extent);
    while (extent->type == LH_EXTENT_LOG &&
           lh_reader_next_record(reader, extent, &position, &record))
        count_record(&record);
}

int main(int argc, char **argv)
{
    struct lh_reader *reader;
    struct lh_extent extent;
    const char *why = "";
    uint64_t position;

    if (argc != 2 || lh_reader_open(argv[1], &reader, &why) != 0) {
        fprintf(stderr, "evidence: %s\n", why);
        return 2;
    }
    for (position = 0; lh_reader_next_extent(reader, &position, &extent);) {
        if (extent.type == LH_EXTENT_LOCKS)
            read_locks(reader, &extent);
        if (extent.type == LH_EXTENT_THREADS)
            read_thread(reader, &extent);
    }
    for (position = 0; lh_reader_next_extent(reader, &position, &extent);) {
        if (extent.type == LH_EXTENT_LOG)
            read_thread_records(reader, &extent);
    }
    count_locks();
    for (position = 0; lh_reader_next_extent(reader, &position, &extent);)
        count_extent(reader, &extent);
    for (size_t i = 0; i < n_lines; i++)
        printf("%s %u\n", lines[i].text, lines[i].count);
    lh_reader_close(reader);
    free(locks);
    return 0;
}
