#include "text_waiting.h"

#include "message.h"
#include "notes.h"
#include "site.h"

static bool holds(const struct lh_thread *thread, uint32_t lock)
{
    for (size_t i = 0; i < thread->n_held; i++)
        if (thread->held[i].lock == lock)
            return true;
    return false;
}

/* The other thread of the process that held what this one waited for; NULL: there was none. */
static const struct lh_thread *holder(const struct lh_process *process,
                                      const struct lh_thread *waiter)
{
    for (size_t i = 0; i < process->n_threads; i++) {
        const struct lh_thread *thread = &process->threads[i];
        if (thread->live && thread != waiter && holds(thread, waiter->wait_lock))
            return thread;
    }
    return NULL;
}

/* false: none of the process. */
static bool tell(const struct lh_style *style, const struct lh_model *model,
                 const struct lh_process *process)
{
    for (size_t i = 0; i < process->n_threads; i++) {
        const struct lh_thread *waiter = &process->threads[i], *other;
        if (!waiter->live || waiter->wait_kind != LH_WAIT_LOCK ||
            (other = holder(process, waiter)) == NULL)
            continue;
        const char *text = lh_pool_printf(
            model->pool,
            "%s waited in %s for %s, which %s held, when the program was ended; if it hung, "
            "--timeout SEC tells what each thread does",
            lh_thread_text(model->pool, process, waiter->uid),
            lh_site_text(model->pool, process, waiter->wait_stack),
            lh_process_lock(process, waiter->wait_lock)->name,
            lh_thread_text(model->pool, process, other->uid));
        if (text != NULL)
            lh_put_note(style, text);
        return true;
    }
    return false;
}

void lh_text_waiting(const struct lh_style *style, const struct lh_report *report)
{
    const struct lh_run *run = &report->run;

    if (run->signal == 0 || run->ended_by_us || run->timeout != NULL ||
        report->findings->n_items > 0)
        return;
    for (size_t i = 0; i < report->model->n_processes; i++)
        if (tell(style, report->model, report->model->processes[i]))
            return;
}
