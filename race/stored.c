#include "stored.h"

#include <stdbool.h>

#include "deferred.h"
#include "judge.h"
#include "renewal.h"
#include "untold.h"

static bool is_lost(const struct lh_stored *stored)
{
    uint64_t first = __atomic_load_n(&stored->cell->word[0], __ATOMIC_RELAXED);
    uint64_t second = __atomic_load_n(&stored->cell->word[1], __ATOMIC_RELAXED);

    if (first == stored->word || second == stored->word)
        return false;
    if (lh_word_slot(first) > LH_SLOT_MAX)
        return lh_word_in_record(first);
    return (first && lh_word_slot(first) != lh_word_slot(stored->word)) ||
           (second && lh_word_slot(second) != lh_word_slot(stored->word));
}

void lh_stored_again(struct lh_hot *hot, const struct lh_stored *stored)
{
    struct lh_visit visit = {
        .hot = hot, .addr = stored->addr, .word = stored->word, .access = stored->access};

    if (is_lost(stored) && !lh_is_passed_on(hot->thread))
        lh_judge_lock(&visit, stored->cell);
}

void lh_settle(struct lh_hot *hot)
{
    struct lh_race_thread *thread = hot->thread;

    while (thread->n_stored) {
        thread->next_stored = (thread->next_stored - 1) % LH_STORED;
        thread->n_stored--;
        lh_stored_again(hot, &thread->stored[thread->next_stored]);
    }
    if (thread->n_unsettled)
        lh_renewals_look_again(hot);
    if (__builtin_expect(thread->n_untold != 0, 0))
        lh_tell_untold(thread);
}
