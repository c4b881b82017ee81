/* lockhound timeline: what every thread did with its locks, for Perfetto and chrome://tracing. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "flags.h"
#include "inputs.h"
#include "sink.h"
#include "timeline.h"

static bool all_full(const struct lh_model *model)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        if (model->processes[i]->full)
            continue;
        lh_complain("%s: recorded without every event, so it has no timeline (record it again with "
                    "lockhound record --full)",
                    model->processes[i]->path);
        return false;
    }
    return true;
}

static int write_timeline(const struct lh_analysis *analysis, struct lh_sink *sink)
{
    const char *why = NULL;
    FILE *out = lh_sink_begin(sink);
    int r;

    errno = 0;
    r = lh_report_timeline(analysis->model, out, &why);
    if (ferror(out))
        sink->error = errno;
    else if (r < 0)
        lh_complain("the timeline failed: %s", why ? why : strerror(-r));
    if (!lh_sink_close(sink) || r < 0)
        return LH_EXIT_FAILED;
    return analysis->unreadable > 0 ? LH_EXIT_FAILED : 0;
}

static int timeline(const char *output, int n, char **paths)
{
    struct lh_analysis analysis;
    struct lh_sink sink;
    int status = LH_EXIT_FAILED;

    if (!lh_sink_open(&sink, output, stdout))
        return LH_EXIT_FAILED;
    if (lh_analysis_begin(&analysis) && lh_inputs_load(&analysis, n, paths) &&
        all_full(analysis.model) && lh_analysis_name(&analysis))
        status = write_timeline(&analysis, &sink);
    lh_sink_discard(&sink);
    lh_analysis_end(&analysis);
    return status;
}

static int command_timeline(const struct lh_command *command, int argc, char **argv)
{
    const char *output = NULL;
    const struct lh_flag flags[] = {
        {LH_FLAG_TEXT, "output", 'o', "FILE", "the timeline; - is standard output", &output, NULL},
        {0},
    };
    int status, first;

    first = lh_flags_parse(command, flags, LH_FLAGS_ANYWHERE, argc, argv, &status);
    if (first < 0)
        return status;
    if (first == argc)
        return lh_flags_misuse(command, "timeline: the trace is missing");
    if (!output)
        return lh_flags_misuse(command, "timeline: -o FILE is missing");
    return timeline(output, argc - first, argv + first);
}

const struct lh_command lh_command_timeline = {
    .name = "timeline",
    .synopsis = "TRACE... -o FILE [OPTION]...",
    .summary = "Export what each thread did and when, for Perfetto and chrome://tracing",
    .details = "Needs traces that were recorded with --full. A lane is a thread, a bar a lock that "
               "it held\n"
               "or waited for, an arrow goes from the release of a lock to who got it next.\n"
               "\n"
               "Exit status: 0, or 125 when Lockhound failed or a trace could not be read.\n"
               "\n"
               "Examples:\n"
               "  lockhound record --full -o server.trace -- ./server\n"
               "  lockhound timeline server.trace -o timeline.json\n",
    .run = command_timeline,
};
