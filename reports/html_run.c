/* How the run was made, as far as the traces tell, and what a reader must know to trust them. */
#include "html_parts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "escape.h"
#include "notes.h"
#include "totals.h"

#define PROCESSES_MOST 200 /* rows */
#define PROCESSES_OPEN 20  /* up to so many are shown without being asked for */

static void put_item(FILE *out, const char *name)
{
    fprintf(out, "<dt>%s</dt><dd>", name);
}

static void put_arguments(FILE *out, const char *const *argv, size_t argc)
{
    for (size_t i = 0; i < argc; i++) {
        fputs(i > 0 ? " <code>" : "<code>", out);
        lh_put_html(out, argv[i][0] != '\0' ? argv[i] : "''");
        fputs("</code>", out);
    }
}

static void put_command(const struct lh_html *html, const struct lh_process *first)
{
    const struct lh_run *run = &html->report->run;

    put_item(html->out, "Command");
    if (run->argv != NULL)
        put_arguments(html->out, (const char *const *)run->argv, (size_t)run->argc);
    else if (first != NULL && first->argc > 0)
        put_arguments(html->out, first->argv, first->argc);
    else
        fputs("unknown", html->out);
    fputs("</dd>\n", html->out);
}

static const char *state_text(const struct lh_process *process)
{
    switch (process->state) {
    case LH_STATE_EXITED:
        return "it went through exit()";
    case LH_STATE_STOPPED:
        return "recording stopped before its end";
    default:
        return "it was still running when the trace was read, or ended without exit()";
    }
}

static void put_end(const struct lh_html *html, const struct lh_process *first)
{
    const struct lh_run *run = &html->report->run;
    const char *name = run->signal != 0 ? sigabbrev_np(run->signal) : NULL;

    put_item(html->out, "End");
    if (run->signal != 0)
        fprintf(html->out, "signal %d%s%s", run->signal, name != NULL ? ", SIG" : "",
                name != NULL ? name : "");
    else if (run->exit_known)
        fprintf(html->out, "exit status %d", run->exit);
    else
        fputs(first != NULL ? state_text(first) : "unknown", html->out);
    fputs("</dd>\n", html->out);
}

static void put_start(const struct lh_html *html, const struct lh_process *first)
{
    time_t seconds = (time_t)(first->start_realtime / 1000000000);
    struct tm calendar;
    char text[40];

    if (seconds == 0 || gmtime_r(&seconds, &calendar) == NULL ||
        strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &calendar) == 0)
        return;
    put_item(html->out, "Start");
    fprintf(html->out, "%s</dd>\n", text);
}

static void put_recording(const struct lh_html *html, const struct lh_process *first)
{
    put_item(html->out, "Recording");
    fputs(first->full ? "every event (<code>--full</code>)"
                      : "each lock order the first time it occurs, and counters",
          html->out);
    if (first->tool_version != NULL && first->tool_version[0] != '\0') {
        fputs(", by Lockhound ", html->out);
        lh_put_html(html->out, first->tool_version);
    }
    fputs("</dd>\n", html->out);
    put_item(html->out, "Trace");
    fputs("<code>", html->out);
    lh_put_html(html->out, first->path != NULL ? first->path : "");
    fputs("</code></dd>\n", html->out);
}

static void put_facts(const struct lh_html *html)
{
    const struct lh_model *model = html->report->model;
    const struct lh_process *first = model->n_processes > 0 ? model->processes[0] : NULL;

    fputs("<dl class=\"facts\">\n", html->out);
    put_command(html, first);
    put_item(html->out, "Process");
    fprintf(html->out, "%d</dd>\n", lh_program_pid(html->report));
    put_end(html, first);
    if (first != NULL) {
        put_start(html, first);
        put_recording(html, first);
    }
    put_item(html->out, "Report");
    fputs("Lockhound " LH_VERSION "</dd>\n", html->out);
    put_item(html->out, "Seen");
    fprintf(html->out, "%" PRIu64 " locks, %" PRIu64 " threads, %zu process%s</dd>\n",
            lh_total_locks(model), lh_total_threads(model), model->n_processes,
            model->n_processes == 1 ? "" : "es");
    put_item(html->out, "Complete");
    if (lh_report_complete(html->report))
        fputs("yes, nothing was dropped</dd>\n", html->out);
    else
        fprintf(html->out, "no; %" PRIu64 " records dropped</dd>\n",
                lh_report_dropped(html->report));
    fputs("</dl>\n", html->out);
}

static void put_note(FILE *out, const char *text)
{
    fputs("<li>", out);
    lh_put_html(out, text);
    fputs("</li>\n", out);
}

static bool any_doubt(const struct lh_model *model)
{
    for (size_t i = 0; i < model->n_processes; i++)
        if (model->processes[i]->doubt != NULL)
            return true;
    return false;
}

/* Processes in which all waited, while something was there that might have woken one. */
static void put_doubts(const struct lh_html *html)
{
    for (size_t i = 0; i < html->report->model->n_processes; i++) {
        const struct lh_process *process = html->report->model->processes[i];
        if (process->doubt == NULL)
            continue;
        fprintf(html->out,
                "<li>All threads of process %" PRIu32 " waited; whether for ever is in doubt: ",
                process->pid);
        lh_put_html(html->out, process->doubt);
        fputs("</li>\n", html->out);
    }
}

/* The notes of the text report, each a line that begins with "note: ". */
static void put_notes(const struct lh_html *html)
{
    char *text = NULL, *rest;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    const struct lh_style plain = {memory, false};

    if (memory == NULL)
        return;
    lh_put_notes(&plain, html->report->model);
    if (fclose(memory) != 0 ||
        (size == 0 && !html->report->findings->cut && !any_doubt(html->report->model))) {
        free(text);
        return;
    }
    fputs("<ul class=\"notes\">\n", html->out);
    rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;)
        if (line[0] != '\0')
            put_note(html->out, strncmp(line, "note: ", 6) == 0 ? line + 6 : line);
    if (html->report->findings->cut)
        put_note(html->out, html->report->findings->cut_text != NULL
                                ? html->report->findings->cut_text
                                : "the search was cut; there may be more cycles");
    put_doubts(html);
    fputs("</ul>\n", html->out);
    free(text);
}

static void put_process(FILE *out, const struct lh_process *process)
{
    fprintf(out, "<tr><td>%" PRIu32 "</td><td>%" PRIu32 "</td><td>", process->pid, process->ppid);
    put_arguments(out, process->argv, process->argc);
    fputs("</td><td><code>", out);
    lh_put_html(out, process->path != NULL ? process->path : "");
    fputs("</code></td></tr>\n", out);
}

static void put_processes(const struct lh_html *html)
{
    const struct lh_model *model = html->report->model;
    size_t n = model->n_processes < PROCESSES_MOST ? model->n_processes : PROCESSES_MOST;

    if (model->n_processes < 2)
        return;
    fprintf(html->out,
            "<details class=\"processes\"%s>\n<summary><h3>Processes <span class=\"count\">%zu"
            "</span></h3></summary>\n",
            model->n_processes <= PROCESSES_OPEN ? " open=\"open\"" : "", model->n_processes);
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
          "aria-label=\"Processes\"><table>\n<thead><tr><th scope=\"col\">pid</th>"
          "<th scope=\"col\">parent</th><th scope=\"col\">command</th>"
          "<th scope=\"col\">trace</th></tr></thead>\n<tbody>\n",
          html->out);
    for (size_t i = 0; i < n; i++)
        put_process(html->out, model->processes[i]);
    fputs("</tbody></table></div>\n", html->out);
    if (n < model->n_processes)
        fprintf(html->out, "<p class=\"about\">And %zu more.</p>\n", model->n_processes - n);
    fputs("</details>\n", html->out);
}

void lh_html_run(const struct lh_html *html)
{
    fputs("<section id=\"run\" aria-labelledby=\"run-title\">\n"
          "<h2 id=\"run-title\">How the run was made</h2>\n",
          html->out);
    put_facts(html);
    put_notes(html);
    put_processes(html);
    fputs("</section>\n", html->out);
}
