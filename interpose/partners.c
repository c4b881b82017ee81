#include "partners.h"

#include "dep.h"
#include "seen.h"

#define WALK_MAX 64u /* locks looked at */

/*
 * Forward from the lock wanted, through a bounded number of locks: cycles among short-lived objects
 * are short.
 */
bool lh_dep_closes_cycle(const struct lh_dep *dep)
{
    const struct lh_lock *queue[WALK_MAX] = {dep->wanted};
    uint32_t n = 1;

    for (uint32_t at = 0; at < n; at++) {
        for (const struct lh_dep_use *use = queue[at]->held; use; use = use->next) {
            const struct lh_lock *next = use->dep->wanted;
            uint32_t i = 0;
            if (lh_dep_closed_by(dep, next))
                return true;
            while (i < n && queue[i] != next)
                i++;
            if (i == n && n < WALK_MAX)
                queue[n++] = next;
        }
        /* A lock that lives on, like one for all, may lead to thousands: one step is enough. */
        if (at > 0 && !queue[at]->ended)
            break;
    }
    return false;
}

#define WALK_USES   1024u /* dependencies looked at */
#define WALK_PASSES 4

/* Locks that a dependency leads to, and whether that leads back to it. */
struct way_round {
    const struct lh_dep *dep;
    struct lh_lock *locks[WALK_MAX];
    bool back[WALK_MAX];
    uint32_t n;
};

/* WALK_MAX: not there. */
static uint32_t place_in(const struct way_round *way, const struct lh_lock *lock)
{
    uint32_t i = 0;

    while (i < way->n && way->locks[i] != lock)
        i++;
    return i < way->n ? i : WALK_MAX;
}

static void walk_forward(struct way_round *way)
{
    uint32_t uses = 0;

    way->locks[way->n++] = way->dep->wanted;
    for (uint32_t at = 0; at < way->n; at++) {
        const struct lh_dep_use *use = way->locks[at]->held;
        for (; use && uses++ < WALK_USES; use = use->next) {
            if (way->n < WALK_MAX && place_in(way, use->dep->wanted) == WALK_MAX)
                way->locks[way->n++] = use->dep->wanted;
        }
    }
}

static bool leads_back(const struct way_round *way, const struct lh_dep *dep)
{
    uint32_t to = place_in(way, dep->wanted);

    return lh_dep_closed_by(way->dep, dep->wanted) || (to < WALK_MAX && way->back[to]);
}

/* Returns whether there is a way back at all. */
static bool walk_back(struct way_round *way)
{
    for (int pass = 0; pass < WALK_PASSES; pass++) {
        bool changed = false;
        for (uint32_t i = way->n; i-- > 0;) {
            if (way->back[i])
                continue;
            const struct lh_dep_use *use = way->locks[i]->held;
            for (uint32_t n = 0; use && n < WALK_USES && !way->back[i]; use = use->next, n++)
                way->back[i] = leads_back(way, use->dep);
            changed |= way->back[i];
        }
        if (!changed)
            break;
    }
    return way->back[0];
}

void lh_wake_partners(const struct lh_dep *dep)
{
    struct way_round way = {.dep = dep};

    walk_forward(&way);
    if (!walk_back(&way))
        return;
    for (uint32_t i = 0; i < way.n; i++) {
        const struct lh_dep_use *use = way.back[i] ? way.locks[i]->held : NULL;
        for (uint32_t n = 0; use && n < WALK_USES; use = use->next, n++) {
            if (leads_back(&way, use->dep))
                lh_seen_wake(use->dep);
        }
        /* Those who wait to write it alone: readers may wait behind them. */
        struct lh_dep *writer = way.back[i] ? way.locks[i]->wanted : NULL;
        for (uint32_t n = 0; writer && n < WALK_USES; writer = writer->wanted_next, n++) {
            if (writer->n_held == 0)
                lh_seen_wake(writer);
        }
    }
}
