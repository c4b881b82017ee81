#include "timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "event_stream.h"
#include "pool.h"
#include "site.h"
#include "style.h"
#include "words.h"

#define NAME_MOST 200 /* characters of a name; a C++ name can have ten thousand */
#define NOBODY    UINT32_MAX

/* A bar that has begun and not ended: a lock held, or a wait. */
struct bar {
    uint32_t lock;
    bool wait;
    bool shared;
    uint64_t since;
    const char *name; /* what stands before the lock's name; NULL: nothing */
    uint32_t stack;
};

struct lane {
    struct bar *bars; /* the innermost last */
    size_t n, capacity;
};

/* A lock slot: several locks may have used it one after the other. */
struct slot {
    uint64_t ends_left; /* LOCK_END events still to come */
    uint64_t released;  /* ns of the last release, just inside its bar */
    uint32_t releaser;  /* lane; NOBODY */
    char *name;         /* as a JSON string, of the one that the lock table has */
};

struct timeline {
    FILE *out;
    const struct lh_process *process;
    struct lh_event_stream *stream;
    struct lane *lanes;
    struct slot *slots;
    char **sites;    /* of stacks, as JSON strings */
    uint64_t offset; /* ns from the start of the first process to that of this one */
    uint64_t last;   /* ns of the last event */
    uint64_t pid;
    uint64_t *flows; /* flows drawn so far; shared by all processes */
    bool *first;     /* nothing was written yet */
};

/* ---- writing ---- */

/* One event up to its name; the caller adds what else it has, and the brace. */
static void begin_event(const struct timeline *timeline, char phase, uint32_t lane, uint64_t ns)
{
    uint64_t time = ns + timeline->offset;

    fprintf(timeline->out,
            "%s{\"ph\":\"%c\",\"pid\":%" PRIu64 ",\"tid\":%" PRIu32 ",\"ts\":%" PRIu64 ".%03u",
            *timeline->first ? "\n" : ",\n", phase, timeline->pid,
            lh_event_stream_thread(timeline->stream, lane), time / 1000, (unsigned)(time % 1000));
    *timeline->first = false;
}

static char *json_string_of(const char *text)
{
    char *string = NULL;
    size_t size;
    FILE *stream = open_memstream(&string, &size);

    if (!stream)
        return NULL;
    lh_put_json_string(stream, text, NAME_MOST);
    if (fclose(stream) == 0)
        return string;
    free(string);
    return NULL;
}

/* Where a stack is, as a JSON string. */
static const char *site_of(struct timeline *timeline, uint32_t stack)
{
    struct lh_pool *pool;

    if (stack == LH_NO_STACK || stack >= timeline->process->n_stacks)
        return "\"?\"";
    if (!timeline->sites[stack] && (pool = lh_pool_new()) != NULL) {
        const char *text = lh_site_text(pool, timeline->process, stack);
        timeline->sites[stack] = json_string_of(text ? text : "?");
        lh_pool_free(pool);
    }
    return timeline->sites[stack] ? timeline->sites[stack] : "\"?\"";
}

static struct slot *slot_of(const struct timeline *timeline, uint32_t lock)
{
    return lock < timeline->process->n_locks ? &timeline->slots[lock] : NULL;
}

/* The name without its quotes is written into a string that is open. */
static void put_lock(struct timeline *timeline, uint32_t lock)
{
    const struct lh_lock *known = lh_process_lock(timeline->process, lock);
    struct slot *slot = slot_of(timeline, lock);
    bool last_one = slot && slot->ends_left <= ((known->flags & LH_LOCK_ENDED) ? 1 : 0);

    if (!last_one || !known->uid || !known->name || !*known->name) {
        fprintf(timeline->out, "lock %" PRIu32, lock);
        return;
    }
    if (!slot->name)
        slot->name = json_string_of(known->name);
    if (slot->name)
        fwrite(slot->name + 1, 1, strlen(slot->name) - 2, timeline->out);
}

static void put_name(struct timeline *timeline, const char *before, uint32_t lock)
{
    fprintf(timeline->out, ",\"name\":\"%s%s", before ? before : "", before && lock ? " " : "");
    if (lock)
        put_lock(timeline, lock);
    putc('"', timeline->out);
}

static void put_begin(struct timeline *timeline, uint32_t lane, uint64_t ns, const struct bar *bar,
                      bool again)
{
    begin_event(timeline, 'B', lane, ns);
    put_name(timeline, bar->name, bar->lock);
    fprintf(timeline->out, ",\"cat\":\"%s\",\"args\":{\"at\":%s", bar->wait ? "wait" : "lock",
            site_of(timeline, bar->stack));
    if (bar->shared)
        fputs(",\"mode\":\"shared\"", timeline->out);
    if (again)
        fputs(",\"continued\":true", timeline->out);
    fputs("}}", timeline->out);
}

static void put_end(struct timeline *timeline, uint32_t lane, uint64_t ns, bool for_ever)
{
    begin_event(timeline, 'E', lane, ns);
    fputs(for_ever ? ",\"args\":{\"until\":\"the end of the trace\"}}" : "}", timeline->out);
}

static void put_instant(struct timeline *timeline, const struct lh_stream_event *event,
                        const char *what, bool has_lock)
{
    begin_event(timeline, 'i', event->lane, event->ns);
    put_name(timeline, what, has_lock ? event->lock : 0);
    fprintf(timeline->out, ",\"s\":\"t\",\"args\":{\"at\":%s}}", site_of(timeline, event->stack));
}

/* ---- bars ---- */

/* Bars of a lane must nest: those above one that ends early are ended and begun again. */
static void end_bar(struct timeline *timeline, uint32_t lane_number, size_t place, uint64_t ns)
{
    struct lane *lane = &timeline->lanes[lane_number];

    for (size_t i = lane->n; i-- > place;)
        put_end(timeline, lane_number, ns, false);
    lane->n--;
    memmove(&lane->bars[place], &lane->bars[place + 1], (lane->n - place) * sizeof(*lane->bars));
    for (size_t i = place; i < lane->n; i++)
        put_begin(timeline, lane_number, ns, &lane->bars[i], true);
}

static int begin_bar(struct timeline *timeline, const struct lh_stream_event *event,
                     const char *name, bool wait)
{
    struct lane *lane = &timeline->lanes[event->lane];
    struct bar bar = {
        .lock = event->lock,
        .wait = wait,
        .shared = event->type == LH_EVENT_ACQUIRE_SHARED,
        .since = event->ns,
        .name = name,
        .stack = event->stack,
    };

    if (lh_grow(&lane->bars, &lane->capacity, lane->n + 1, sizeof(bar)) < 0)
        return -ENOMEM;
    lane->bars[lane->n++] = bar;
    put_begin(timeline, event->lane, event->ns, &bar, false);
    return 0;
}

/* The innermost bar of the kind; with a lock of 0, of any lock. NULL: there is none. */
static const struct bar *find_bar(const struct lane *lane, uint32_t lock, bool wait)
{
    for (size_t i = lane->n; i-- > 0;)
        if (lane->bars[i].wait == wait && (lock == 0 || lane->bars[i].lock == lock))
            return &lane->bars[i];
    return NULL;
}

static bool end_wait(struct timeline *timeline, const struct lh_stream_event *event)
{
    const struct lane *lane = &timeline->lanes[event->lane];
    const struct bar *wait = find_bar(lane, 0, true);

    if (!wait)
        return false;
    end_bar(timeline, event->lane, (size_t)(wait - lane->bars), event->ns);
    return true;
}

/* ---- arrows ---- */

/* An arrow starts inside the bar that it comes from: at the very end viewers find no bar. */
static void note_release(struct timeline *timeline, uint32_t lane, const struct bar *bar,
                         uint64_t ns)
{
    struct slot *slot = slot_of(timeline, bar->lock);

    if (!slot)
        return;
    slot->releaser = lane;
    slot->released = ns > bar->since ? ns - 1 : bar->since;
}

static void put_flow(struct timeline *timeline, char phase, uint32_t lane, uint64_t ns)
{
    begin_event(timeline, phase, lane, ns);
    fprintf(timeline->out, ",\"id\":%" PRIu64 ",\"name\":\"hand-over\",\"cat\":\"lock\"%s}",
            *timeline->flows, phase == 'f' ? ",\"bp\":\"e\"" : "");
}

static void draw_flow(struct timeline *timeline, const struct lh_stream_event *event)
{
    struct slot *slot = slot_of(timeline, event->lock);

    if (!slot || slot->releaser == NOBODY || slot->releaser == event->lane)
        return;
    ++*timeline->flows;
    put_flow(timeline, 's', slot->releaser, slot->released);
    put_flow(timeline, 'f', event->lane, event->ns);
    /* Readers that follow each other all come after the writer; only the first is drawn. */
    slot->releaser = NOBODY;
}

/* ---- events ---- */

static int acquire(struct timeline *timeline, const struct lh_stream_event *event)
{
    int r;

    end_wait(timeline, event);
    r = begin_bar(timeline, event, NULL, false);
    draw_flow(timeline, event);
    return r;
}

/* A lock may be released by another thread than the one that took it. */
static void release(struct timeline *timeline, const struct lh_stream_event *event)
{
    size_t n = lh_event_stream_lanes(timeline->stream);

    for (size_t i = 0; i < n; i++) {
        uint32_t number = (uint32_t)((event->lane + i) % n);
        const struct lane *lane = &timeline->lanes[number];
        const struct bar *bar = find_bar(lane, event->lock, false);

        if (!bar)
            continue;
        note_release(timeline, number, bar, event->ns);
        end_bar(timeline, number, (size_t)(bar - lane->bars), event->ns);
        return;
    }
}

static void lock_ended(struct timeline *timeline, const struct lh_stream_event *event)
{
    struct slot *slot = slot_of(timeline, event->lock);

    put_instant(timeline, event, "end of", event->lock != 0);
    if (!slot)
        return;
    slot->releaser = NOBODY;
    if (slot->ends_left > 0)
        slot->ends_left--;
}

static int draw(struct timeline *timeline, const struct lh_stream_event *event)
{
    switch (event->type) {
    case LH_EVENT_ACQUIRE:
    case LH_EVENT_ACQUIRE_SHARED:
        return acquire(timeline, event);
    case LH_EVENT_RELEASE:
        release(timeline, event);
        break;
    case LH_EVENT_BLOCK:
    case LH_EVENT_COND_WAIT:
        return begin_bar(timeline, event, "wait for", true);
    case LH_EVENT_BARRIER_ARRIVE:
        return begin_bar(timeline, event, "wait at", true);
    case LH_EVENT_COND_WAKE:
    case LH_EVENT_BARRIER_LEAVE:
        end_wait(timeline, event);
        break;
    case LH_EVENT_TRY_FAILED:
        if (!end_wait(timeline, event))
            put_instant(timeline, event, "did not get", true);
        break;
    case LH_EVENT_ONCE_ENTER:
        return begin_bar(timeline, event, "once", false);
    case LH_EVENT_ONCE_LEAVE:
        release(timeline, event);
        break;
    case LH_EVENT_SEM_TAKEN:
        end_wait(timeline, event);
        put_instant(timeline, event, "took", true);
        break;
    case LH_EVENT_COND_SIGNAL:
        put_instant(timeline, event, "signal", true);
        break;
    case LH_EVENT_COND_BROADCAST:
        put_instant(timeline, event, "broadcast", true);
        break;
    case LH_EVENT_SEM_POST:
        put_instant(timeline, event, "post", true);
        break;
    case LH_EVENT_THREAD_CREATE:
        put_instant(timeline, event, "create a thread", false);
        break;
    case LH_EVENT_THREAD_JOIN:
        put_instant(timeline, event, "joined a thread", false);
        break;
    case LH_EVENT_THREAD_START:
        put_instant(timeline, event, "start", false);
        break;
    case LH_EVENT_THREAD_END:
        put_instant(timeline, event, "end", false);
        break;
    case LH_EVENT_LOCK_INIT:
        put_instant(timeline, event, "init", event->lock != 0);
        break;
    case LH_EVENT_LOCK_END:
        lock_ended(timeline, event);
        break;
    case LH_EVENT_FORK:
        put_instant(timeline, event, "fork", false);
        break;
    default: /* of a later version */
        break;
    }
    return 0;
}

/* ---- a process ---- */

static void put_metadata(struct timeline *timeline, const char *what, uint32_t thread,
                         const char *value)
{
    fprintf(timeline->out,
            "%s{\"ph\":\"M\",\"pid\":%" PRIu64 ",\"tid\":%" PRIu32
            ",\"name\":\"%s\",\"args\":{\"name\":",
            *timeline->first ? "\n" : ",\n", timeline->pid, thread, what);
    *timeline->first = false;
    lh_put_json_string(timeline->out, value, NAME_MOST);
    fputs("}}", timeline->out);
}

static void put_names(struct timeline *timeline)
{
    const struct lh_process *process = timeline->process;

    put_metadata(timeline, "process_name", 0, process->argc > 0 ? process->argv[0] : "?");
    for (size_t lane = 0; lane < lh_event_stream_lanes(timeline->stream); lane++) {
        uint32_t uid = lh_event_stream_thread(timeline->stream, lane);
        const struct lh_thread *thread = lh_process_thread(process, uid);
        char label[LH_THREAD_LABEL], *name = NULL;

        if (asprintf(&name, "%s (tid %" PRIu32 ")", lh_thread_label(thread, uid, label),
                     thread->tid) < 0)
            continue;
        put_metadata(timeline, "thread_name", uid, name);
        free(name);
        fprintf(timeline->out,
                ",\n{\"ph\":\"M\",\"pid\":%" PRIu64 ",\"tid\":%" PRIu32
                ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":%" PRIu32 "}}",
                timeline->pid, uid, uid);
    }
}

static void count_ends(struct timeline *timeline)
{
    struct lh_stream_event event;

    while (lh_event_stream_next(timeline->stream, &event)) {
        struct slot *slot = slot_of(timeline, event.lock);

        if (slot && event.type == LH_EVENT_LOCK_END)
            slot->ends_left++;
        timeline->last = event.ns;
    }
    lh_event_stream_rewind(timeline->stream);
}

static int draw_all(struct timeline *timeline)
{
    struct lh_stream_event event;
    int r = 0;

    put_names(timeline);
    count_ends(timeline);
    while (r == 0 && !ferror(timeline->out) && lh_event_stream_next(timeline->stream, &event))
        r = draw(timeline, &event);
    for (uint32_t i = 0; i < lh_event_stream_lanes(timeline->stream); i++)
        for (; timeline->lanes[i].n > 0; timeline->lanes[i].n--)
            put_end(timeline, i, timeline->last, true);
    return r;
}

static int prepare(struct timeline *timeline)
{
    const struct lh_process *process = timeline->process;
    size_t lanes = lh_event_stream_lanes(timeline->stream);

    timeline->lanes = calloc(lanes + 1, sizeof(*timeline->lanes));
    timeline->slots = calloc(process->n_locks + 1, sizeof(*timeline->slots));
    timeline->sites = calloc(process->n_stacks + 1, sizeof(*timeline->sites));
    if (!timeline->lanes || !timeline->slots || !timeline->sites)
        return -ENOMEM;
    for (size_t i = 0; i < process->n_locks; i++)
        timeline->slots[i].releaser = NOBODY;
    return 0;
}

static void clean_up(struct timeline *timeline)
{
    for (size_t i = 0; timeline->lanes && i < lh_event_stream_lanes(timeline->stream); i++)
        free(timeline->lanes[i].bars);
    for (size_t i = 0; timeline->slots && i < timeline->process->n_locks; i++)
        free(timeline->slots[i].name);
    for (size_t i = 0; timeline->sites && i < timeline->process->n_stacks; i++)
        free(timeline->sites[i]);
    free(timeline->lanes);
    free(timeline->slots);
    free(timeline->sites);
    lh_event_stream_close(timeline->stream);
}

/* Two programs that one process ran, one after the other, have the same number. */
static uint64_t distinct_pid(const struct lh_model *model, size_t number)
{
    uint64_t pid = model->processes[number]->pid;

    for (size_t i = 0; i < number; i++)
        if (model->processes[i]->pid == model->processes[number]->pid)
            pid += UINT64_C(10000000);
    return pid;
}

static uint64_t first_start(const struct lh_model *model)
{
    uint64_t first = UINT64_MAX;

    for (size_t i = 0; i < model->n_processes; i++)
        if (model->processes[i]->start_realtime < first)
            first = model->processes[i]->start_realtime;
    return first;
}

int lh_report_timeline(const struct lh_model *model, FILE *out, const char **ret_why)
{
    uint64_t flows = 0, start = first_start(model);
    bool first = true;
    int r = 0;

    fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"lockhound\":\"" LH_VERSION
          "\"},\"traceEvents\":[",
          out);
    for (size_t i = 0; i < model->n_processes && r == 0; i++) {
        struct timeline timeline = {
            .out = out,
            .process = model->processes[i],
            .offset = model->processes[i]->start_realtime - start,
            .pid = distinct_pid(model, i),
            .flows = &flows,
            .first = &first,
        };
        r = lh_event_stream_open(timeline.process->path, timeline.process->ns_per_tick,
                                 &timeline.stream, ret_why);
        if (r < 0)
            break;
        r = prepare(&timeline);
        if (r == 0)
            r = draw_all(&timeline);
        clean_up(&timeline);
    }
    fputs("\n]}\n", out);
    return r != 0 ? r : lh_finish(out);
}
