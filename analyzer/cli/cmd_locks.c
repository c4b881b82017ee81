/* lockhound locks: the table of locks and their counters. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "flags.h"
#include "inputs.h"
#include "reporting.h"

struct locks {
    struct lh_locks_options options;
    uint64_t limit;
    const char *output;
    enum lh_color color;
    struct lh_sink sink;
};

static bool parse_format(const char *value, void *json)
{
    if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0) {
        lh_complain("--format: %s: no such format (text, json)", value);
        return false;
    }
    *(bool *)json = strcmp(value, "json") == 0;
    return true;
}

static int print(struct locks *locks, const struct lh_analysis *analysis)
{
    int r;

    locks->options.limit = locks->limit;
    locks->options.color = lh_reporting_colored(locks->color, locks->sink.file);
    r = lh_report_locks(analysis->model, &locks->options, lh_sink_begin(&locks->sink));
    if (r == -EINVAL)
        lh_complain("--sort: %s: no such column (%s)", locks->options.sort, lh_locks_columns());
    else if (r < 0 && !ferror(locks->sink.file))
        lh_complain("%s: %s", locks->sink.name, strerror(-r));
    if (!lh_sink_close(&locks->sink) || r < 0)
        return LH_EXIT_FAILED;
    return analysis->unreadable > 0 ? LH_EXIT_FAILED : 0;
}

static int list(struct locks *locks, int n, char **traces)
{
    struct lh_analysis analysis;
    int status = LH_EXIT_FAILED;

    if (!lh_sink_open(&locks->sink, locks->output, stdout))
        return LH_EXIT_FAILED;
    if (lh_analysis_begin(&analysis) && lh_inputs_load(&analysis, n, traces) &&
        lh_analysis_name(&analysis))
        status = print(locks, &analysis);
    lh_sink_discard(&locks->sink);
    lh_analysis_end(&analysis);
    return status;
}

static int command_locks(const struct lh_command *command, int argc, char **argv)
{
    struct locks locks = {0};
    const struct lh_flag flags[] = {
        {LH_FLAG_TEXT, "sort", 0, "COLUMN", "biggest first in this column (default: wait)",
         &locks.options.sort, NULL},
        {LH_FLAG_SWITCH, "reverse", 0, NULL, "smallest first", &locks.options.reverse, NULL},
        {LH_FLAG_NUMBER, "limit", 0, "N", "that many rows (default: all)", &locks.limit, NULL},
        {LH_FLAG_SWITCH, "instances", 0, NULL, "a row for each lock, not for locks born together",
         &locks.options.instances, NULL},
        {LH_FLAG_SWITCH, "per-process", 0, NULL, "do not sum the runs of a program",
         &locks.options.per_process, NULL},
        {LH_FLAG_PARSE, "format", 0, "FORMAT", "text (default) or json", &locks.options.json,
         parse_format},
        {LH_FLAG_TEXT, "output", 'o', "FILE", "write there; - is standard output", &locks.output,
         NULL},
        {LH_FLAG_PARSE, "color", 0, "WHEN", "auto (default), always or never", &locks.color,
         lh_reporting_color},
        {0},
    };
    int status, first;

    first = lh_flags_parse(command, flags, LH_FLAGS_ANYWHERE, argc, argv, &status);
    if (first < 0)
        return status;
    if (first == argc)
        return lh_flags_misuse(command, "locks: the trace is missing");
    return list(&locks, argc - first, argv + first);
}

const struct lh_command lh_command_locks = {
    .name = "locks",
    .synopsis = "[OPTION]... TRACE...",
    .summary = "List every lock: how often taken, waited for, held, and where it was born",
    .details = "Of several runs of a program the counters are summed.\n"
               "\n"
               "Exit status: 0, or 125 when Lockhound failed or a trace could not be read.\n"
               "\n"
               "Examples:\n"
               "  lockhound locks server.trace\n"
               "  lockhound locks --sort acquisitions --limit 20 server.trace\n"
               "  lockhound locks --per-process --format json traces/\n",
    .run = command_locks,
};
