#include "watch.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "complain.h"
#include "doubt.h"
#include "family.h"
#include "pool.h"
#include "proc.h"
#include "snapshot.h"
#include "watched.h"

#define MS          UINT64_C(1000000)
#define SECOND      UINT64_C(1000000000)
#define INTERVAL    (100 * MS) /* between looks */
#define LOOKS_GRACE 4          /* in a short grace time, at least so many */
#define IDLE        30         /* after a look that cost much: rest that many times longer */
#define REST_MAX    (1 * SECOND)
#define SECONDS_MAX 1e9
#define LAST_REST   (500 * MS)
#define DEATHS      (5 * SECOND) /* what was killed is waited for that long */

struct lh_watch {
    struct lh_watch_options options;
    struct lh_watched_list list;
    pid_t pid;
    const char *on_deadlock;
    pthread_t thread;
    bool started;
    int wake; /* an eventfd: the program has ended */
    uint64_t deadline;
    struct lh_timeout timeout;
    bool timed_out;
};

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static uint64_t clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* ---- options ---- */

static bool parse_seconds(const char *flag, const char *value, void *ns)
{
    char *end;
    double seconds = strtod(value, &end);

    /* Digits and a point alone: no sign, no exponent, neither "inf" nor "nan". */
    if (*value == '\0' || value[strspn(value, "0123456789.")] != '\0' || *end != '\0' ||
        seconds > SECONDS_MAX) {
        lh_complain("--%s: %s is no number of seconds (2, or 0.5)", flag, value);
        return false;
    }
    *(uint64_t *)ns = (uint64_t)ceil(seconds * 1e9);
    return true;
}

bool lh_watch_parse_grace(const char *value, void *ns)
{
    return parse_seconds("stall-grace", value, ns);
}

bool lh_watch_parse_timeout(const char *value, void *ns)
{
    return parse_seconds("timeout", value, ns);
}

/* ---- a process that hangs ---- */

static const char *name_of(const struct lh_hang *hang)
{
    const char *slash = strrchr(lh_hang_path(hang), '/');

    return slash ? slash + 1 : lh_hang_path(hang);
}

static void tell(const struct lh_hang *hang, const char *what, bool aborts)
{
    uint32_t pid = lh_hang_header(hang)->pid;
    struct lh_proc_stat stat;
    const char *name =
        lh_proc_thread_stat(lh_hang_proc(hang), pid, &stat) == 0 ? stat.name : name_of(hang);

    if (aborts)
        lh_complain("%s [pid %u] %s; it is aborted", name, pid, what);
    else
        lh_complain("%s [pid %u] %s (look at it with gdb -p %u; Ctrl-C ends it and reports)", name,
                    pid, what, pid);
}

/* It may go on, so it is let be; whoever sits before it, and sees nothing happen, knows why. */
static void hint(struct lh_watched *watched, const char *what, const char *but)
{
    char *text;

    if (watched->hinted)
        return;
    watched->hinted = true;
    text = lh_text("%s, but %s", what, but);
    tell(watched->hang, text, false);
    free(text);
}

static void hint_at_stall(struct lh_watched *watched)
{
    const struct lh_mark *mark = lh_hang_mark(watched->hang);
    struct lh_pool *pool = lh_pool_new();
    const char *doubt = pool ? lh_doubt_text(pool, mark->doubts, mark->doubt_signals) : NULL;

    if (doubt)
        hint(watched, "may hang: all its threads wait", doubt);
    lh_pool_free(pool);
}

static bool mark(const struct lh_hang *hang, const struct lh_mark *what)
{
    int r = lh_live_mark(lh_hang_path(hang), what);

    if (r < 0)
        lh_complain("%s: that the process is stalled cannot be noted: %s", lh_hang_path(hang),
                    strerror(-r));
    return r == 0;
}

static void act(const struct lh_watch *watch, const struct lh_hang *hang, const char *what)
{
    bool exits = strcmp(watch->on_deadlock, "exit") == 0 || strcmp(watch->on_deadlock, "kill") == 0;
    bool aborts = strcmp(watch->on_deadlock, "abort") == 0;

    if (!exits)
        tell(hang, what, aborts);
    if (exits || aborts) {
        lh_live_mark_ended(lh_hang_path(hang));
        lh_proc_signal(lh_hang_proc(hang), exits ? SIGKILL : SIGABRT);
    }
}

/*
 * First the note: what the threads wait for stays in the trace as it is now. Who has heard that
 * some of them are deadlocked needs not hear that the others wait for those.
 */
static void act_on_stall(const struct lh_watch *watch, const struct lh_watched *watched)
{
    const struct lh_hang *hang = watched->hang;

    if (mark(hang, lh_hang_mark(hang)) && !watched->circled && !lh_live_told(lh_hang_live(hang)))
        act(watch, hang, "is stalled: all its threads wait, and nobody is left to wake one");
}

/* Some threads wait for each other; the report finds that in the trace. */
static void look_for_circle(const struct lh_watch *watch, struct lh_watched *watched, uint64_t now)
{
    enum lh_circling circling = LH_CIRCLE_NONE;

    if (!watched->circled)
        circling = lh_circle_look(&watched->circle, lh_hang_live(watched->hang),
                                  lh_hang_path(watched->hang), now, watch->options.grace);
    if (circling == LH_CIRCLE_IN_DOUBT)
        hint(watched, "may be deadlocked: threads wait for each other's semaphores",
             "another thread, which has posted one before, may do so again");
    if (circling != LH_CIRCLE_STANDS)
        return;
    watched->circled = true;
    act(watch, watched->hang, "is deadlocked: threads wait for each other's semaphores");
}

/* It waits no more: a debugger helped it. */
static void take_back(struct lh_watched *watched)
{
    static const struct lh_mark none;

    mark(watched->hang, &none);
    watched->told = false;
}

/* It ended while it waited, for a reason of its own, or the user's. */
static void note_doubts(const struct lh_hang *hang)
{
    if (lh_hang_mark(hang)->doubts && lh_hang_stays(hang))
        mark(hang, lh_hang_mark(hang));
}

/* false: it is gone. */
static bool look_at(const struct lh_watch *watch, struct lh_watched *watched, uint64_t now)
{
    enum lh_look look = lh_hang_look(watched->hang, now, watch->options.grace);

    if (look == LH_LOOK_GONE) {
        note_doubts(watched->hang);
        return false;
    }
    if (look == LH_LOOK_HUNG && !watched->told) {
        watched->told = true;
        act_on_stall(watch, watched);
    } else if (look != LH_LOOK_HUNG && watched->told) {
        take_back(watched);
    }
    if (look == LH_LOOK_IN_DOUBT)
        hint_at_stall(watched);
    if (look == LH_LOOK_ABLE)
        look_for_circle(watch, watched, now);
    return true;
}

static bool is_over(const struct lh_watch *watch)
{
    struct pollfd end = {.fd = watch->wake, .events = POLLIN};

    return poll(&end, 1, 0) > 0;
}

static void look_at_all(struct lh_watch *watch)
{
    struct lh_watched_list *list = &watch->list;
    size_t i = 0;

    while (i < list->n && !is_over(watch)) {
        if (look_at(watch, &list->items[i], clock_ns()))
            i++;
        else
            lh_watched_remove(list, i);
    }
}

/* ---- a run that takes too long ---- */

static void take_snapshots(struct lh_watch *watch)
{
    const struct lh_watched_list *list = &watch->list;

    for (size_t i = 0; i < list->n; i++) {
        const struct lh_hang *hang = list->items[i].hang;

        if (lh_hang_is_writer(hang))
            lh_snapshot_add(&watch->timeout, lh_hang_path(hang), lh_hang_header(hang)->pid,
                            lh_hang_proc(hang));
    }
}

/* false: it has become another program, which is not ours to kill. */
static bool kill_one(struct lh_watched *watched)
{
    watched->killed = lh_hang_is_writer(watched->hang);
    if (watched->killed) {
        lh_live_mark_ended(lh_hang_path(watched->hang));
        lh_proc_signal(lh_hang_proc(watched->hang), SIGKILL);
    }
    return watched->killed;
}

/* Returns how many of them are still there. Those that left in doubt about a stall get their note.
 */
static size_t kill_all(struct lh_watched_list *list)
{
    size_t i = 0;

    while (i < list->n) {
        struct lh_watched *watched = &list->items[i];

        /* One that is dying may have let go of its trace already. */
        if (!lh_proc_is_dead(lh_hang_proc(watched->hang)) &&
            (watched->killed || kill_one(watched))) {
            i++;
            continue;
        }
        note_doubts(watched->hang);
        lh_watched_remove(list, i);
    }
    return i;
}

/*
 * Rests between looks grow with what a look costs. Before the run is ended, what hangs gets the
 * looks that it takes to say so.
 */
static void look_for_the_last_time(struct lh_watch *watch)
{
    uint64_t pause = watch->options.grace < LAST_REST ? watch->options.grace : LAST_REST;
    struct timespec time = {.tv_nsec = (long)pause};

    if (watch->options.grace == 0)
        return;
    look_at_all(watch);
    nanosleep(&time, NULL);
    look_at_all(watch);
}

/*
 * Who descends from the program, and what left it and records. The program itself is not reaped
 * while this runs: its number is its own.
 */
static void end_run(struct lh_watch *watch)
{
    uint64_t limit = clock_ns() + DEATHS;
    struct timespec moment = {.tv_nsec = (long)(2 * MS)};
    struct lh_family family;

    watch->timed_out = true;
    watch->timeout.seconds = (double)watch->options.timeout / 1e9;
    lh_watched_find(&watch->list);
    look_for_the_last_time(watch);
    take_snapshots(watch);
    lh_family_stop(&family, watch->pid);
    lh_family_kill(&family);
    kill(watch->pid, SIGKILL); /* also where /proc hides it */
    while ((kill_all(&watch->list) > 0 || !lh_family_is_dead(&family)) && clock_ns() < limit) {
        nanosleep(&moment, NULL);
        lh_watched_find(&watch->list);
    }
    lh_family_free(&family);
}

/* ---- the thread ---- */

/* Until the next look; `cost`: what this one took of a processor. */
static uint64_t interval(const struct lh_watch *watch, uint64_t cost)
{
    uint64_t pause = watch->options.grace / LOOKS_GRACE;
    uint64_t idle = IDLE * cost < REST_MAX ? IDLE * cost : REST_MAX;

    if (pause > INTERVAL)
        pause = INTERVAL;
    return pause > idle ? pause : idle;
}

/* false: the program has ended. */
static bool rest(const struct lh_watch *watch, uint64_t pause)
{
    struct pollfd end = {.fd = watch->wake, .events = POLLIN};
    struct timespec time = {.tv_sec = (time_t)(pause / SECOND), .tv_nsec = (long)(pause % SECOND)};

    return ppoll(&end, 1, pause == UINT64_MAX ? NULL : &time, NULL) <= 0;
}

/* Returns when to look again, in ns from now. */
static uint64_t look(struct lh_watch *watch)
{
    uint64_t before = read_clock(CLOCK_THREAD_CPUTIME_ID);

    if (watch->options.grace == 0)
        return UINT64_MAX;
    lh_watched_find(&watch->list);
    look_at_all(watch);
    return interval(watch, read_clock(CLOCK_THREAD_CPUTIME_ID) - before);
}

static uint64_t time_left(const struct lh_watch *watch)
{
    uint64_t now = clock_ns();

    if (!watch->deadline)
        return UINT64_MAX;
    return now < watch->deadline ? watch->deadline - now : 0;
}

static void *run(void *data)
{
    struct lh_watch *watch = data;
    uint64_t pause, left;

    do {
        if (time_left(watch) == 0) {
            end_run(watch);
            break;
        }
        pause = look(watch);
        left = time_left(watch);
    } while (rest(watch, pause < left ? pause : left));
    return NULL;
}

/* ---- from outside ---- */

struct lh_watch *lh_watch_new(const struct lh_watch_options *options)
{
    struct lh_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return NULL;
    watch->options = *options;
    watch->wake = -1;
    if (lh_watched_init(&watch->list, options->directory, options->template) == 0)
        return watch;
    free(watch);
    return NULL;
}

void lh_watch_free(struct lh_watch *watch)
{
    if (!watch)
        return;
    lh_watched_done(&watch->list);
    lh_snapshot_done(&watch->timeout);
    free(watch);
}

/* Signals go to the main thread alone. */
static int start_thread(struct lh_watch *watch)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&watch->thread, NULL, run, watch);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

void lh_watch_start(struct lh_watch *watch, pid_t pid, const char *on_deadlock)
{
    int error = 0;

    if (!watch || (watch->options.grace == 0 && watch->options.timeout == 0))
        return;
    watch->pid = pid;
    watch->list.pid = (uint32_t)pid;
    watch->on_deadlock = on_deadlock;
    if (watch->options.timeout)
        watch->deadline = clock_ns() + watch->options.timeout;
    watch->wake = eventfd(0, EFD_CLOEXEC);
    error = watch->wake < 0 ? errno : start_thread(watch);
    watch->started = error == 0;
    if (error == 0)
        return;
    lh_complain("the program is not watched while it runs: %s", strerror(error));
    if (watch->wake >= 0)
        close(watch->wake);
}

void lh_watch_stop(struct lh_watch *watch)
{
    if (!watch || !watch->started)
        return;
    eventfd_write(watch->wake, 1);
    pthread_join(watch->thread, NULL);
    close(watch->wake);
    watch->started = false;
    for (size_t i = 0; i < watch->list.n; i++) {
        const struct lh_hang *hang = watch->list.items[i].hang;

        if (lh_proc_is_dead(lh_hang_proc(hang)))
            note_doubts(hang);
    }
}

const struct lh_timeout *lh_watch_timeout(const struct lh_watch *watch)
{
    return watch && watch->timed_out ? &watch->timeout : NULL;
}
