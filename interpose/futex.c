/*
 * The wrapper of syscall(), for futexes: what C++'s futures, latches, semaphores, atomic waits and
 * static variables, Rust's locks and many hand-made ones sleep on. They say nothing of who holds
 * what; but that a thread sleeps there, and who woke others, is known.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call.h"
#include "export.h"
#include "memory.h"
#include "op.h"
#include "start.h"
#include "wakers.h"

#define LOCK_PI2 13 /* newer than some headers */

enum futex_use { OTHER, WAITS, WAKES };

/* Who waits with a limit goes on by himself. */
static enum futex_use use_of(int operation, const void *limit)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAIT_REQUEUE_PI:
    case FUTEX_LOCK_PI:
    case LOCK_PI2:
        return limit ? OTHER : WAITS;
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
    case FUTEX_WAKE_OP:
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
    case FUTEX_UNLOCK_PI:
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

/* A thread that can be cancelled anywhere must not be inside the shim. Returns what to set back. */
static int defer_cancel(void)
{
    int type;

    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    return type;
}

/* May not return: the thread may have been cancelled meanwhile. */
static void set_cancel(int type)
{
    int previous;

    pthread_setcanceltype(type, &previous);
}

struct sleep {
    struct lh_op op;
    struct lh_block block;
};

/* Also when the thread is cancelled. How long it slept is of no interest: it is no wait for a lock.
 */
static void end_sleep(struct sleep *sleep)
{
    if (!sleep->block.self)
        return;
    /* The word may be gone by now: whoever woke this thread was free to end it. */
    lh_unblock(&sleep->op, &sleep->block);
    if (sleep->op.lock)
        lh_wait_cond_end(sleep->op.lock);
    lh_leave(sleep->op.self);
}

static bool begin_sleep(struct sleep *sleep, const void *word, struct lh_site site)
{
    struct lh_op *op = &sleep->op;

    if (is_another(word) || !lh_begin_any(op, word, LH_LOCK_FUTEX, site))
        return false;
    lh_wait_cond_begin(op->self, op->lock, NULL);
    lh_event(op->self, LH_EVENT_FUTEX_WAIT, op->lock ? op->lock->index : LH_NO_LOCK, op->stack, 0);
    sleep->block = lh_block_begin(op->self, LH_WAIT_FUTEX, op->lock, 0, op->stack, 0);
    return true;
}

static long wait(const struct call *call, struct lh_site site)
{
    struct sleep sleep __attribute__((cleanup(end_sleep)));
    int type = defer_cancel();

    sleep.block.self = NULL;
    bool recorded = begin_sleep(&sleep, (const void *)call->a, site);
    set_cancel(type);
    long result = make(call);
    if (!recorded)
        return result;
    defer_cancel();
    end_sleep(&sleep);
    set_cancel(type);
    return result;
}

/* Before the call: afterwards the word may be gone. One that nobody was seen to wait for is of no
 * interest. */
static void note_wake(const void *word, struct lh_site site)
{
    int type = defer_cancel();
    struct lh_self *self = lh_enter();
    struct lh_lock *lock = self ? lh_lock_known(word) : NULL;

    if (lock && lock->kind == LH_LOCK_FUTEX) {
        uint32_t stack = lh_stack_of(self, site);
        lh_waker_note(self, lock, LH_EVENT_FUTEX_WAKE, stack);
        lh_event(self, LH_EVENT_FUTEX_WAKE, lock->index, stack, 0);
    }
    if (self)
        lh_leave(self);
    set_cancel(type);
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

static bool is_readable(long address)
{
    return lh_memory_is_readable((const void *)(address & ~3L));
}

/*
 * Does it make a process with memory of its own? One that shares ours goes the bare way: on a new
 * stack, or in our frame, there is nothing to come back to.
 */
static bool is_fork(long number, long a)
{
    uint64_t flags = number == SYS_clone ? (uint64_t)a : 0;

    if (number == SYS_clone3) {
        /* The kernel says what is wrong with the pointer, not a crash. */
        if (!is_readable(a) || !is_readable(a + (long)sizeof flags - 1))
            return false;
        memcpy(&flags, (const void *)a, sizeof flags); /* the first of struct clone_args */
    }
    return !(flags & CLONE_VM);
}

static __attribute__((noinline)) long fork_bare(const struct call *call)
{
    long pid = make(call);

    if (pid == 0)
        lh_after_raw_fork();
    return pid;
}

/* The calls that are looked at: those that the entry below names. */
long lh_syscall_special(const struct call *call, struct lh_site site)
    __attribute__((visibility("hidden"), used));

long lh_syscall_special(const struct call *call, struct lh_site site)
{
    if (call->number == SYS_futex)
        return futex(call, site);
    return is_fork(call->number, call->a) ? fork_bare(call) : make(call);
}

/*
 * Nothing is looked up, so that allocators may use it before anything is ready.
 *
 * Where the last argument lies on the stack, most callers pass none: what lies there is theirs, and
 * other threads may write it. A compiler may store to the arguments of a function that it compiles,
 * if only the value that was there; so the entry is in assembly, and only reads.
 */
#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

#if defined(__x86_64__)
/* clang-format off */
__asm__(".pushsection .text\n"
        ".p2align 4\n"
        ".globl syscall\n"
        ".type syscall, @function\n"
        "syscall:\n"
        ".cfi_startproc\n"
        "    endbr64\n"
        "    cmpq $" TEXT(SYS_futex) ", %rdi\n"
        "    je 1f\n"
        "    cmpq $" TEXT(SYS_clone) ", %rdi\n"
        "    je 1f\n"
        "    cmpq $" TEXT(SYS_fork) ", %rdi\n"
        "    je 1f\n"
        "    cmpq $" TEXT(SYS_clone3) ", %rdi\n"
        "    jne lh_syscall\n"
        "1:  pushq %rbp\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset %rbp, -16\n"
        "    movq %rsp, %rbp\n"
        ".cfi_def_cfa_register %rbp\n"
        "    subq $64, %rsp\n"
        "    movq 16(%rbp), %rax\n"
        "    movq %rdi, (%rsp)\n"
        "    movq %rsi, 8(%rsp)\n"
        "    movq %rdx, 16(%rsp)\n"
        "    movq %rcx, 24(%rsp)\n"
        "    movq %r8, 32(%rsp)\n"
        "    movq %r9, 40(%rsp)\n"
        "    movq %rax, 48(%rsp)\n"
        "    movq %rsp, %rdi\n"
        "    movq 8(%rbp), %rsi\n"
        "    leaq 16(%rbp), %rdx\n"
        "    call lh_syscall_special\n"
        "    leave\n"
        ".cfi_def_cfa %rsp, 8\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size syscall, . - syscall\n"
        ".popsection\n");
/* clang-format on */
#else
LH_EXPORT long lh_wrap_syscall(long number, long a, long b, long c, long d, long e,
                               long f) __asm__("syscall");

LH_EXPORT long lh_wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    if (__builtin_expect(number == SYS_futex || number == SYS_clone || number == SYS_clone3, 0))
        return lh_syscall_special(&(struct call){number, a, b, c, d, e, f}, LH_SITE());
    return lh_syscall(number, a, b, c, d, e, f);
}
#endif
