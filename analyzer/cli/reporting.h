/* What `run` and `report` have in common: options that say how to report, and the reporting. */
#ifndef LH_CLI_REPORTING_H
#define LH_CLI_REPORTING_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis.h"
#include "flags.h"
#include "gating.h"
#include "outlets.h"
#include "report.h"

enum lh_color {
    LH_COLOR_AUTO,
    LH_COLOR_ALWAYS,
    LH_COLOR_NEVER,
};

struct lh_reporting {
    struct lh_outlet first; /* --format and -o */
    struct lh_outlets more; /* --report */
    const char *graph;
    bool cycles_only;
    const char *around;
    bool all;
    struct lh_gating gating;
    const char *strip_prefix, *source_root;
    char *absolute_root; /* source_root as an absolute path */
    uint64_t max_steps;
    enum lh_color color;
};

/* The rows of a table of flags; `reporting` is a struct lh_reporting. */
#define LH_REPORTING_FLAGS(reporting)                                                             \
    {LH_FLAG_PARSE,                                                                               \
     "format",                                                                                    \
     0,                                                                                           \
     "FORMAT",                                                                                    \
     "text (default), json, html, sarif, junit, github, gitlab",                                  \
     &(reporting).first.format,                                                                   \
     lh_reporting_format},                                                                        \
        {LH_FLAG_TEXT,                                                                            \
         "output",                                                                                \
         'o',                                                                                     \
         "FILE",                                                                                  \
         "write the report there; - is standard output",                                          \
         &(reporting).first.path,                                                                 \
         NULL},                                                                                   \
        {LH_FLAG_PARSE,                                                                           \
         "report",                                                                                \
         0,                                                                                       \
         "FORMAT=FILE",                                                                           \
         "write one more report; may be repeated",                                                \
         &(reporting).more,                                                                       \
         lh_outlets_parse},                                                                       \
        {LH_FLAG_TEXT,                                                                            \
         "graph",                                                                                 \
         0,                                                                                       \
         "FILE",                                                                                  \
         "draw the lock graph too; FILE is .svg, .png, .pdf or .dot",                             \
         &(reporting).graph,                                                                      \
         NULL},                                                                                   \
        {LH_FLAG_SWITCH,                                                                          \
         "cycles-only",                                                                           \
         0,                                                                                       \
         NULL,                                                                                    \
         "graph: only locks that are part of a finding",                                          \
         &(reporting).cycles_only,                                                                \
         NULL},                                                                                   \
        {LH_FLAG_TEXT,                                                                            \
         "around",                                                                                \
         0,                                                                                       \
         "LOCK",                                                                                  \
         "graph: only locks named like LOCK and their neighbours",                                \
         &(reporting).around,                                                                     \
         NULL},                                                                                   \
        {LH_FLAG_SWITCH,   "all", 0, NULL, "show what was filtered or suppressed too, and why",   \
         &(reporting).all, NULL},                                                                 \
        {LH_FLAG_PARSE,                                                                           \
         "fail-on",                                                                               \
         0,                                                                                       \
         "KINDS",                                                                                 \
         "exit with 66 for these: severities, kinds, or none (default: error,warning)",           \
         &(reporting).gating.gate,                                                                \
         lh_gate_parse},                                                                          \
        {LH_FLAG_TEXT,                                                                            \
         "baseline",                                                                              \
         0,                                                                                       \
         "FILE",                                                                                  \
         "findings that it lists pass; see `lockhound help baseline'",                            \
         &(reporting).gating.baseline_path,                                                       \
         NULL},                                                                                   \
        {LH_FLAG_TEXT,                                                                            \
         "suppressions",                                                                          \
         0,                                                                                       \
         "FILE",                                                                                  \
         "leave out what it names, as ThreadSanitizer does",                                      \
         &(reporting).gating.suppressions_path,                                                   \
         NULL},                                                                                   \
        {LH_FLAG_TEXT,                                                                            \
         "strip-prefix",                                                                          \
         0,                                                                                       \
         "DIR",                                                                                   \
         "take DIR from the front of names of source files",                                      \
         &(reporting).strip_prefix,                                                               \
         NULL},                                                                                   \
        {LH_FLAG_TEXT,                                                                            \
         "source-root",                                                                           \
         0,                                                                                       \
         "DIR",                                                                                   \
         "name source files relative to DIR, the repository",                                     \
         &(reporting).source_root,                                                                \
         NULL},                                                                                   \
        {LH_FLAG_NUMBER,                                                                          \
         "max-steps",                                                                             \
         0,                                                                                       \
         "N",                                                                                     \
         "bound of the search for cycles; the report says if hit",                                \
         &(reporting).max_steps,                                                                  \
         NULL},                                                                                   \
    {                                                                                             \
        LH_FLAG_PARSE, "color", 0, "WHEN", "auto (default), always or never", &(reporting).color, \
            lh_reporting_color                                                                    \
    }

void lh_reporting_default(struct lh_reporting *ret);
bool lh_reporting_format(const char *value, void *format);
bool lh_reporting_color(const char *value, void *color);
/* Should text that goes to file be coloured? */
bool lh_reporting_colored(enum lh_color color, FILE *file);

/* Can a graph be drawn into path? Complains and returns false when not. */
bool lh_reporting_check_graph(const struct lh_graph_options *options, const char *path);

/* Open what will be written. Complains and returns false when that cannot be. */
bool lh_reporting_open(struct lh_reporting *reporting, FILE *standard);
/* Close without a report; frees what lh_reporting_open() made. */
void lh_reporting_discard(struct lh_reporting *reporting);
/*
 * Analyse what is loaded, report, draw, close. Returns LH_EXIT_FINDINGS when the gate is hit, 0
 * when not, LH_EXIT_FAILED after a complaint.
 */
int lh_reporting_report(struct lh_reporting *reporting, struct lh_analysis *analysis,
                        const struct lh_run *run);

#endif
