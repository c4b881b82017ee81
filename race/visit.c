#include "visit.h"

#include "accesses.h"
#include "locksets.h"
#include "watched.h"

static bool meant(const struct lh_hot *hot, uint64_t word)
{
    return hot->strict[lh_word_slot(word)] >= lh_word_clock(word);
}

/* Was the order of these two no more than luck? Atomic accesses need no lock. */
static bool is_lucky(const struct lh_visit *visit, uint64_t other)
{
    return !((other | visit->word) & LH_WORD_ATOMIC) && !meant(visit->hot, other);
}

/* Was there a lock that both accesses hold? Mostly the two sets are those of the last question. */
static bool held_both(const struct lh_visit *visit, uint32_t access)
{
    uint32_t theirs = lh_access_place(access)->lockset, mine = visit->hot->lockset;
    uint64_t pair = (uint64_t)theirs << 32 | mine;

    if (!theirs || !mine)
        return false;
    if (visit->hot->thread->met == pair)
        return true;
    if (!lh_locksets_meet(theirs, mine))
        return false;
    visit->hot->thread->met = pair;
    return true;
}

void lh_visit_conflict(struct lh_visit *visit, uint64_t other, uint32_t access, bool before)
{
    if (!before && !visit->found.kind)
        visit->found = (struct lh_finding){LH_RACE_PROVEN, LH_DOUBT_NONE, other,
                                           visit->word,    access,        visit->access};
    else if (before && is_lucky(visit, other) && !held_both(visit, access))
        visit->breach = (struct lh_breach){other, visit->word, access, visit->access, false};
}
