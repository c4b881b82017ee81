/*
 * Watches a running program and all processes that it starts, from a thread of its own: finds those
 * that hang (hang.h) and acts, and ends a run that takes too long.
 *
 *     lh_watch_new()    before the program starts
 *     lh_watch_start()  when it runs: the thread begins. It takes no signals
 *     lh_watch_stop()   when it has ended and is not reaped yet: the thread is over after that
 *     lh_watch_timeout()
 *     lh_watch_free()
 *
 * The main thread calls these; it must not fork while the thread runs.
 */
#ifndef LH_CLI_WATCH_H
#define LH_CLI_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "report.h"

struct lh_watch;

struct lh_watch_options {
    uint64_t grace;   /* ns; 0: hangs are not looked for */
    uint64_t timeout; /* ns; 0: none */
    /* Where the traces are: one of these. */
    const char *directory; /* of this run alone */
    const char *template;  /* absolute; others may write there too */
};

#define LH_GRACE_DEFAULT UINT64_C(2000000000)
/* Rows of a table of flags; `options` is a struct lh_watch_options. */
#define LH_GRACE_FLAG(grace)                                                              \
    {                                                                                     \
        LH_FLAG_PARSE, "stall-grace", 0, "SEC",                                           \
            "when all threads have waited so long, it is stalled (default: 2; 0: never)", \
            &(grace), lh_watch_parse_grace                                                \
    }
#define LH_WATCH_FLAGS(options)                                                                  \
    LH_GRACE_FLAG((options).grace),                                                              \
    {                                                                                            \
        LH_FLAG_PARSE, "timeout", 0, "SEC", "end the run after that time, with exit status 124", \
            &(options).timeout, lh_watch_parse_timeout                                           \
    }

/* Values of --stall-grace and --timeout, seconds to ns. Complain and return false. */
bool lh_watch_parse_grace(const char *value, void *ns);
bool lh_watch_parse_timeout(const char *value, void *ns);

struct lh_watch *lh_watch_new(const struct lh_watch_options *options);
void lh_watch_free(struct lh_watch *watch);

/* `on_deadlock`: as in trace/options.def; exit and kill are one. Complains when it cannot watch. */
void lh_watch_start(struct lh_watch *watch, pid_t pid, const char *on_deadlock);
void lh_watch_stop(struct lh_watch *watch);

/* What the program did when its time was over; NULL: it ended in time. Lives as long as `watch`. */
const struct lh_timeout *lh_watch_timeout(const struct lh_watch *watch);

#endif
