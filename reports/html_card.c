/* A finding in the HTML report: the card that every browser shows, and the data for the rest. */
#include "html_parts.h"

#include <inttypes.h>

#include "escape.h"
#include "held_text.h"
#include "site.h"
#include "words.h"

#define PIDS_MOST   20     /* named in a card */
#define STATIC_MOST 250000 /* bytes of what only browsers without scripts show */

/* What a thread does to something, which leads to the stack. */
static void begin_line(const struct lh_html *html, const char *verb, uint32_t stack)
{
    fputs("<dd>", html->out);
    lh_put_html(html->out, verb);
    lh_html_link_stack(html->tables, stack);
    if (stack != LH_HTML_NONE)
        fprintf(html->out, " <a href=\"#s%" PRIu32 "\">", stack);
    else
        fputs(" <a>", html->out);
}

static void put_held(const struct lh_html *html, const struct lh_finding *finding,
                     const struct lh_held *held, const char *verb, bool wanted)
{
    begin_line(html, verb, lh_html_stack(html->tables, finding->process, held->stack));
    lh_html_put_lock_name(html->out, finding->process, held->lock);
    fputs("</a>", html->out);
    if (lh_put_manner(html->out, " (", finding->process, held, wanted) > 0)
        putc(')', html->out);
    fputs("</dd>\n", html->out);
}

/* A thread of several processes united has a number of its own in its process. */
static uint32_t thread_number(const struct lh_thread *thread, uint32_t uid)
{
    return thread->number != 0 ? thread->number : uid;
}

/* `pid`: of the process that it is of, where that is not the finding's; else 0. */
static void put_thread_name(FILE *out, const struct lh_process *process, uint32_t uid, uint32_t pid)
{
    const struct lh_thread *thread = lh_process_thread(process, uid);
    uint32_t number = thread_number(thread, uid);
    char label[LH_THREAD_LABEL];
    const char *name = lh_thread_label(thread, number, label);

    fprintf(out, "Thread %" PRIu32, number);
    if (name != label) { /* it has one, or is the main thread */
        fputs(" \xe2\x80\x9c", out);
        lh_put_html(out, name);
        fputs("\xe2\x80\x9d", out);
    }
    if (thread->tid != 0)
        fprintf(out, " (tid %" PRIu32 ")", thread->tid);
    if (pid != 0)
        fprintf(out, " of process %" PRIu32, pid);
}

static uint32_t foreign_pid(const struct lh_finding *finding,
                            const struct lh_participant *participant)
{
    return finding->across ? participant->pid : 0;
}

static void put_wants(const struct lh_html *html, const struct lh_finding *finding,
                      const struct lh_participant *participant)
{
    if (participant->has_wants) {
        put_held(html, finding, &participant->wants,
                 participant->want_verb != NULL ? participant->want_verb : "wants", true);
        return;
    }
    uint32_t stack = lh_html_stack(html->tables, finding->process, participant->wants.stack);
    if (participant->joins != LH_NO_THREAD) {
        begin_line(html, "joins", stack);
        put_thread_name(html->out, finding->process, participant->joins, 0);
        fputs("</a></dd>\n", html->out);
    } else if (stack != LH_HTML_NONE) {
        begin_line(html, "is", stack);
        fputs("here</a></dd>\n", html->out);
    }
}

static void put_participant(const struct lh_html *html, const struct lh_finding *finding,
                            const struct lh_participant *participant)
{
    fputs("<dt>", html->out);
    put_thread_name(html->out, finding->process, participant->thread,
                    foreign_pid(finding, participant));
    fputs("</dt>\n", html->out);
    for (size_t i = 0; i < participant->n_holds; i++)
        put_held(html, finding, &participant->holds[i], "holds", false);
    put_wants(html, finding, participant);
    if (participant->why != NULL) {
        fputs("<dd>", html->out);
        lh_put_html(html->out, participant->why);
        fputs("</dd>\n", html->out);
    }
}

static const char *title(const struct lh_finding *finding)
{
    return finding->message != NULL ? finding->message : lh_kind_help(finding->kind);
}

/* Threads and stacks, for a browser without scripts; as long as there is room. */
static void put_static(const struct lh_html *html, const struct lh_finding *finding)
{
    long start = ftell(html->out);

    if (*html->static_bytes > STATIC_MOST) {
        fputs("<noscript>Its threads and stacks are shown only where scripts run.</noscript>\n",
              html->out);
        return;
    }
    fputs("<noscript><dl>\n", html->out);
    for (size_t i = 0; i < finding->n_participants; i++) {
        if (i > 0 && i == finding->n_roots)
            fputs("</dl>\n<p>These wait because of the threads above.</p>\n<dl>\n", html->out);
        put_participant(html, finding, &finding->participants[i]);
    }
    fputs("</dl></noscript>\n", html->out);
    *html->static_bytes += ftell(html->out) - start;
}

static void put_states(FILE *out, const struct lh_finding *finding)
{
    if (finding->baseline == LH_BASELINE_KNOWN)
        fputs(" <span class=\"state known\">known</span>", out);
    else if (finding->baseline == LH_BASELINE_NEW)
        fputs(" <span class=\"state new\">new</span>", out);
    if (finding->across)
        fputs(" <span class=\"state\">across runs</span>", out);
}

/* The script reads from it what is marked up: severity, kind, state, message. */
static void put_headline(const struct lh_html *html, const struct lh_finding *finding, char letter,
                         size_t number)
{
    const char *severity = lh_severity_name(finding->severity);
    FILE *out = html->out;

    if (finding->filter != LH_FILTER_NONE)
        fprintf(out,
                "<details class=\"card filtered\" id=\"%c%zu\">\n<summary><b>filtered</b> "
                "<code>%s</code>",
                letter, number, lh_filter_name(finding->filter));
    else if (letter == 't')
        fprintf(out, "<details class=\"card note\" id=\"t%zu\">\n<summary>", number);
    else if (finding->suppressed != NULL)
        fprintf(out,
                "<details class=\"card filtered\" id=\"%c%zu\">\n<summary><b>suppressed</b> "
                "<code>%s</code>",
                letter, number, lh_kind_name(finding->kind));
    else
        fprintf(out,
                "<details class=\"card %s\" id=\"%c%zu\">\n<summary><b>%s</b> "
                "<code>%s</code> <i>#%zu</i>",
                severity, letter, number, severity, lh_kind_name(finding->kind), number);
    put_states(out, finding);
    fputs("<h3>", out);
    lh_put_html(out, title(finding));
    fputs("</h3></summary>\n<div class=\"body\">\n", out);
}

/* A word of people on the finding, or ours to them. */
static void put_labelled(FILE *out, const char *class, const char *label, const char *text)
{
    fprintf(out, "<p class=\"%s\"><b>%s</b> <span>", class, label);
    lh_put_html(out, text);
    fputs("</span></p>\n", out);
}

void lh_html_card(const struct lh_html *html, const struct lh_finding *finding, char letter,
                  size_t number)
{
    FILE *out = html->out;

    put_headline(html, finding, letter, number);
    if (finding->suppressed != NULL)
        put_labelled(out, "remark", "Suppressed by", finding->suppressed);
    if (finding->reason != NULL)
        put_labelled(out, "remark", "Reason", finding->reason);
    if (finding->remedy != NULL && finding->filter == LH_FILTER_NONE)
        put_labelled(out, "remedy", "Remedy", finding->remedy);
    put_static(html, finding);
    if (finding->filter == LH_FILTER_NONE && letter != 't')
        fprintf(out, "<p class=\"print\">Fingerprint <code>%s</code></p>\n", finding->fingerprint);
    fputs("</div></details>\n", out);
}

/* ---- for the script ---- */

static void put_text(FILE *out, const char *text)
{
    if (text == NULL)
        fputs("null", out);
    else
        lh_put_script_text(out, text, SIZE_MAX);
}

/* [lock, stack, "manner"] */
static void put_held_data(const struct lh_html *html, const struct lh_process *process,
                          const struct lh_held *held, bool wanted, bool has_lock)
{
    putc('[', html->out);
    lh_html_put_number(html->out,
                       has_lock ? lh_html_lock(html->tables, process, held->lock) : LH_HTML_NONE);
    putc(',', html->out);
    lh_html_put_number(html->out, lh_html_stack(html->tables, process, held->stack));
    fputs(",\"", html->out);
    if (has_lock)
        lh_put_manner(html->out, "", process, held, wanted);
    fputs("\"]", html->out);
}

static void put_joined(FILE *out, const struct lh_process *process, uint32_t uid)
{
    char label[LH_THREAD_LABEL];

    if (uid == LH_NO_THREAD) {
        fputs("null", out);
        return;
    }
    fprintf(out, "[%" PRIu32 ",", uid);
    put_text(out, lh_thread_label(lh_process_thread(process, uid), uid, label));
    putc(']', out);
}

/* [number, name, tid, creator's frame, holds, wants, verb, joined, why, hold in the cycle, pid] */
static void put_participant_data(const struct lh_html *html, const struct lh_finding *finding,
                                 const struct lh_participant *participant)
{
    const struct lh_process *process = finding->process;
    FILE *out = html->out;
    const struct lh_thread *thread = lh_process_thread(process, participant->thread);
    uint32_t number = thread_number(thread, participant->thread);
    char label[LH_THREAD_LABEL];

    fprintf(out, "[%" PRIu32 ",", number);
    put_text(out, lh_thread_label(thread, number, label));
    fprintf(out, ",%" PRIu32 ",", thread->tid);
    lh_html_put_number(
        out, lh_html_frame(html->tables, process, lh_site_frame(process, thread->create_stack)));
    fputs(",[", out);
    for (size_t i = 0; i < participant->n_holds; i++) {
        fputs(i > 0 ? "," : "", out);
        put_held_data(html, process, &participant->holds[i], false, true);
    }
    fputs("],", out);
    if (participant->has_wants || participant->wants.stack != LH_NO_STACK)
        put_held_data(html, process, &participant->wants, true, participant->has_wants);
    else
        fputs("null", out);
    putc(',', out);
    put_text(out, participant->want_verb);
    putc(',', out);
    put_joined(out, process, participant->joins);
    putc(',', out);
    put_text(out, participant->why);
    fprintf(out, ",%" PRIu32 ",%" PRIu32 "]", participant->cycle_hold,
            foreign_pid(finding, participant));
}

/* [participants, locks, similar, pid; 0: of several, participants that the others wait for,
 * processes that it was seen in, some of their pids] */
void lh_html_card_data(const struct lh_html *html, const struct lh_finding *finding)
{
    FILE *out = html->out;

    fputs("[[", out);
    for (size_t i = 0; i < finding->n_participants; i++) {
        fputs(i > 0 ? "," : "", out);
        put_participant_data(html, finding, &finding->participants[i]);
    }
    fputs("],[", out);
    for (size_t i = 0; i < finding->n_locks; i++) {
        fputs(i > 0 ? "," : "", out);
        lh_html_put_number(out, lh_html_lock(html->tables, finding->process, finding->locks[i]));
    }
    fprintf(out, "],%" PRIu64 ",%" PRIu32 ",%zu,%zu,[", finding->similar,
            finding->across ? 0 : finding->process->pid, finding->n_roots, finding->n_processes);
    for (size_t i = 0; finding->pids != NULL && i < finding->n_processes && i < PIDS_MOST; i++)
        fprintf(out, "%s%" PRIu32, i > 0 ? "," : "", finding->pids[i]);
    fputs("]]", out);
}
