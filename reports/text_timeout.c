#include "text_timeout.h"

#include <inttypes.h>
#include <stdlib.h>

#include "doing.h"
#include "escape.h"
#include "site.h"
#include "stack_text.h"

#define THREADS_MOST 100 /* of a process; the JSON report has all */

static void put_label(const struct lh_text_context *text, const char *label)
{
    fputs("    ", text->style.out);
    lh_paint_text(&text->style, LH_PAINT_DIM, label);
    fputs("  ", text->style.out);
}

static void put_last(const struct lh_text_context *text, const struct lh_process *process,
                     const struct lh_event *event)
{
    const struct lh_frame *site = lh_site_frame(process, event->stack);
    const char *name = lh_event_name(event->type);
    FILE *out = text->style.out;

    if (name == NULL)
        return;
    put_label(text, "last");
    fputs(name, out);
    if (lh_event_has_lock(event)) {
        const struct lh_lock *lock = lh_process_lock(process, event->lock);
        putc(' ', out);
        if (lock->name != NULL)
            lh_put_terminal(out, lock->name);
        else
            fprintf(out, "lock 0x%" PRIx64, lock->addr);
    }
    if (site != NULL) {
        fputs(" in ", out);
        lh_put_terminal(out, site->function != NULL ? site->function : "??");
        fputs("  ", out);
        lh_put_place(out, site);
    }
    putc('\n', out);
}

/* The kernel's word, where the trace has none: a thread that waits for no lock. */
static void put_state(const struct lh_text_context *text, const struct lh_doing *doing)
{
    const struct lh_thread *thread = doing->thread;
    char buffer[LH_DOING_TEXT];

    put_label(text, "was ");
    if (thread->wait_kind != LH_WAIT_NONE)
        fputs("waiting for something that was not recorded", text->style.out);
    else if (doing->kernel != NULL)
        fputs(lh_doing_text(doing->kernel, buffer), text->style.out);
    else
        fputs("not waiting for a lock", text->style.out);
    putc('\n', text->style.out);
}

static void put_recorded(const struct lh_text_context *text, const struct lh_process *process,
                         const struct lh_doing *doing)
{
    struct lh_participant participant = lh_doing_participant(doing->thread);
    const struct lh_finding carrier = {
        .process = process, .participants = &participant, .n_participants = 1};

    lh_text_participant(text, &carrier, &participant);
    if (participant.has_wants || participant.joins != LH_NO_THREAD)
        return;
    put_state(text, doing);
    put_last(text, process, &doing->thread->last);
}

static void put_unrecorded(const struct lh_text_context *text,
                           const struct lh_timeout_thread *thread)
{
    FILE *out = text->style.out;
    char buffer[LH_DOING_TEXT];

    fprintf(out, "  tid %" PRIu32 " \"", thread->tid);
    lh_put_terminal(out, thread->name);
    fprintf(out, "\", a thread that is not recorded, was %s\n", lh_doing_text(thread, buffer));
}

static void put_process(const struct lh_text_context *text, const struct lh_timeout_process *seen,
                        const struct lh_process *process)
{
    FILE *out = text->style.out;

    if (text->model->n_processes < 2)
        return;
    fprintf(out, "  Process %" PRIu32, seen->pid);
    if (process != NULL && process->argc > 0) {
        fputs(" (", out);
        lh_put_terminal(out, process->argv[0]);
        putc(')', out);
    }
    fputs("\n\n", out);
}

static void put_threads(const struct lh_text_context *text, const struct lh_process *process,
                        const struct lh_doing *list, size_t n)
{
    size_t shown = n > THREADS_MOST ? THREADS_MOST : n;

    for (size_t i = 0; i < shown; i++) {
        if (list[i].thread != NULL)
            put_recorded(text, process, &list[i]);
        else
            put_unrecorded(text, list[i].kernel);
        putc('\n', text->style.out);
    }
    if (n > shown)
        fprintf(text->style.out, "  ... and %zu more threads, which the JSON report has\n\n",
                n - shown);
}

static int put_one(const struct lh_text_context *text, const struct lh_timeout_process *seen)
{
    static const struct lh_process unknown;
    const struct lh_process *process = lh_doing_process(text->model, seen);
    struct lh_doing *list;
    size_t n;
    int r = lh_doing_list(process != NULL ? process : &unknown, seen, &list, &n);

    if (r < 0)
        return r;
    put_process(text, seen, process);
    put_threads(text, process, list, n);
    free(list);
    return 0;
}

int lh_text_timeout(const struct lh_text_context *text, const struct lh_timeout *timeout)
{
    FILE *out = text->style.out;
    int r = 0;

    lh_paint_text(&text->style, LH_PAINT_YELLOW, "timeout:");
    fprintf(out, " the run was ended after %g s; this is what its threads did then\n\n",
            timeout->seconds);
    for (size_t i = 0; i < timeout->n && r == 0; i++)
        r = put_one(text, &timeout->processes[i]);
    return r;
}
