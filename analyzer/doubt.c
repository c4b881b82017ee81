#include "doubt.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "pool.h"

static const char *signal_name(struct lh_pool *pool, int number)
{
    const char *name = sigabbrev_np(number);

    if (name)
        return lh_pool_printf(pool, "SIG%s", name);
    return lh_pool_printf(pool, "signal %d", number);
}

/* "SIGTERM", "SIGINT and SIGTERM", "SIGHUP, SIGINT and SIGTERM" */
static const char *signal_list(struct lh_pool *pool, uint64_t signals)
{
    const char *list = NULL;

    for (int number = 1; number <= 64; number++) {
        uint64_t bit = UINT64_C(1) << (number - 1);

        if (!(signals & bit))
            continue;
        signals &= ~bit;
        list = list ? lh_pool_printf(pool, "%s%s%s", list, signals ? ", " : " and ",
                                     signal_name(pool, number))
                    : signal_name(pool, number);
    }
    return list ? list : "some signal";
}

static const char *join(struct lh_pool *pool, const char *text, const char *more)
{
    return text ? lh_pool_printf(pool, "%s; %s", text, more) : more;
}

const char *lh_doubt_text(struct lh_pool *pool, uint32_t doubts, uint64_t signals)
{
    const char *text = NULL;

    if (doubts & LH_DOUBT_HANDLER)
        text = join(pool, text,
                    lh_pool_printf(pool, "its handler of %s may wake a thread",
                                   signal_list(pool, signals)));
    if (doubts & LH_DOUBT_SHARED)
        text = join(pool, text,
                    "another process may wake a thread: what it waits for lies in "
                    "memory that they share");
    if (doubts & LH_DOUBT_UNRECORDED)
        text = join(pool, text, "a thread waits for something that was not recorded");
    if (doubts & LH_DOUBT_UNSEEN)
        text = join(pool, text,
                    "the kernel did not let lockhound look at its threads (run it as "
                    "the same user, or as root)");
    return text ? text : "for a reason that this version does not know";
}

int lh_process_mark(struct lh_pool *pool, struct lh_process *process, bool stalled, uint32_t doubts,
                    uint64_t doubt_signals)
{
    process->stalled = stalled;
    process->doubt = NULL;
    if (stalled || !doubts)
        return 0;
    process->doubt = lh_doubt_text(pool, doubts, doubt_signals);
    return process->doubt ? 0 : -ENOMEM;
}
