/* lockhound report: what traces show. */
#include <stdio.h>

#include "command.h"
#include "complain.h"
#include "flags.h"
#include "inputs.h"
#include "reporting.h"
#include "watch.h"

static int report(struct lh_reporting *reporting, uint64_t grace, int n, char **paths)
{
    struct lh_analysis analysis;
    struct lh_run run = {0};
    int status = LH_EXIT_FAILED;

    /* Text goes where `run` puts it; what another program reads goes where programs look for it. */
    if (!lh_reporting_open(reporting,
                           reporting->first.format->write == lh_report_text ? stderr : stdout))
        return LH_EXIT_FAILED;
    if (lh_analysis_begin(&analysis) && lh_inputs_load_live(&analysis, n, paths, grace)) {
        status = lh_reporting_report(reporting, &analysis, &run);
        if (status == 0 && analysis.unreadable > 0)
            status = LH_EXIT_FAILED;
    }
    lh_reporting_discard(reporting);
    lh_analysis_end(&analysis);
    return status;
}

static int command_report(const struct lh_command *command, int argc, char **argv)
{
    struct lh_reporting reporting;
    uint64_t grace = LH_GRACE_DEFAULT;
    const struct lh_flag flags[] = {
        LH_REPORTING_FLAGS(reporting),
        LH_GRACE_FLAG(grace),
        {0},
    };
    int status, first;

    lh_reporting_default(&reporting);
    first = lh_flags_parse(command, flags, LH_FLAGS_ANYWHERE, argc, argv, &status);
    if (first < 0)
        return status;
    if (first == argc)
        return lh_flags_misuse(command, "report: the trace is missing");
    return report(&reporting, grace, argc - first, argv + first);
}

const struct lh_command lh_command_report = {
    .name = "report",
    .synopsis = "[OPTION]... TRACE...",
    .summary = "Report what can deadlock, from traces and directories of traces",
    .details =
        "Several traces make one report: a program and the processes that it started. The report\n"
        "goes to standard error as text, to standard output in another format, or where -o says.\n"
        "A process that still runs is looked at too: when all its threads wait, for the time of\n"
        "--stall-grace, so that the report can say whether it is stalled.\n"
        "\n"
        "Exit status: 0 when nothing at gate level was found, 66 when something was, 125 when\n"
        "Lockhound failed. Of traces that cannot be read one line each is said, the others are\n"
        "reported, and the status is 125 unless it is 66.\n"
        "\n"
        "Examples:\n"
        "  lockhound report lockhound.server.4711.trace\n"
        "  lockhound report --format json -o report.json traces/\n"
        "  lockhound report --all --fail-on none server.trace\n",
    .run = command_report,
};
