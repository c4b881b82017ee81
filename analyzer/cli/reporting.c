#include "reporting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "source_paths.h"

void lh_reporting_default(struct lh_reporting *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->first.format = lh_output_find("text");
    lh_gate_default(&ret->gating.gate);
}

bool lh_reporting_format(const char *value, void *format)
{
    const struct lh_output *output = lh_outlet_format("format", value);

    if (output)
        *(const struct lh_output **)format = output;
    return output != NULL;
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

static bool find_root(struct lh_reporting *reporting)
{
    if (!reporting->source_root)
        return true;
    reporting->absolute_root = realpath(reporting->source_root, NULL);
    if (!reporting->absolute_root)
        lh_complain("--source-root: %s: %s", reporting->source_root, strerror(errno));
    return reporting->absolute_root != NULL;
}

static bool open_all(struct lh_reporting *reporting, FILE *standard)
{
    static const struct lh_graph_options by_name;

    return (!reporting->graph || lh_reporting_check_graph(&by_name, reporting->graph)) &&
           find_root(reporting) && lh_gating_open(&reporting->gating) &&
           lh_sink_open(&reporting->first.sink, reporting->first.path, standard) &&
           lh_outlets_open(&reporting->more, &reporting->first);
}

bool lh_reporting_open(struct lh_reporting *reporting, FILE *standard)
{
    if (open_all(reporting, standard))
        return true;
    lh_reporting_discard(reporting);
    return false;
}

void lh_reporting_discard(struct lh_reporting *reporting)
{
    lh_sink_discard(&reporting->first.sink);
    lh_outlets_discard(&reporting->more);
    lh_gating_close(&reporting->gating);
    free(reporting->absolute_root);
    reporting->absolute_root = NULL;
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

static bool analyse(const struct lh_reporting *reporting, struct lh_analysis *analysis)
{
    if (!lh_analysis_find(analysis, reporting->max_steps) ||
        !lh_gating_apply(&reporting->gating, analysis->findings))
        return false;
    /* Last: what was said before goes by the names that the debug information has. */
    lh_model_map_sources(analysis->model, reporting->strip_prefix, reporting->absolute_root);
    return true;
}

int lh_reporting_report(struct lh_reporting *reporting, struct lh_analysis *analysis,
                        const struct lh_run *run)
{
    struct lh_report report = {
        .model = analysis->model,
        .findings = analysis->findings,
        .run = *run,
        .all = reporting->all,
        .color = lh_reporting_colored(reporting->color, reporting->first.sink.file),
        .source_root = reporting->absolute_root,
    };
    bool good = analyse(reporting, analysis), failed;

    if (good) {
        failed = lh_gate_mark(&reporting->gating.gate, analysis->findings);
        good = lh_outlet_write(&reporting->first, &report);
        report.color = reporting->color == LH_COLOR_ALWAYS;
        good = lh_outlets_write(&reporting->more, &report) && good;
        good = draw(reporting, &report) && good;
    }
    lh_reporting_discard(reporting);
    if (!good)
        return LH_EXIT_FAILED;
    return failed ? LH_EXIT_FINDINGS : 0;
}
