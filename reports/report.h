/*
 * Reports: findings and lock graph out. A table of outputs; each is one file. An output writes to a
 * FILE and returns 0 or -errno; it prints nothing else.
 */
#ifndef LH_REPORTS_REPORT_H
#define LH_REPORTS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "finding.h"
#include "model.h"

/* What a thread did when the time of the run was over, as the kernel has it. */
struct lh_timeout_thread {
    uint32_t tid;
    char name[LH_THREAD_NAME];
    char state; /* of proc(5): 'R', 'S', ... */
    int call;   /* number of the system call it is in, or one of these */
};

#define LH_CALL_NONE    (-1) /* in none, and yet it sleeps: a page fault */
#define LH_CALL_RUNNING (-2)
#define LH_CALL_UNKNOWN (-3) /* the kernel does not tell */

struct lh_timeout_process {
    char *trace; /* path */
    uint32_t pid;
    struct lh_timeout_thread *threads;
    size_t n, room;
};

/* A run that took too long and was ended. */
struct lh_timeout {
    double seconds;
    struct lh_timeout_process *processes;
    size_t n, room;
};

/* How the program ended, as far as the command saw it. */
struct lh_run {
    char *const *argv; /* NULL: take the first process's of the model */
    int argc;
    int pid; /* 0: take the first process's of the model */
    bool exit_known;
    int exit;                         /* exit status, or 128 + signal */
    int signal;                       /* the signal that ended it, 0 when none */
    bool ended_by_us;                 /* it hung, or its time was over */
    const struct lh_timeout *timeout; /* NULL: it ended in time */
};

struct lh_report {
    const struct lh_model *model;
    const struct lh_findings *findings;
    struct lh_run run;
    bool all;   /* show what was filtered too */
    bool color; /* text only */
    /*
     * The folder that relative names of source files start from, absolute; NULL: the current one.
     * Files below it are named relative to it.
     */
    const char *source_root;
};

struct lh_output {
    const char *name; /* of --format */
    const char *help;
    int (*write)(const struct lh_report *report, FILE *out);
};

/* NULL: no such format. */
const struct lh_output *lh_output_find(const char *name);
/* Ends with an entry whose name is NULL. */
extern const struct lh_output lh_outputs[];

int lh_report_text(const struct lh_report *report, FILE *out);
int lh_report_json(const struct lh_report *report, FILE *out);
int lh_report_sarif(const struct lh_report *report, FILE *out);
int lh_report_junit(const struct lh_report *report, FILE *out);
int lh_report_github(const struct lh_report *report, FILE *out);
int lh_report_gitlab(const struct lh_report *report, FILE *out);
int lh_report_html(const struct lh_report *report, FILE *out);

/* true: no trace of the report is damaged and nothing was dropped. */
bool lh_report_complete(const struct lh_report *report);
/* Sum of the drop counters of all processes. */
uint64_t lh_report_dropped(const struct lh_report *report);

/* ---- the table of `lockhound locks` (locks.c) ---- */

struct lh_locks_options {
    const char *sort; /* column name, NULL: wait */
    bool reverse;
    size_t limit;     /* rows, 0: all */
    bool instances;   /* a row for each lock instead of for each class */
    bool per_process; /* a row for each process instead of for all runs of a program */
    bool json;        /* one JSON array instead of the table */
    bool color;
};

/* -EINVAL: no such column. */
int lh_report_locks(const struct lh_model *model, const struct lh_locks_options *options,
                    FILE *out);
/* The column names, for help and errors: "class acquisitions contended ..." */
const char *lh_locks_columns(void);

/* ---- the lock graph (graph.c) ---- */

struct lh_graph_options {
    const char *format; /* dot, svg, png, pdf; NULL: from the file name's suffix */
    bool cycles_only;   /* only classes that are part of a finding's cycle */
    const char *around; /* only classes whose name contains this, and their neighbours; NULL: all */
    size_t near_findings; /* of more classes than this, only those near findings; 0: all */
    bool in_page; /* ids and classes for a page's script and style, which also say what title and
                     tooltips say elsewhere */
};

/* The format that a picture at path gets, "svg" for one; NULL: unknown. */
const char *lh_report_graph_format(const struct lh_graph_options *options, const char *path);

/*
 * Draw the lock graph into a file. -EINVAL: unknown format; -ENOENT: `around` matched nothing.
 * *ret_why, if given, gets one line for people on error (static text).
 */
int lh_report_graph(const struct lh_report *report, const struct lh_graph_options *options,
                    const char *path, const char **ret_why);

#endif
