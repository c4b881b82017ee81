/* lockhound run: record a program, wait for its end, report. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "flags.h"
#include "launch.h"
#include "reporting.h"
#include "trace_place.h"
#include "traces.h"

struct run {
    struct lh_reporting reporting;
    const char *trace;
    struct lh_recording recording;
    enum lh_race_mode race;
    char *keep; /* trace, made absolute */
    struct lh_launch launch;
    struct lh_trace_directory directory;
    struct lh_watch_options watch;
};

static void load_all(const struct run *run, struct lh_analysis *analysis)
{
    struct lh_traces traces = {0};
    int r = lh_traces_add_directory(&traces, run->directory.path);

    if (r < 0)
        lh_complain("%s: %s", run->directory.path, strerror(-r));
    for (size_t i = 0; i < traces.n; i++)
        lh_analysis_load(analysis, traces.paths[i]);
    lh_traces_free(&traces);
}

/* It may be another by now that has its number: what it ended by tells. */
static bool was_ended(const struct lh_model *model, const struct lh_run *ended)
{
    if (ended->timeout)
        return true;
    for (size_t i = 0; i < model->n_processes; i++)
        if (model->processes[i]->ended_by_us && (int)model->processes[i]->pid == ended->pid)
            return ended->exit > LH_EXIT_SIGNAL;
    return false;
}

/* Where nothing fails, a program that did not come to its end must not pass in silence. */
static void tell_ended(const struct lh_model *model, const struct lh_run *ended)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        const struct lh_process *process = model->processes[i];

        if (process->ended_by_us)
            lh_complain("%s [pid %" PRIu32 "]: hung, and was ended; what it hung in is known or "
                        "not at gate level, so the exit status is the program's: %d",
                        process->argc ? process->argv[0] : "?", process->pid, ended->exit);
    }
}

static int report(struct run *run, struct lh_analysis *analysis, struct lh_run *ended)
{
    int status;

    load_all(run, analysis);
    ended->ended_by_us = was_ended(analysis->model, ended);
    if (analysis->model->n_processes == 0) {
        lh_complain("%s: nothing was recorded (does it clear LD_PRELOAD, or work through sudo, a "
                    "container or a server?)",
                    run->launch.argv[0]);
        lh_reporting_discard(&run->reporting);
        return LH_EXIT_FAILED;
    }
    status = lh_reporting_report(&run->reporting, analysis, ended);
    if (run->keep && !lh_trace_directory_keep(analysis->model, run->keep))
        status = LH_EXIT_FAILED;
    if (status == 0 && analysis->unreadable > 0)
        status = LH_EXIT_FAILED;
    if (status != 0)
        return status;
    if (!ended->timeout)
        tell_ended(analysis->model, ended);
    return ended->timeout ? LH_EXIT_TIMEOUT : ended->exit;
}

static int run_program(struct run *run)
{
    struct lh_analysis analysis = {0};
    struct lh_run ended = {0};
    int status;

    run->recording.output = run->directory.template;
    run->watch.directory = run->directory.path;
    run->recording.watch = lh_watch_new(&run->watch);
    status = lh_launch(&run->launch, &run->recording, &ended);
    if (status != 0)
        lh_reporting_discard(&run->reporting);
    else if (lh_analysis_begin(&analysis))
        status = report(run, &analysis, &ended);
    else
        status = LH_EXIT_FAILED;
    lh_analysis_end(&analysis);
    lh_watch_free(run->recording.watch);
    return status;
}

/* All that can go wrong before the program runs goes wrong here. */
static int prepare(struct run *run, int argc, char **argv)
{
    int status = lh_launch_prepare(&run->launch, run->race, argc, argv);

    if (status != 0)
        return status;
    if (run->trace)
        run->keep = lh_template_prepare(run->trace);
    if (run->trace && !run->keep)
        return LH_EXIT_FAILED;
    if (!lh_reporting_open(&run->reporting, stderr))
        return LH_EXIT_FAILED;
    if (lh_trace_directory_new(&run->directory, run->keep))
        return 0;
    lh_reporting_discard(&run->reporting);
    return LH_EXIT_FAILED;
}

/* An end is by a signal: a status of 66 would be the program's own, whatever the gate lets pass. */
static bool parse_action(const char *value, void *to)
{
    static const struct {
        const char *name, *option;
    } actions[] = {{"exit", "kill"}, {"report", "report"}, {"abort", "abort"}};

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(value, actions[i].name) == 0) {
            *(const char **)to = actions[i].option;
            return true;
        }
    }
    lh_complain("--on-deadlock: %s: no such action (use exit, report or abort)", value);
    return false;
}

static int command_run(const struct lh_command *command, int argc, char **argv)
{
    struct run run = {
        .recording.on_deadlock = "kill",
        .recording.survivors = "what comes now is not in this report (run it in the foreground, or "
                               "record it, and report when it has ended)",
        .watch.grace = LH_GRACE_DEFAULT,
    };
    const struct lh_flag flags[] = {
        LH_REPORTING_FLAGS(run.reporting),
        {LH_FLAG_TEXT, "trace", 0, "TRACE", "keep the trace there; %p: process id, %e: program",
         &run.trace, NULL},
        {LH_FLAG_SWITCH, "full", 0, NULL, "record every event, not only what is new",
         &run.recording.full, NULL},
        {LH_FLAG_PARSE, "on-deadlock", 0, "ACTION",
         "when a process hangs: exit (default), report and go on waiting, or abort (core file)",
         &run.recording.on_deadlock, parse_action},
        LH_WATCH_FLAGS(run.watch),
        LH_LAUNCH_RACE_FLAG(run.race),
        {0},
    };
    int status, first;

    lh_reporting_default(&run.reporting);
    first = lh_flags_parse(command, flags, LH_FLAGS_BEFORE_PROGRAM, argc, argv, &status);
    if (first < 0)
        return status;
    if (first == argc)
        return lh_flags_misuse(command, "run: the program is missing");
    status = prepare(&run, argc - first, argv + first);
    if (status == 0)
        status = run_program(&run);
    lh_trace_directory_remove(&run.directory);
    lh_launch_free(&run.launch);
    free(run.keep);
    return status;
}

const struct lh_command lh_command_run = {
    .name = "run",
    .synopsis = "[OPTION]... [--] PROGRAM [ARG]...",
    .summary = "Run a program, watch its locks, and report what can deadlock",
    .details =
        "The report goes to standard error unless -o says otherwise: standard output stays the\n"
        "program's own. Processes that it starts are watched too. A deadlock is found when it\n"
        "happens, a stall (every thread waits for the others) after the time of --stall-grace; "
        "the\n"
        "process is ended then, unless --on-deadlock says otherwise.\n"
        "\n"
        "Of a program that was compiled with -fsanitize=thread the memory is watched, too: data\n"
        "races. --race=on does that for the programs that a script or make starts.\n"
        "\n"
        "Exit status: the program's own (128+N when signal N ended it) when nothing at gate level\n"
        "was found, 66 when something was, 124 when --timeout ended it, 125 when Lockhound "
        "failed,\n"
        "126 when the program cannot be executed, 127 when it is missing.\n"
        "\n"
        "Examples:\n"
        "  lockhound run ./server --port 8080\n"
        "  lockhound run --graph locks.svg -- ./server --port 8080\n"
        "  lockhound run --format json -o report.json --fail-on error -- make check\n",
    .run = command_run,
};
