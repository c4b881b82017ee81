#include "hang.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sleepers.h"

struct lh_hang {
    char *path;
    char *real_path; /* as the kernel names the file */
    struct lh_live *live;
    struct lh_proc *proc;
    enum lh_look state; /* ABLE, WAITING, HUNG or IN_DOUBT */
    uint64_t since;     /* WAITING: since when, in ns */
    struct lh_mark mark;
    struct lh_sleepers sleepers;
};

/* All may put traces where root's are (LH_FOLDER_OF_ROOT), and write there whatever process they
 * like: then it must be their own. */
static bool is_of_owner(const struct lh_hang *hang)
{
    uint32_t owner = lh_live_owner(hang->live);
    struct lh_proc_status status;

    return owner == geteuid() ||
           (lh_proc_read_status(hang->proc, &status) == 0 && status.user == owner);
}

static int begin(struct lh_hang *hang, const char *path)
{
    char *real;
    int r = lh_live_open(path, &hang->live);

    if (r == 0)
        r = lh_proc_open(lh_live_header(hang->live)->pid, &hang->proc);
    if (r == 0 && !is_of_owner(hang))
        r = -EPERM;
    if (r < 0)
        return r;
    real = realpath(path, NULL);
    hang->path = strdup(path);
    hang->real_path = real ? real : strdup(path);
    return hang->path && hang->real_path ? 0 : -ENOMEM;
}

int lh_hang_new(const char *path, struct lh_hang **ret)
{
    struct lh_hang *hang = calloc(1, sizeof(*hang));
    int r;

    if (!hang)
        return -ENOMEM;
    hang->state = LH_LOOK_ABLE;
    r = begin(hang, path);
    if (r < 0)
        lh_hang_free(hang);
    else
        *ret = hang;
    return r;
}

void lh_hang_free(struct lh_hang *hang)
{
    if (!hang)
        return;
    lh_live_close(hang->live);
    lh_proc_close(hang->proc);
    free(hang->path);
    free(hang->real_path);
    free(hang->sleepers.items);
    free(hang);
}

const struct lh_mark *lh_hang_mark(const struct lh_hang *hang)
{
    return &hang->mark;
}

const char *lh_hang_path(const struct lh_hang *hang)
{
    return hang->path;
}

const struct lh_trace_header *lh_hang_header(const struct lh_hang *hang)
{
    return lh_live_header(hang->live);
}

const struct lh_live *lh_hang_live(const struct lh_hang *hang)
{
    return hang->live;
}

const struct lh_proc *lh_hang_proc(const struct lh_hang *hang)
{
    return hang->proc;
}

bool lh_hang_stays(const struct lh_hang *hang)
{
    return (hang->state == LH_LOOK_HUNG || hang->state == LH_LOOK_IN_DOUBT) &&
           lh_sleepers_stay(&hang->sleepers, hang->live);
}

/* ---- the memory of the process ---- */

struct maps {
    const struct lh_hang *hang;
    bool has_trace;
    bool reaches; /* another process can reach what a thread waits for */
};

static bool is_reachable_in(const struct lh_sleeper *sleeper, const struct lh_proc_map *map)
{
    return sleeper->met && sleeper->reachable && sleeper->object >= map->start &&
           sleeper->object < map->end;
}

static void visit_map(const struct lh_proc_map *map, void *data)
{
    struct maps *maps = data;
    const struct lh_hang *hang = maps->hang;

    if (!map->shared)
        return;
    /* The number of the device is not to be compared: some file systems show two. */
    if (map->inode == lh_live_inode(hang->live) || strcmp(map->path, hang->real_path) == 0)
        maps->has_trace = true;
    for (size_t i = 0; i < hang->sleepers.n && !maps->reaches; i++)
        maps->reaches = is_reachable_in(&hang->sleepers.items[i], map);
}

bool lh_hang_is_writer(const struct lh_hang *hang)
{
    struct maps maps = {.hang = hang};

    return lh_proc_each_map(hang->proc, visit_map, &maps) == 0 && maps.has_trace;
}

/* ---- the verdict ---- */

#define BIT(number) (UINT64_C(1) << ((number)-1))
/* Signals that answer to what a thread itself does, and those of the C library. */
#define HARMLESS                                                                            \
    (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) | \
     BIT(SIGSYS) | BIT(32) | BIT(33))

static uint32_t doubts_of_threads(const struct lh_sleepers *sleepers)
{
    uint32_t doubts = 0;

    for (size_t i = 0; i < sleepers->n; i++) {
        const struct lh_sleeper *sleeper = &sleepers->items[i];

        if (sleeper->met && !sleeper->recorded)
            doubts |= LH_DOUBT_UNRECORDED;
        if (sleeper->met && sleeper->unseen)
            doubts |= LH_DOUBT_UNSEEN;
    }
    return doubts;
}

/* Who may wake a thread nevertheless. GONE: it is not the process that writes the trace. */
static enum lh_look weigh(struct lh_hang *hang, const struct lh_proc_status *status, uint64_t now)
{
    struct maps maps = {.hang = hang};
    struct lh_mark mark = {.doubt_signals = status->handled & ~HARMLESS};
    int r = lh_proc_each_map(hang->proc, visit_map, &maps);

    /* CPython's own handler, which is always there, leaves a note for the code that runs. */
    if (lh_hang_header(hang)->mode & LH_RECORD_PYTHON)
        mark.doubt_signals &= ~BIT(SIGINT);

    if (r == -ESRCH || (r == 0 && !maps.has_trace))
        return LH_LOOK_GONE;
    mark.doubts = doubts_of_threads(&hang->sleepers);
    if (r < 0)
        mark.doubts |= LH_DOUBT_UNSEEN;
    if (maps.reaches || lh_proc_shares_memory(hang->proc))
        mark.doubts |= LH_DOUBT_SHARED;
    if (mark.doubt_signals)
        mark.doubts |= LH_DOUBT_HANDLER;
    if (!mark.doubts)
        mark.stalled_ns = now;
    hang->mark = mark;
    return mark.doubts ? LH_LOOK_IN_DOUBT : LH_LOOK_HUNG;
}

/* A thread that was created during the look is seen by the number of threads. */
static enum lh_look judge(struct lh_hang *hang, uint64_t now)
{
    struct lh_proc_status status;
    size_t n;
    int r;

    if (!lh_sleepers_are_asleep(&hang->sleepers, hang->live, hang->proc, &n))
        return LH_LOOK_ABLE;
    r = lh_proc_read_status(hang->proc, &status);
    if (r < 0)
        return r == -ESRCH ? LH_LOOK_GONE : LH_LOOK_ABLE;
    /* A debugger decides what goes on. */
    if (status.tracer || status.threads != n)
        return LH_LOOK_ABLE;
    return weigh(hang, &status, now);
}

/* ---- looking ---- */

static enum lh_look able_or_gone(const struct lh_hang *hang)
{
    return lh_proc_is_dead(hang->proc) ? LH_LOOK_GONE : LH_LOOK_ABLE;
}

/* All waited at the last look. Returns ABLE when one of them went on. */
static enum lh_look look_again(struct lh_hang *hang, uint64_t now, uint64_t grace)
{
    if (!lh_sleepers_stay(&hang->sleepers, hang->live))
        return LH_LOOK_ABLE;
    if (lh_proc_is_dead(hang->proc))
        return LH_LOOK_GONE;
    if (hang->state != LH_LOOK_WAITING || now - hang->since < grace)
        return hang->state;
    return judge(hang, now);
}

static enum lh_look look_first(struct lh_hang *hang, uint64_t now)
{
    size_t n;

    if (!lh_sleepers_collect(&hang->sleepers, hang->live, hang->proc))
        return LH_LOOK_ABLE;
    if (!lh_sleepers_are_asleep(&hang->sleepers, hang->live, hang->proc, &n))
        return able_or_gone(hang);
    hang->since = now;
    return LH_LOOK_WAITING;
}

enum lh_look lh_hang_look(struct lh_hang *hang, uint64_t now, uint64_t grace)
{
    int running = lh_live_refresh(hang->live);
    enum lh_look look = LH_LOOK_ABLE;

    if (running != LH_STATE_RUNNING)
        look = able_or_gone(hang);
    else if (hang->state != LH_LOOK_ABLE)
        look = look_again(hang, now, grace);
    /* What was found stays: the last word of one that is gone. */
    if (look == LH_LOOK_GONE)
        return look;
    if (look == LH_LOOK_ABLE) {
        hang->mark = (struct lh_mark){0};
        if (running == LH_STATE_RUNNING)
            look = look_first(hang, now);
    }
    if (look != LH_LOOK_GONE)
        hang->state = look;
    return look;
}
