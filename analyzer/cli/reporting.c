#include "reporting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"

void lh_reporting_default(struct lh_reporting *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->format = lh_output_find("text");
    lh_gate_default(&ret->gate);
}

bool lh_reporting_format(const char *value, void *format)
{
    const struct lh_output *output = lh_output_find(value);
    char *names = lh_text("%s", "");

    if (output) {
        *(const struct lh_output **)format = output;
        free(names);
        return true;
    }
    for (output = lh_outputs; output->name; output++) {
        char *longer = lh_text("%s%s%s", names, *names ? ", " : "", output->name);

        free(names);
        names = longer;
    }
    lh_complain("--format: %s: no such format (%s)", value, names);
    free(names);
    return false;
}

bool lh_reporting_color(const char *value, void *color)
{
    static const char *const words[] = {
        [LH_COLOR_AUTO] = "auto", [LH_COLOR_ALWAYS] = "always", [LH_COLOR_NEVER] = "never"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(value, words[i]) == 0) {
            *(enum lh_color *)color = (enum lh_color)i;
            return true;
        }
    }
    lh_complain("--color: %s: no such word (auto, always or never)", value);
    return false;
}

bool lh_reporting_colored(enum lh_color color, FILE *file)
{
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

    if (color != LH_COLOR_AUTO)
        return color == LH_COLOR_ALWAYS;
    if ((no_color && *no_color) || (terminal && strcmp(terminal, "dumb") == 0))
        return false;
    return isatty(fileno(file));
}

bool lh_reporting_check_graph(const struct lh_graph_options *options, const char *path)
{
    if (!lh_report_graph_format(options, path)) {
        lh_complain("%s: unknown graph format (dot, svg, png and pdf are known)",
                    options->format ? options->format : path);
        return false;
    }
    return lh_sink_check(path);
}

bool lh_reporting_open(struct lh_reporting *reporting, FILE *standard)
{
    static const struct lh_graph_options by_name;

    if (reporting->graph && !lh_reporting_check_graph(&by_name, reporting->graph))
        return false;
    return lh_sink_open(&reporting->sink, reporting->output, standard);
}

void lh_reporting_discard(struct lh_reporting *reporting)
{
    lh_sink_discard(&reporting->sink);
}

static bool draw(const struct lh_reporting *reporting, const struct lh_report *report)
{
    struct lh_graph_options options = {
        .cycles_only = reporting->cycles_only,
        .around = reporting->around,
    };
    const char *why = NULL;
    int r;

    if (!reporting->graph)
        return true;
    r = lh_report_graph(report, &options, reporting->graph, &why);
    if (r < 0)
        lh_complain("%s: %s", reporting->graph, why ? why : strerror(-r));
    return r >= 0;
}

int lh_reporting_report(struct lh_reporting *reporting, struct lh_analysis *analysis,
                        const struct lh_run *run)
{
    struct lh_report report = {
        .model = analysis->model,
        .findings = analysis->findings,
        .run = *run,
        .all = reporting->all,
        .color = lh_reporting_colored(reporting->color, reporting->sink.file),
    };
    FILE *out;
    bool good;
    int r;

    if (!lh_analysis_find(analysis, reporting->max_steps)) {
        lh_reporting_discard(reporting);
        return LH_EXIT_FAILED;
    }
    out = lh_sink_begin(&reporting->sink);
    errno = 0;
    r = reporting->format->write(&report, out);
    /* When the stream itself failed, closing it complains. */
    if (ferror(out))
        reporting->sink.error = errno;
    else if (r < 0)
        lh_complain("%s: the report failed: %s", reporting->sink.name, strerror(-r));
    good = lh_sink_close(&reporting->sink) && r >= 0;
    good = draw(reporting, &report) && good;
    if (!good)
        return LH_EXIT_FAILED;
    return lh_gate_hit(&reporting->gate, analysis->findings) ? LH_EXIT_FINDINGS : 0;
}
