#include "message.h"

#include <inttypes.h>
#include <string.h>

#include "site.h"

#define NAMES_SHOWN 6 /* locks of a long cycle named in one line */

const char *lh_thread_text(struct lh_pool *pool, const struct lh_process *process, uint32_t uid)
{
    const struct lh_thread *thread = lh_process_thread(process, uid);

    uint32_t number = thread->number ? thread->number : uid;

    if (number == 1 && !(thread->name && *thread->name))
        return "the main thread";
    if (thread->name && *thread->name)
        return lh_pool_printf(pool, "thread %" PRIu32 " (%s)", number, thread->name);
    return lh_pool_printf(pool, "thread %" PRIu32, number);
}

static const char *or_unknown(const char *name)
{
    return name && *name ? name : "an unknown lock";
}

const char *lh_lock_text(const struct lh_finding *finding, uint32_t lock)
{
    const struct lh_process *process = finding->process;
    uint32_t class_id = lh_process_lock(process, lock)->class_id;

    for (size_t i = 0; i < finding->n_locks; i++)
        if (finding->locks[i] != lock &&
            lh_process_lock(process, finding->locks[i])->class_id == class_id)
            return or_unknown(lh_process_lock(process, lock)->name);
    return or_unknown(lh_process_class(process, lock)->name);
}

static const char *held_text(const struct lh_finding *finding, size_t i)
{
    const struct lh_participant *participant = &finding->participants[i];

    if (participant->cycle_hold >= participant->n_holds)
        return "an unknown lock";
    return lh_lock_text(finding, participant->holds[participant->cycle_hold].lock);
}

static const char *wanted_text(const struct lh_finding *finding, size_t i)
{
    return lh_lock_text(finding, finding->participants[i].wants.lock);
}

/* Where somebody who holds the one lock comes to want the other. */
static const char *order_site(struct lh_pool *pool, const struct lh_finding *finding, size_t i)
{
    const struct lh_participant *participant = &finding->participants[i];
    uint32_t wanted = participant->wants.stack;

    if (participant->cycle_hold >= participant->n_holds)
        return lh_site_text(pool, finding->process, wanted);
    return lh_meeting_text(pool, finding->process,
                           participant->holds[participant->cycle_hold].stack, wanted);
}

static const char *pair_message(struct lh_pool *pool, const struct lh_finding *finding)
{
    const struct lh_process *process = finding->process;

    return lh_pool_printf(pool, "%s and %s are taken in opposite orders by %s and %s%s",
                          held_text(finding, 0), wanted_text(finding, 0),
                          lh_thread_text(pool, process, finding->participants[0].thread),
                          lh_thread_text(pool, process, finding->participants[1].thread),
                          finding->timed ? "; one of the waits gives up after a while" : "");
}

static const char *ring_message(struct lh_pool *pool, const struct lh_finding *finding)
{
    size_t n = finding->n_participants, shown = n <= NAMES_SHOWN ? n : NAMES_SHOWN - 1;
    const char *names = held_text(finding, 0);

    for (size_t i = 1; names && i < shown; i++)
        names = lh_pool_printf(pool, "%s -> %s", names, held_text(finding, i));
    if (!names)
        return NULL;
    return lh_pool_printf(
        pool, "%zu locks are taken in a circle: %s%s -> %s, each step by another thread%s", n,
        names, shown < n ? " -> ..." : "", held_text(finding, 0),
        finding->timed ? "; one of the waits gives up after a while" : "");
}

const char *lh_inversion_message(struct lh_pool *pool, const struct lh_finding *finding)
{
    return finding->n_participants == 2 ? pair_message(pool, finding) : ring_message(pool, finding);
}

static bool is_one_class(const struct lh_finding *finding)
{
    for (size_t i = 1; i < finding->n_locks; i++)
        if (lh_process_lock(finding->process, finding->locks[i])->class_id !=
            lh_process_lock(finding->process, finding->locks[0])->class_id)
            return false;
    return finding->n_locks > 1;
}

/* Like locks have no order of their own: it takes a rule. */
static const char *class_remedy(struct lh_pool *pool, const struct lh_finding *finding)
{
    bool is_python = lh_process_lock(finding->process, finding->locks[0])->python;

    return lh_pool_printf(
        pool, "take locks of %s in one order everywhere, for example by %s; %s does not",
        or_unknown(lh_process_class(finding->process, finding->locks[0])->name),
        is_python ? "id()" : "address", order_site(pool, finding, 0));
}

static size_t rarest(const struct lh_order *orders, size_t n)
{
    size_t found = 0;

    for (size_t i = 1; i < n; i++)
        if (orders[i].count < orders[found].count ||
            (orders[i].count == orders[found].count && orders[i].places < orders[found].places))
            found = i;
    return found;
}

/* The rarest order gives way. In a cycle of two, the winner is shown as the example to follow. */
const char *lh_order_remedy(struct lh_pool *pool, const struct lh_finding *finding,
                            const struct lh_order *orders)
{
    size_t n = finding->n_participants, loser, other;
    const char *site;

    if (n < 2)
        return NULL;
    if (is_one_class(finding))
        return class_remedy(pool, finding);
    loser = rarest(orders, n);
    other = (loser + 1) % n;
    site = order_site(pool, finding, loser);
    if (!site)
        return NULL;
    if (n == 2 && orders[other].places > 1)
        return lh_pool_printf(pool, "take %s before %s in %s, as %" PRIu32 " other places do",
                              wanted_text(finding, loser), held_text(finding, loser), site,
                              orders[other].places);
    if (n == 2)
        return lh_pool_printf(pool, "take %s before %s in %s, as %s does",
                              wanted_text(finding, loser), held_text(finding, loser), site,
                              order_site(pool, finding, other));
    return lh_pool_printf(
        pool, "take %s before %s in %s: of the %zu steps of the cycle this is seen least",
        wanted_text(finding, loser), held_text(finding, loser), site, n);
}
