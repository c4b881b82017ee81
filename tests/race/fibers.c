/*
 * Coroutines, annotated as ThreadSanitizer wants it: each has its own order, wherever it goes on.
 * EXPECT proven write_in_fiber write_in_other_fiber
 * EXPECT proven write_before_switch write_behind_switch
 */
#include <stdint.h>
#include <ucontext.h>

#include "pair.h"

#pragma GCC diagnostic ignored "-Wstrict-prototypes"
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned);
void __tsan_destroy_fiber(void *);
void __tsan_switch_to_fiber(void *, unsigned);
void __tsan_set_fiber_name(void *, const char *);

#define STACK_SIZE 65536
#define NO_SYNC    1u

struct coroutine {
    ucontext_t context, *back;
    void *fiber, *back_fiber;
    void (*function)(struct coroutine *);
    char *stack;
};

int handed_over, in_two_fibers, in_no_order, from_thread_to_thread, deep;

/* ---- switching ---- */

static void resume(struct coroutine *coroutine)
{
    ucontext_t here;

    coroutine->back = &here;
    coroutine->back_fiber = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(coroutine->fiber, 0);
    CHECK(swapcontext(&here, &coroutine->context) == 0);
}

static void yield(struct coroutine *coroutine)
{
    __tsan_switch_to_fiber(coroutine->back_fiber, 0);
    CHECK(swapcontext(&coroutine->context, coroutine->back) == 0);
}

static void begin(unsigned low, unsigned high)
{
    struct coroutine *coroutine = (struct coroutine *)((uintptr_t)high << 32 | low);

    coroutine->function(coroutine);
    __tsan_switch_to_fiber(coroutine->back_fiber, 0);
    setcontext(coroutine->back);
}

static struct coroutine *make(void (*function)(struct coroutine *))
{
    struct coroutine *coroutine = calloc(1, sizeof *coroutine);

    CHECK(coroutine && getcontext(&coroutine->context) == 0);
    coroutine->stack = malloc(STACK_SIZE);
    CHECK(coroutine->stack);
    coroutine->context.uc_stack.ss_sp = coroutine->stack;
    coroutine->context.uc_stack.ss_size = STACK_SIZE;
    coroutine->function = function;
    coroutine->fiber = __tsan_create_fiber(0);
    __tsan_set_fiber_name(coroutine->fiber, "coroutine");
    makecontext(&coroutine->context, (void (*)(void))begin, 2, (unsigned)(uintptr_t)coroutine,
                (unsigned)((uintptr_t)coroutine >> 32));
    return coroutine;
}

static void end(struct coroutine *coroutine)
{
    __tsan_destroy_fiber(coroutine->fiber);
    free(coroutine->stack);
    free(coroutine);
}

/* ---- what is in order: a switch hands over what was done ---- */

RACY static void recurse(struct coroutine *coroutine, int depth)
{
    deep++;
    if (depth > 0)
        recurse(coroutine, depth - 1);
    else
        yield(coroutine);
    deep++;
}

static void take_turns(struct coroutine *coroutine)
{
    for (int i = 0; i < 10; i++) {
        handed_over++;
        recurse(coroutine, i);
    }
}

static void switches_hand_over(void)
{
    struct coroutine *one = make(take_turns), *two = make(take_turns);

    for (int i = 0; i < 11; i++) {
        handed_over++;
        resume(one);
        resume(two);
    }
    CHECK(handed_over == 31);
    end(one);
    end(two);
}

/* A fiber that another thread goes on with knows what it did itself. */
static void go_from_thread_to_thread(struct coroutine *coroutine)
{
    for (int i = 0; i < 4; i++) {
        from_thread_to_thread++;
        yield(coroutine);
    }
}

static struct coroutine *wanderer;

static void *carry_on(void *unused)
{
    (void)unused;
    resume(wanderer);
    return NULL;
}

static void a_fiber_goes_from_thread_to_thread(void)
{
    pthread_t other;

    wanderer = make(go_from_thread_to_thread);
    for (int i = 0; i < 5; i++) {
        CHECK(pthread_create(&other, NULL, carry_on, NULL) == 0);
        CHECK(pthread_join(other, NULL) == 0);
    }
    CHECK(from_thread_to_thread == 4);
    end(wanderer);
}

/* ---- what is in no order ---- */

RACY static void write_in_fiber(struct coroutine *coroutine)
{
    (void)coroutine;
    in_two_fibers++;
}

RACY static void write_in_other_fiber(struct coroutine *coroutine)
{
    (void)coroutine;
    in_two_fibers++;
}

static void first(void)
{
    struct coroutine *coroutine = make(write_in_fiber);

    resume(coroutine);
    end(coroutine);
}

static void second(void)
{
    struct coroutine *coroutine = make(write_in_other_fiber);

    resume(coroutine);
    end(coroutine);
}

/* The program says that a switch orders nothing, as where any thread might have gone on. */
RACY static void write_before_switch(void)
{
    in_no_order++;
}

RACY static void write_behind_switch(void)
{
    in_no_order++;
}

static void switch_without_order(void)
{
    void *here = __tsan_get_current_fiber(), *other = __tsan_create_fiber(0);

    write_before_switch();
    __tsan_switch_to_fiber(other, NO_SYNC);
    write_behind_switch();
    __tsan_switch_to_fiber(here, NO_SYNC);
    __tsan_destroy_fiber(other);
}

int main(void)
{
    switches_hand_over();
    a_fiber_goes_from_thread_to_thread();
    pair(first, second);
    switch_without_order();
    return 0;
}
