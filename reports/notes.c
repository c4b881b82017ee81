#include "notes.h"

#include <inttypes.h>

#include "escape.h"
#include "words.h"

static void begin_note(const struct lh_style *style)
{
    lh_paint_text(style, LH_PAINT_YELLOW, "note:");
    putc(' ', style->out);
}

void lh_put_note(const struct lh_style *style, const char *text)
{
    begin_note(style);
    lh_put_wrapped(style->out, text, 6, 6);
    putc('\n', style->out);
}

static void put_damage(const struct lh_style *style, const struct lh_process *process)
{
    begin_note(style);
    fputs("the trace ", style->out);
    lh_put_terminal(style->out, process->path != NULL ? process->path : "");
    fputs(" is damaged: ", style->out);
    lh_put_terminal(style->out,
                    process->damage != NULL ? process->damage : "some of it is unreadable");
    fputs("; the report rests on what could be read\n", style->out);
}

static void put_stopped(const struct lh_style *style, const struct lh_process *process)
{
    begin_note(style);
    fprintf(style->out, "recording of process %" PRIu32 " stopped before its end\n", process->pid);
}

/* The sum of one counter over all processes. */
static uint64_t total(const struct lh_model *model, size_t counter)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < model->n_processes; i++)
        if (__builtin_add_overflow(sum, model->processes[i]->counters[counter], &sum))
            return UINT64_MAX;
    return sum;
}

static void put_drop(const struct lh_style *style, size_t counter, uint64_t count)
{
    begin_note(style);
    fprintf(style->out, "%" PRIu64 " record%s dropped: %s\n", count, count == 1 ? "" : "s",
            lh_drop_help(counter));
}

/* Nothing is wrong with that, but who looks for a thread should know that it may not be named. */
static void put_repeats(const struct lh_style *style, uint64_t count)
{
    begin_note(style);
    fprintf(style->out,
            "a lock order was seen in more threads than are kept: %" PRIu64 " time%s left out\n",
            count, count == 1 ? "" : "s");
}

static bool has_unknown_python(const struct lh_model *model)
{
    for (size_t i = 0; i < model->n_processes; i++)
        if (model->processes[i]->unknown_python)
            return true;
    return false;
}

void lh_put_notes(const struct lh_style *style, const struct lh_model *model)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        if (model->processes[i]->damaged)
            put_damage(style, model->processes[i]);
        if (model->processes[i]->state == LH_STATE_STOPPED)
            put_stopped(style, model->processes[i]);
    }
    if (has_unknown_python(model))
        lh_put_note(style, lh_unknown_python_help);
    if (total(model, LH_COUNT_REPEATS) > 0)
        put_repeats(style, total(model, LH_COUNT_REPEATS));
    for (size_t counter = LH_DROP_FIRST; counter < LH_COUNTERS; counter++) {
        uint64_t count = total(model, counter);
        if (count > 0)
            put_drop(style, counter, count);
    }
}
