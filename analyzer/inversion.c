#include "inversion.h"

#include <errno.h>
#include <stdlib.h>

#include "analyses.h"
#include "message.h"

int lh_participant_of_link(struct lh_participant *participant, struct lh_pool *pool,
                           const struct lh_process *process, const struct lh_link *link)
{
    const struct lh_dep *dep = &process->deps[link->instance->dep];

    *participant = (struct lh_participant){
        .thread = link->instance->thread,
        .n_holds = dep->n_held,
        .has_wants = true,
        .wants = dep->wanted,
        .cycle_hold = link->instance->hold,
    };
    participant->holds = lh_pool_copy(pool, dep->held, dep->n_held * sizeof(*dep->held));
    return participant->holds ? 0 : -ENOMEM;
}

static int fill_participants(struct lh_finding *finding, struct lh_pool *pool,
                             const struct lh_chain *chain)
{
    finding->n_participants = finding->n_locks = chain->n;
    finding->participants = lh_pool_alloc(pool, chain->n * sizeof(*finding->participants));
    finding->locks = lh_pool_alloc(pool, chain->n * sizeof(*finding->locks));
    if (!finding->participants || !finding->locks)
        return -ENOMEM;
    for (size_t i = 0; i < chain->n + chain->n_writers; i++)
        finding->timed |= (chain->links[i].way->want_flags & LH_ATTEMPT_TIMED) != 0;
    for (size_t i = 0; i < chain->n; i++) {
        finding->locks[i] = chain->links[i].way->from;
        if (lh_participant_of_link(&finding->participants[i], pool, finding->process,
                                   &chain->links[i]) < 0)
            return -ENOMEM;
    }
    return 0;
}

static int fill_texts(struct lh_finding *finding, struct lh_pool *pool,
                      const struct lh_lock_graph *graph, const struct lh_chain *chain)
{
    struct lh_order *orders = calloc(chain->n, sizeof(*orders));

    if (!orders)
        return -ENOMEM;
    for (size_t i = 0; i < chain->n; i++) {
        const struct lh_edge *edge = &graph->edges[chain->links[i].way->edge];
        orders[i] = (struct lh_order){edge->count, edge->n_places};
    }
    finding->message = lh_inversion_message(pool, finding);
    finding->remedy = lh_order_remedy(pool, finding, orders);
    free(orders);
    return finding->message && finding->remedy ? 0 : -ENOMEM;
}

int lh_inversion_fill(struct lh_finding *finding, struct lh_findings *findings,
                      const struct lh_lock_graph *graph, const struct lh_chain *chain)
{
    finding->kind = LH_KIND_LOCK_ORDER_INVERSION;
    finding->severity = LH_WARNING;
    finding->process = graph->process;
    if (fill_participants(finding, findings->pool, chain) < 0 ||
        fill_texts(finding, findings->pool, graph, chain) < 0)
        return -ENOMEM;
    lh_fingerprint(finding, finding->fingerprint);
    return 0;
}
