/*
 * The wrapper of syscall(), for futexes: what C++'s futures, latches, semaphores, atomic waits and
 * static variables, Rust's locks and many hand-made ones sleep on. They say nothing of who holds
 * what; but that a thread sleeps there, and who woke others, is known.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call.h"
#include "export.h"
#include "op.h"
#include "wakers.h"

enum futex_use { OTHER, WAITS, WAKES };

/* Who waits with a limit goes on by himself. */
static enum futex_use use_of(int operation, const void *limit)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return limit ? OTHER : WAITS;
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
    case FUTEX_WAKE_OP:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        return WAKES;
    default:
        return OTHER;
    }
}

struct call {
    long number, a, b, c, d, e, f;
};

static long make(const struct call *call)
{
    return lh_syscall(call->number, call->a, call->b, call->c, call->d, call->e, call->f);
}

/* A word of an object that the C library sleeps on itself is that object, whoever else does so. */
static bool is_another(const void *word)
{
    struct lh_self *self = lh_enter();
    struct lh_lock *lock = self ? lh_lock_known(word) : NULL;
    bool other = lock && lock->kind != LH_LOCK_FUTEX;

    if (self)
        lh_leave(self);
    return other;
}

static long wait(const struct call *call, struct lh_site site)
{
    const void *word = (const void *)call->a;
    struct lh_op op;

    if (is_another(word) || !lh_begin_any(&op, word, LH_LOCK_FUTEX, site))
        return make(call);
    lh_wait_cond_begin(op.self, op.lock, NULL);
    lh_event(op.self, LH_EVENT_FUTEX_WAIT, op.lock ? op.lock->index : LH_NO_LOCK, op.stack, 0);
    struct lh_block block LH_BLOCK_CLEANUP =
        lh_block_begin(op.self, LH_WAIT_FUTEX, op.lock, 0, op.stack, 0);
    long result = make(call);
    /* The word may be gone by now: whoever woke this thread was free to end it. */
    lh_unblock(&op, &block);
    if (op.lock) {
        lh_wait_cond_end(op.lock);
        if (result == 0)
            lh_wait_account(op.lock, op.waited, op.stack);
    }
    lh_leave(op.self);
    return result;
}

/* Before the call: afterwards the word may be gone. One that nobody was seen to wait for is of no
 * interest. */
static void note_wake(const void *word, struct lh_site site)
{
    struct lh_self *self = lh_enter();
    struct lh_lock *lock = self ? lh_lock_known(word) : NULL;

    if (lock && lock->kind == LH_LOCK_FUTEX) {
        uint32_t stack = lh_stack_of(self, site);
        lh_waker_note(self, lock, LH_EVENT_FUTEX_WAKE, stack);
        lh_event(self, LH_EVENT_FUTEX_WAKE, lock->index, stack, 0);
    }
    if (self)
        lh_leave(self);
}

static __attribute__((noinline)) long futex(const struct call *call, struct lh_site site)
{
    switch (use_of((int)call->b, (const void *)call->d)) {
    case WAITS:
        return wait(call, site);
    case WAKES:
        note_wake((const void *)call->a, site);
        return make(call);
    default:
        return make(call);
    }
}

/*
 * All that syscall() can be given; it reads no more than the call needs. Nothing is looked up, so
 * that allocators may use it before anything is ready.
 */
LH_EXPORT long lh_wrap_syscall(long number, long a, long b, long c, long d, long e,
                               long f) __asm__("syscall");

LH_EXPORT long lh_wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (__builtin_expect(number == SYS_futex, 0))
        return futex(&(struct call){number, a, b, c, d, e, f}, LH_SITE());
    return lh_syscall(number, a, b, c, d, e, f);
}
