/* Runs a program with the shim preloaded and waits for it. */
#ifndef LH_CLI_LAUNCH_H
#define LH_CLI_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"
#include "watch.h"

/* Is the program's memory watched, too? That takes a program compiled with -fsanitize=thread. */
enum lh_race_mode {
    LH_RACE_MODE_AUTO, /* if the program, or a library that it needs, is such a one */
    LH_RACE_MODE_ON,   /* the programs that it starts may be */
    LH_RACE_MODE_OFF,
};

struct lh_launch {
    char *path;    /* of the program */
    char *library; /* of the shim */
    char *race;    /* of the race detector's library; NULL: it is not needed */
    char *deletes; /* of what stands before an allocator's operator delete; NULL as well */
    char **argv;   /* not owned; NULL at the end */
    int argc;
};

/*
 * Check that argv[0] can be run and recorded. Returns 0, or the exit status after a complaint.
 */
int lh_launch_prepare(struct lh_launch *ret, enum lh_race_mode race, int argc, char **argv);
/* The value of --race; to: enum lh_race_mode. Complains and returns false. */
bool lh_launch_race(const char *value, void *to);

#define LH_LAUNCH_RACE_FLAG(race)                                        \
    {                                                                    \
        LH_FLAG_PARSE, "race", 0, "WHEN",                                \
            "find data races: auto (default: in programs compiled with " \
            "-fsanitize=thread), on or off",                             \
            &(race), lh_launch_race                                      \
    }
void lh_launch_free(struct lh_launch *launch);

/* What the command decides about the recording. */
struct lh_recording {
    const char *output; /* absolute template of the trace */
    bool full;
    const char *on_deadlock; /* NULL: as the user or the shim has it */
    struct lh_watch *watch;  /* NULL: it is not watched while it runs */
    const char *survivors;   /* what becomes of processes that go on in the background */
};

/*
 * Run it with traces at the output template. While it runs, SIGTERM, SIGHUP, SIGUSR1 and
 * SIGUSR2 are passed on to it, and SIGINT and SIGQUIT are its own business: the terminal sends them
 * to it too. A second SIGINT or SIGTERM, a second or more after the first, kills it. Returns 0 and
 * how it ended, or the exit status after a complaint.
 */
int lh_launch(const struct lh_launch *launch, const struct lh_recording *recording,
              struct lh_run *ret);

#endif
