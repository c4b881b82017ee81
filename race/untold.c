#include "untold.h"

#include "discipline.h"
#include "entries.h"
#include "renewal.h"
#include "report.h"
#include "self.h"

/* The record in the trace shows the counts of the bytes from now on. */
static void attach(uint64_t found_word, uintptr_t addr, struct lh_cell *cell,
                   struct lh_trace_race *race)
{
    uint64_t local_words[3];
    uint32_t local_accesses[3];
    uint64_t word = lh_cell_lock(cell);
    struct lh_entries entries = lh_entries_open(cell, word, local_words, local_accesses);
    struct lh_discipline *discipline =
        entries.record ? lh_discipline_of(entries.record->discipline, found_word) : NULL;

    if (discipline) {
        /* Each access shows from now on, and those that were counted alone until now. */
        lh_renewals_gather(entries.record, addr);
        lh_record_changed(entries.record);
        discipline->race = race;
        lh_discipline_show(discipline);
    }
    lh_cell_unlock(cell, word);
}

static void report(const struct lh_untold *untold)
{
    if (untold->withdraws) {
        lh_report_withdraw(&untold->found, untold->withdraws, untold->addr);
        return;
    }
    struct lh_trace_race *race = lh_report(&untold->found, untold->addr);

    if (race)
        attach(untold->word, untold->addr, untold->cell, race);
}

void lh_tell_untold(struct lh_race_thread *thread)
{
    while (thread->n_untold && !lh_self_is_inside()) {
        struct lh_untold untold = thread->untold[--thread->n_untold];
        report(&untold);
    }
}

void lh_tell(const struct lh_visit *visit, struct lh_cell *cell)
{
    struct lh_race_thread *thread = visit->hot->thread;
    struct lh_untold untold = {visit->found, visit->addr, visit->word, cell, visit->withdraws};

    /* With no room left lh_report() counts it as dropped. */
    if (lh_self_is_inside() && thread->n_untold < LH_UNTOLD)
        thread->untold[thread->n_untold++] = untold;
    else
        report(&untold);
}
