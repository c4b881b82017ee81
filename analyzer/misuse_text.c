#include "misuse_text.h"

#include <inttypes.h>

#include "message.h"
#include "site.h"

struct words {
    struct lh_finding *finding;
    struct lh_pool *pool;
    const struct lh_misuse *misuse;
    const char *thread, *owner;
    const char *lock, *cond;
    const char *at, *taken; /* the place of the wrong call, and of the one that set it up */
    bool alone;             /* thread and owner are one */
};

static const char *times(struct lh_pool *pool, uint64_t count)
{
    if (count == 1)
        return "once";
    return count == 2 ? "twice" : lh_pool_printf(pool, "%" PRIu64 " times", count);
}

static const char *other_thread(const struct words *words)
{
    return lh_thread_text(words->pool, words->finding->process, words->misuse->other);
}

/* ---- locking and unlocking ---- */

static void say_not_locked(const struct words *words)
{
    words->finding->message = lh_pool_printf(words->pool, "%s unlocks %s, which is not locked",
                                             words->thread, words->lock);
    words->finding->remedy = lh_pool_printf(
        words->pool, "find the way to %s that comes without the lock, or comes twice", words->at);
}

static void say_not_owner(const struct words *words)
{
    words->finding->message = lh_pool_printf(words->pool, "%s unlocks %s, which %s has locked",
                                             words->thread, words->lock, words->owner);
    words->finding->remedy =
        lh_pool_printf(words->pool,
                       "unlock %s in the thread that locked it in %s; to wake another thread use "
                       "a condition or a semaphore",
                       words->lock, words->taken);
}

static void say_released_too_often(const struct words *words)
{
    words->finding->message = lh_pool_printf(
        words->pool, "%s unlocks %s once more than it has locked it: the call fails with EPERM",
        words->thread, words->lock);
    words->finding->remedy =
        words->misuse->owner_stack
            ? lh_pool_printf(words->pool,
                             "pair each unlock, as that in %s, with a lock; %s was "
                             "taken last in %s",
                             words->at, words->lock, words->taken)
            : lh_pool_printf(words->pool, "pair each unlock, as that in %s, with a lock",
                             words->at);
}

/* Others cannot be recursive. */
static bool is_mutex(const struct words *words)
{
    return lh_process_lock(words->finding->process, words->misuse->lock)->kind == LH_LOCK_MUTEX;
}

static void say_locked_again(const struct words *words)
{
    words->finding->message =
        lh_pool_printf(words->pool, "%s locks %s, which it holds: the call fails with EDEADLK",
                       words->thread, words->lock);
    words->finding->remedy = lh_pool_printf(
        words->pool, "do not come to %s with %s held since %s%s", words->at, words->lock,
        words->taken, is_mutex(words) ? ", or make it a recursive mutex" : "");
}

static void say_inconsistent(const struct words *words)
{
    const char *whose = words->misuse->owner
                            ? lh_pool_printf(words->pool, "%s had ended with it", words->owner)
                            : "its last owner had ended with it";

    words->finding->message = lh_pool_printf(
        words->pool,
        "%s unlocks %s without pthread_mutex_consistent() after %s: it can never be locked again "
        "(ENOTRECOVERABLE)",
        words->thread, words->lock, whose);
    words->finding->remedy =
        lh_pool_printf(words->pool,
                       "when locking %s gives EOWNERDEAD, repair what it guards and call "
                       "pthread_mutex_consistent() before the unlock in %s",
                       words->lock, words->at);
}

/* ---- ending with a lock ---- */

static void say_thread_end(const struct words *words)
{
    words->finding->message =
        lh_pool_printf(words->pool, "%s ended while it held %s", words->owner, words->lock);
    words->finding->remedy = lh_pool_printf(
        words->pool, "release %s, taken in %s, on every way out of the thread's function",
        words->lock, words->taken);
}

static void say_unbalanced(const struct words *words)
{
    const struct lh_misuse *misuse = words->misuse;
    struct lh_pool *pool = words->pool;

    say_thread_end(words);
    if (misuse->depth == 0)
        words->finding->message = lh_pool_printf(
            pool, "%s ended with %s locked: it was released less often than acquired", words->owner,
            words->lock);
    else if (misuse->n_stacks == 0)
        words->finding->message = lh_pool_printf(
            pool, "%s ended with %s locked: it was released %" PRIu32 " time%s less than acquired",
            words->owner, words->lock, misuse->depth, misuse->depth == 1 ? "" : "s");
    else if (misuse->n_stacks <= misuse->depth)
        words->finding->message =
            lh_pool_printf(pool, "%s ended with %s locked: acquired %s, never released",
                           words->owner, words->lock, times(pool, misuse->n_stacks));
    else
        words->finding->message = lh_pool_printf(
            pool, "%s ended with %s locked: acquired %s, released %s", words->owner, words->lock,
            times(pool, misuse->n_stacks), times(pool, misuse->n_stacks - misuse->depth));
}

static void say_process_end(const struct words *words)
{
    words->finding->message = lh_pool_printf(words->pool, "%s ended the process while it held %s",
                                             words->owner, words->lock);
    words->finding->remedy = lh_pool_printf(
        words->pool,
        "release %s, taken in %s, before exit(): other threads and exit handlers may "
        "want it",
        words->lock, words->taken);
}

/* ---- the life of a lock ---- */

static void say_destroyed_held(const struct words *words)
{
    words->finding->message = words->alone
                                  ? lh_pool_printf(words->pool, "%s destroys %s, which it holds",
                                                   words->thread, words->lock)
                                  : lh_pool_printf(words->pool, "%s destroys %s while %s holds it",
                                                   words->thread, words->lock, words->owner);
    words->finding->remedy =
        lh_pool_printf(words->pool, "release %s, taken in %s, before it is destroyed in %s",
                       words->lock, words->taken, words->at);
}

static void say_initialized_held(const struct words *words)
{
    words->finding->message =
        lh_pool_printf(words->pool, "%s initializes %s again while %s holds it", words->thread,
                       words->lock, words->alone ? "it" : words->owner);
    words->finding->remedy =
        lh_pool_printf(words->pool,
                       "initialize %s once, before any thread uses it, or release it, taken in %s, "
                       "and destroy it before it is initialized again in %s",
                       words->lock, words->taken, words->at);
}

static void say_after_destroy(const struct words *words)
{
    bool known = words->misuse->owner != LH_NO_THREAD;

    words->finding->message =
        lh_pool_printf(words->pool, "%s uses %s after %s destroyed it", words->thread, words->lock,
                       known ? words->owner : "somebody");
    words->finding->remedy =
        known
            ? lh_pool_printf(words->pool,
                             "destroy %s in %s when nobody can come to %s any more, or initialize "
                             "it again",
                             words->lock, words->taken, words->at)
            : lh_pool_printf(words->pool, "initialize %s again before %s", words->lock, words->at);
}

static void say_before_init(const struct words *words)
{
    words->finding->message = lh_pool_printf(words->pool, "%s uses %s, which was never initialized",
                                             words->thread, words->lock);
    words->finding->remedy =
        lh_pool_printf(words->pool, "initialize %s before %s", words->lock, words->at);
}

static void say_freed(const struct words *words)
{
    struct lh_pool *pool = words->pool;
    bool left = words->misuse->kind == LH_MISUSE_FRAME_LEFT_WHILE_HELD;
    const char *what = left                   ? "has left the function whose variable is"
                       : words->misuse->stack ? "gives back the memory of"
                                              : "ended, and its stack held";
    const char *holder = words->alone ? "it" : words->owner;
    const char *waiter = words->misuse->other
                             ? lh_pool_printf(pool, " and %s waits for it", other_thread(words))
                             : "";

    words->finding->message = lh_pool_printf(
        pool, "%s %s %s while %s holds it%s%s", words->thread, what, words->lock, holder, waiter,
        left ? lh_pool_printf(pool, " (noticed in %s)", words->at) : "");
    words->finding->remedy = lh_pool_printf(pool, "release %s, taken in %s, before its memory goes",
                                            words->lock, words->taken);
}

/* ---- waiting ---- */

static void say_wait_without_lock(const struct words *words)
{
    words->finding->message =
        words->misuse->owner
            ? lh_pool_printf(words->pool, "%s waits for %s with %s, which %s has locked",
                             words->thread, words->cond, words->lock, words->owner)
            : lh_pool_printf(words->pool, "%s waits for %s with %s, which it has not locked",
                             words->thread, words->cond, words->lock);
    words->finding->remedy = lh_pool_printf(
        words->pool,
        "lock %s before the condition is tested, and hold it until the wait in %s: a signal "
        "between the two is lost",
        words->lock, words->at);
}

static void say_two_mutexes(const struct words *words)
{
    words->finding->message =
        lh_pool_printf(words->pool, "%s waits for %s with %s while %s waits for it with %s",
                       words->thread, words->cond, words->lock, words->owner,
                       lh_lock_text(words->finding, words->misuse->owner_lock));
    words->finding->remedy = lh_pool_printf(
        words->pool, "use one mutex for %s in %s and in %s; what happens with two is undefined",
        words->cond, words->at, words->taken);
}

static void say_recursive_wait(const struct words *words)
{
    words->finding->message = lh_pool_printf(
        words->pool,
        "%s waits for %s with %s, which it has locked %s: the wait releases it once, so that it "
        "stays locked",
        words->thread, words->cond, words->lock, times(words->pool, words->misuse->depth));
    words->finding->remedy = lh_pool_printf(
        words->pool, "come to %s with %s locked once, or use no recursive mutex with a condition",
        words->at, words->lock);
}

static void say_join_self(const struct words *words)
{
    words->finding->message =
        lh_pool_printf(words->pool, "%s joins itself: the call fails with EDEADLK", words->thread);
    words->finding->remedy =
        lh_pool_printf(words->pool, "join it in %s from another thread, or detach it", words->at);
}

static void say_join_each_other(const struct words *words)
{
    words->finding->message =
        lh_pool_printf(words->pool, "%s and %s join each other: the later call fails with EDEADLK",
                       words->thread, other_thread(words));
    words->finding->remedy = lh_pool_printf(
        words->pool, "let one of them end first: take out the join in %s or that in %s", words->at,
        words->taken);
}

static void say_join_held(const struct words *words)
{
    words->finding->message = lh_pool_printf(
        words->pool, "%s joins %s while it holds %s, which that thread's function takes",
        words->thread, other_thread(words), words->lock);
    words->finding->remedy =
        lh_pool_printf(words->pool, "release %s, taken in %s, before the join in %s", words->lock,
                       words->taken, words->at);
}

static void say_forked(const struct words *words)
{
    const struct lh_misuse *misuse = words->misuse;
    const char *forked = misuse->n_stacks
                             ? lh_site_text(words->pool, words->finding->process, misuse->stacks[0])
                             : "an unknown place";

    words->finding->message = lh_pool_printf(
        words->pool,
        "%s of the child wants %s, which %s of the parent had locked when the process forked in "
        "%s: nobody can release it",
        words->thread, words->lock, words->owner, forked);
    words->finding->remedy = lh_pool_printf(
        words->pool,
        "take %s around the fork with pthread_atfork(), fork before there are threads, or only "
        "exec in the child",
        words->lock);
}

/* ---- the table ---- */

static const struct {
    enum lh_misuse_kind kind;
    void (*say)(const struct words *words);
} sayings[] = {
    {LH_MISUSE_UNLOCK_NOT_OWNER, say_not_owner},
    {LH_MISUSE_UNLOCK_NOT_LOCKED, say_not_locked},
    {LH_MISUSE_HELD_AT_THREAD_EXIT, say_thread_end},
    {LH_MISUSE_UNBALANCED_RECURSIVE, say_unbalanced},
    {LH_MISUSE_DESTROY_WHILE_HELD, say_destroyed_held},
    {LH_MISUSE_INIT_WHILE_HELD, say_initialized_held},
    {LH_MISUSE_USE_AFTER_DESTROY, say_after_destroy},
    {LH_MISUSE_USE_AFTER_DESTROY_AS_NEW, say_after_destroy},
    {LH_MISUSE_USE_BEFORE_INIT, say_before_init},
    {LH_MISUSE_FREED_WHILE_HELD, say_freed},
    {LH_MISUSE_FRAME_LEFT_WHILE_HELD, say_freed},
    {LH_MISUSE_WAIT_WITHOUT_LOCK, say_wait_without_lock},
    {LH_MISUSE_COND_TWO_MUTEXES, say_two_mutexes},
    {LH_MISUSE_FORK_WHILE_HELD, say_forked},
    {LH_MISUSE_RELEASED_TOO_OFTEN, say_released_too_often},
    {LH_MISUSE_LEFT_INCONSISTENT, say_inconsistent},
    {LH_MISUSE_LOCKED_AGAIN, say_locked_again},
    {LH_MISUSE_JOIN_SELF, say_join_self},
    {LH_MISUSE_JOIN_EACH_OTHER, say_join_each_other},
    {LH_MISUSE_HELD_AT_PROCESS_EXIT, say_process_end},
    {LH_MISUSE_JOIN_WHILE_HELD, say_join_held},
    {LH_MISUSE_WAIT_WHILE_RECURSIVE, say_recursive_wait},
};

void lh_misuse_say(struct lh_finding *finding, struct lh_pool *pool, const struct lh_misuse *misuse)
{
    const struct lh_process *process = finding->process;
    const struct words words = {
        .finding = finding,
        .pool = pool,
        .misuse = misuse,
        .thread = lh_thread_text(pool, process, misuse->thread),
        .owner = lh_thread_text(pool, process, misuse->owner),
        .lock = lh_lock_text(finding, misuse->lock),
        .cond = lh_lock_text(finding, misuse->other),
        .at = lh_site_text(pool, process, misuse->stack),
        .taken = lh_site_text(pool, process, misuse->owner_stack),
        .alone = misuse->owner == misuse->thread,
    };

    for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++)
        if (sayings[i].kind == (enum lh_misuse_kind)misuse->kind)
            sayings[i].say(&words);
}
