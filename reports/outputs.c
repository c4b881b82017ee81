/* The table of report formats, and what all of them ask. */
#include "report.h"

#include <string.h>

const struct lh_output lh_outputs[] = {
    {"text", "for people, in a terminal", lh_report_text},
    {"json", "one object, for programs", lh_report_json},
    {"sarif", "SARIF 2.1.0, for code scanning", lh_report_sarif},
    {"junit", "JUnit XML, for test reports", lh_report_junit},
    {"github", "annotations of GitHub Actions", lh_report_github},
    {"gitlab", "GitLab's code quality JSON", lh_report_gitlab},
    {"html", "one page, for a browser", lh_report_html},
    {NULL, NULL, NULL},
};

const struct lh_output *lh_output_find(const char *name)
{
    for (const struct lh_output *output = lh_outputs; output->name != NULL; output++)
        if (strcmp(output->name, name) == 0)
            return output;
    return NULL;
}

uint64_t lh_report_dropped(const struct lh_report *report)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < report->model->n_processes; i++)
        for (size_t counter = LH_DROP_FIRST; counter < LH_COUNTERS; counter++)
            if (__builtin_add_overflow(sum, report->model->processes[i]->counters[counter], &sum))
                return UINT64_MAX;
    return sum;
}

bool lh_report_complete(const struct lh_report *report)
{
    for (size_t i = 0; i < report->model->n_processes; i++)
        if (report->model->processes[i]->damaged)
            return false;
    return lh_report_dropped(report) == 0;
}
