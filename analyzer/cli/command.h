/*
 * The subcommands of `lockhound`: one file each (cmd_*.c), one row each in main.c.
 */
#ifndef LH_CLI_COMMAND_H
#define LH_CLI_COMMAND_H

#include "options.h"

/* Exit statuses of DESIGN.md section 7. */
enum {
    LH_EXIT_FINDINGS = LH_STATUS_FINDINGS,
    LH_EXIT_TIMEOUT = 124, /* as timeout(1) has it */
    LH_EXIT_FAILED = 125,
    LH_EXIT_NOT_EXECUTABLE = 126,
    LH_EXIT_NOT_FOUND = 127,
    LH_EXIT_SIGNAL = 128, /* and the signal's number */
};

struct lh_command {
    const char *name;
    const char *synopsis; /* what follows the name: "[OPTION]... [--] PROGRAM [ARG]..." */
    const char *summary;  /* one line */
    const char *details;  /* what else --help says, after the options: notes and examples */
    /* argv[0] is the command's name. Returns the exit status. */
    int (*run)(const struct lh_command *command, int argc, char **argv);
};

extern const struct lh_command lh_command_run;
extern const struct lh_command lh_command_record;
extern const struct lh_command lh_command_report;
extern const struct lh_command lh_command_graph;
extern const struct lh_command lh_command_locks;
extern const struct lh_command lh_command_baseline;
extern const struct lh_command lh_command_diff;
extern const struct lh_command lh_command_explain;
extern const struct lh_command lh_command_timeline;

#endif
