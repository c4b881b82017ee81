/* What the threads of a run did that was ended because it took too long: a card for each process.
 */
#include "html_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "doing.h"
#include "escape.h"
#include "pool.h"
#include "site.h"

#define THREADS_MOST 100 /* of a process; the JSON report has all */
#define LOCKS_MOST   50  /* that are told of apart from their threads */

struct lh_html_timeout {
    struct lh_pool *pool;
    struct lh_finding *processes; /* in the shape of findings: cards and pictures are the same */
    size_t n;
};

/* "release of queue_lock in worker (queue.c:31)"; NULL: nothing, or no memory. */
static const char *last_text(struct lh_pool *pool, const struct lh_process *process,
                             const struct lh_event *event)
{
    const char *name = lh_event_name(event->type), *place = NULL, *lock = NULL;

    if (name == NULL)
        return NULL;
    if (lh_event_has_lock(event))
        lock = lh_process_lock(process, event->lock)->name;
    if (lh_site_frame(process, event->stack) != NULL)
        place = lh_site_text(pool, process, event->stack);
    return lh_pool_printf(pool, "%s%s%s%s%s", name, lock != NULL ? " of " : "",
                          lock != NULL ? lock : "", place != NULL ? " in " : "",
                          place != NULL ? place : "");
}

/* What the trace has no wait for. */
static const char *state_text(struct lh_pool *pool, const struct lh_process *process,
                              const struct lh_doing *doing)
{
    const char *last = last_text(pool, process, &doing->thread->last);
    char buffer[LH_DOING_TEXT];
    const char *state = "not waiting for a lock";

    if (doing->thread->wait_kind != LH_WAIT_NONE)
        state = "waiting for something that was not recorded";
    else if (doing->kernel != NULL)
        state = lh_doing_text(doing->kernel, buffer);
    return lh_pool_printf(pool, "was %s%s%s", state, last != NULL ? "; last: " : "",
                          last != NULL ? last : "");
}

static struct lh_participant participant_of(struct lh_pool *pool, const struct lh_process *process,
                                            const struct lh_doing *doing)
{
    struct lh_participant participant = lh_doing_participant(doing->thread);

    if (!participant.has_wants && participant.joins == LH_NO_THREAD)
        participant.why = state_text(pool, process, doing);
    return participant;
}

static size_t count_recorded(const struct lh_doing *list, size_t n)
{
    size_t recorded = 0;

    while (recorded < n && list[recorded].thread != NULL)
        recorded++;
    return recorded;
}

static const char *message_of(struct lh_pool *pool, const struct lh_process *process,
                              const struct lh_timeout_process *seen, const struct lh_doing *list,
                              size_t n, size_t recorded)
{
    const char *program = process->argc > 0 ? lh_site_basename(process->argv[0]) : "";
    const char *text = lh_pool_printf(pool, "process %" PRIu32 "%s%s: %zu thread%s", seen->pid,
                                      *program ? " " : "", program, n, n == 1 ? "" : "s");
    char buffer[LH_DOING_TEXT];

    if (recorded > THREADS_MOST && text != NULL)
        text = lh_pool_printf(pool, "%s, of which %u are shown; the JSON report has all", text,
                              THREADS_MOST);
    for (size_t i = recorded; i < n && i < recorded + THREADS_MOST && text != NULL; i++)
        text = lh_pool_printf(pool, "%s; tid %" PRIu32 " \"%s\", which is not recorded, was %s",
                              text, list[i].kernel->tid, list[i].kernel->name,
                              lh_doing_text(list[i].kernel, buffer));
    return text;
}

/* Each lock that one of them holds or waits for, once; `room` is for all of them. */
static void add_lock(struct lh_finding *finding, uint32_t lock, size_t room)
{
    for (size_t i = 0; i < finding->n_locks; i++)
        if (finding->locks[i] == lock)
            return;
    if (finding->n_locks < room)
        finding->locks[finding->n_locks++] = lock;
}

static int collect_locks(struct lh_pool *pool, struct lh_finding *finding)
{
    finding->locks = lh_pool_alloc(pool, LOCKS_MOST * sizeof(*finding->locks));
    if (finding->locks == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < finding->n_participants; i++) {
        const struct lh_participant *participant = &finding->participants[i];
        for (size_t k = 0; k < participant->n_holds; k++)
            add_lock(finding, participant->holds[k].lock, LOCKS_MOST);
        if (participant->has_wants)
            add_lock(finding, participant->wants.lock, LOCKS_MOST);
    }
    return 0;
}

static int add_process(struct lh_html_timeout *timeout, const struct lh_model *model,
                       const struct lh_timeout_process *seen)
{
    static const struct lh_process unknown;
    const struct lh_process *process = lh_doing_process(model, seen);
    struct lh_finding *finding = &timeout->processes[timeout->n];
    struct lh_doing *list;
    size_t n;

    if (process == NULL)
        process = &unknown;
    if (lh_doing_list(process, seen, &list, &n) < 0)
        return -ENOMEM;
    size_t recorded = count_recorded(list, n);
    *finding = (struct lh_finding){.process = process, .filter = LH_FILTER_NONE};
    finding->message = message_of(timeout->pool, process, seen, list, n, recorded);
    finding->n_participants = recorded < THREADS_MOST ? recorded : THREADS_MOST;
    finding->participants = lh_pool_alloc(timeout->pool, (finding->n_participants + 1) *
                                                             sizeof(*finding->participants));
    for (size_t i = 0; i < finding->n_participants && finding->participants != NULL; i++)
        finding->participants[i] = participant_of(timeout->pool, process, &list[i]);
    free(list);
    timeout->n++;
    if (finding->message == NULL || finding->participants == NULL)
        return -ENOMEM;
    return collect_locks(timeout->pool, finding);
}

int lh_html_timeout_new(const struct lh_report *report, struct lh_html_timeout **ret)
{
    const struct lh_timeout *ended = report->run.timeout;
    struct lh_html_timeout *timeout = calloc(1, sizeof(*timeout));
    int result = -ENOMEM;

    if (timeout == NULL)
        return result;
    timeout->pool = lh_pool_new();
    if (timeout->pool != NULL && ended != NULL)
        timeout->processes =
            lh_pool_alloc(timeout->pool, (ended->n + 1) * sizeof(struct lh_finding));
    if (timeout->pool != NULL && (ended == NULL || timeout->processes != NULL))
        result = 0;
    for (size_t i = 0; ended != NULL && i < ended->n && result == 0; i++)
        result = add_process(timeout, report->model, &ended->processes[i]);
    if (result == 0)
        *ret = timeout;
    else
        lh_html_timeout_free(timeout);
    return result;
}

void lh_html_timeout_free(struct lh_html_timeout *timeout)
{
    if (timeout == NULL)
        return;
    lh_pool_free(timeout->pool);
    free(timeout);
}

void lh_html_timeout(const struct lh_html *html)
{
    if (html->report->run.timeout == NULL)
        return;
    fprintf(html->out,
            "<section id=\"timeout\" aria-labelledby=\"timeout-title\">\n"
            "<h2 id=\"timeout-title\">When time was over</h2>\n<p class=\"about\">The run was "
            "ended after %g s. This is what its threads did then.</p>\n",
            html->report->run.timeout->seconds);
    for (size_t i = 0; i < html->timeout->n; i++)
        lh_html_card(html, &html->timeout->processes[i], 't', i + 1);
    fputs("</section>\n", html->out);
}

void lh_html_timeout_data(const struct lh_html *html)
{
    for (size_t i = 0; i < html->timeout->n; i++) {
        fputs(i > 0 ? ",\n" : "", html->out);
        lh_html_card_data(html, &html->timeout->processes[i]);
    }
}
