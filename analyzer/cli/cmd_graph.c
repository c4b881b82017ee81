/* lockhound graph: draw the lock graph of traces. */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "flags.h"
#include "inputs.h"
#include "reporting.h"

static int draw(const struct lh_analysis *analysis, const struct lh_graph_options *options,
                const char *path)
{
    struct lh_report report = {.model = analysis->model, .findings = analysis->findings};
    const char *why = NULL;
    int r = lh_report_graph(&report, options, path, &why);

    if (r < 0)
        lh_complain("%s: %s", path, why ? why : strerror(-r));
    return r < 0 ? LH_EXIT_FAILED : 0;
}

static int graph(const struct lh_graph_options *options, const char *path, uint64_t max_steps,
                 int n, char **traces)
{
    struct lh_analysis analysis;
    int status = LH_EXIT_FAILED;

    if (!lh_reporting_check_graph(options, path))
        return LH_EXIT_FAILED;
    if (lh_analysis_begin(&analysis) && lh_inputs_load(&analysis, n, traces) &&
        lh_analysis_find(&analysis, max_steps)) {
        status = draw(&analysis, options, path);
        if (status == 0 && analysis.unreadable > 0)
            status = LH_EXIT_FAILED;
    }
    lh_analysis_end(&analysis);
    return status;
}

static int command_graph(const struct lh_command *command, int argc, char **argv)
{
    struct lh_graph_options options = {0};
    const char *output = NULL;
    uint64_t max_steps = 0;
    const struct lh_flag flags[] = {
        {LH_FLAG_TEXT, "output", 'o', "FILE", "the picture; - is standard output", &output, NULL},
        {LH_FLAG_TEXT, "format", 0, "FORMAT", "dot, svg, png or pdf (default: what FILE ends in)",
         &options.format, NULL},
        {LH_FLAG_SWITCH, "cycles-only", 0, NULL, "only locks that are part of a finding",
         &options.cycles_only, NULL},
        {LH_FLAG_TEXT, "around", 0, "LOCK", "only locks named like LOCK and their neighbours",
         &options.around, NULL},
        {LH_FLAG_NUMBER, "max-steps", 0, "N", "bound of the search for cycles", &max_steps, NULL},
        {0},
    };
    int status, first;

    first = lh_flags_parse(command, flags, LH_FLAGS_ANYWHERE, argc, argv, &status);
    if (first < 0)
        return status;
    if (first == argc)
        return lh_flags_misuse(command, "graph: the trace is missing");
    if (!output)
        return lh_flags_misuse(command, "graph: -o FILE is missing");
    if (strcmp(output, "-") == 0) {
        output = "/dev/stdout";
        if (!options.format)
            options.format = "dot";
    }
    return graph(&options, output, max_steps, argc - first, argv + first);
}

const struct lh_command lh_command_graph = {
    .name = "graph",
    .synopsis = "TRACE... -o FILE [OPTION]...",
    .summary = "Draw the lock graph: which lock was taken while which one was held",
    .details =
        "Nodes are locks born at the same place; an edge from A to B means that B was wanted\n"
        "while A was held. Cycles stand out.\n"
        "\n"
        "Exit status: 0, or 125 when Lockhound failed or a trace could not be read.\n"
        "\n"
        "Examples:\n"
        "  lockhound graph server.trace -o locks.svg\n"
        "  lockhound graph server.trace -o locks.pdf --cycles-only\n"
        "  lockhound graph traces/ -o - --around queue_lock | less\n",
    .run = command_graph,
};
