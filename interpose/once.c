/* Wrapper of pthread_once. */
#include <pthread.h>

#include "export.h"
#include "once_op.h"
#include "op.h"
#include "real.h"

/* What the routine run by the real pthread_once() in this thread stands for. */
struct once_call {
    void (*routine)(void);
    struct lh_op *op;
    struct lh_block *block;
};

static __thread struct once_call *current __attribute__((tls_model("initial-exec")));

struct once_hold {
    struct lh_self *self;
    const void *control;
};

static void leave_routine(struct once_hold *hold)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    if (lh_racing())
        lh_race_release(hold->control);
    lh_release(self, hold->control, 0, (struct lh_site){0, 0});
    lh_leave(self);
}

/* Called by the real pthread_once() when this thread is the one to run the routine. */
static void run_routine(void)
{
    struct once_call *call = current;
    struct lh_op *op = call->op;
    struct once_hold hold __attribute__((cleanup(leave_routine), unused)) = {
        .self = op->self,
        .control = op->object,
    };

    lh_unblock(op, call->block);
    op->waited = 0; /* it did not wait for anybody */
    lh_acquired(op);
    lh_leave(op->self);
    call->routine();
}

static void restore(struct once_call **outer)
{
    current = *outer;
}

int lh_once(pthread_once_t *control, void (*routine)(void), struct lh_site site)
{
    struct lh_op op;
    struct once_call call = {.routine = routine, .op = &op};
    struct once_call *outer __attribute__((cleanup(restore), unused)) = current;

    if (!lh_begin(&op, control, LH_LOCK_ONCE, LH_MODE_EXCLUSIVE, 0, site))
        return lh_real.pthread_once(control, routine);
    struct lh_block block LH_BLOCK_CLEANUP =
        lh_block_begin(op.self, LH_WAIT_ONCE, op.lock, 0, op.stack, 0);
    call.block = &block;
    current = &call;
    int result = lh_real.pthread_once(control, run_routine);
    if (block.self) {
        lh_unblock(&op, &block);
        lh_leave(op.self);
    }
    if (lh_racing())
        lh_race_acquire(control);
    return result;
}

/* Done already, by glibc's own mark (sysdeps/nptl/internaltypes.h: __PTHREAD_ONCE_DONE). */
static bool is_done(const pthread_once_t *control)
{
    /* Acquire, as glibc's own fast path: what the routine did is visible. */
    return __atomic_load_n(control, __ATOMIC_ACQUIRE) == 2;
}

LH_EXPORT int pthread_once(pthread_once_t *control, void (*routine)(void))
{
    lh_real_need();
    /* Nothing held and nothing to run: neither side of a dependency. The unwinder, which the shim
     * itself uses, comes here each time. */
    if (is_done(control) && (!lh_self || lh_self->guard || !lh_self->n_held)) {
        if (lh_racing())
            lh_race_acquire(control);
        return 0;
    }
    return lh_once(control, routine, LH_SITE());
}
