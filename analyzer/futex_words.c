#include "futex_words.h"

#include <string.h>

#define GUARD "__cxa_guard_acquire"

static const struct lh_futex_words words[] = {
    {GUARD, "the initialization of a static variable", "end it", "ends",
     "do not let the initialization of a static variable come to its own function, or to that of "
     "one whose initialization comes back"},
    {"std::future<", "a std::future", "set its value", "sets",
     "set a value or an exception in the promise on every way, and see that the task is run by "
     "another thread than those that wait"},
    {"std::shared_future<", "a std::shared_future", "set its value", "sets",
     "set a value or an exception in the promise on every way, and see that the task is run by "
     "another thread than those that wait"},
    {"std::__basic_future<", "a std::future", "set its value", "sets",
     "set a value or an exception in the promise on every way, and see that the task is run by "
     "another thread than those that wait"},
    {"std::latch::", "a std::latch", "count it down", "counts down",
     "make the latch with the number of threads that count it down"},
    {"std::barrier<", "a std::barrier", "arrive there", "completes",
     "make the barrier with the number of threads that come to it every time, or let those that "
     "leave call arrive_and_drop()"},
    {"std::counting_semaphore<", "a std::counting_semaphore", "release it", "releases",
     "release the semaphore as often as it is acquired"},
    {"std::atomic_flag::wait", "a std::atomic_flag", "notify it", "notifies",
     "call notify_one() or notify_all() after each change that ends the wait"},
    {"std::__atomic_base<", "a std::atomic", "notify it", "notifies",
     "call notify_one() or notify_all() after each change that ends the wait"},
    {"std::atomic<", "a std::atomic", "notify it", "notifies",
     "call notify_one() or notify_all() after each change that ends the wait"},
};

static const struct lh_futex_words other = {NULL, "a futex", "wake it", "wakes", NULL};

static bool is_on_stack(const struct lh_stack *stack, const char *part)
{
    for (size_t i = 0; i < stack->n_frames; i++)
        if (stack->frames[i].function && strstr(stack->frames[i].function, part))
            return true;
    return false;
}

const struct lh_futex_words *lh_futex_words(const struct lh_process *process,
                                            const struct lh_thread *waiter)
{
    const struct lh_stack *stack = lh_process_stack(process, waiter->wait_stack);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (is_on_stack(stack, words[i].function))
            return &words[i];
    return &other;
}

/* The function whose static variable the waiter waits for; NULL: it waits for something else. */
static const char *guarded_function(const struct lh_stack *stack)
{
    for (size_t i = 0; i + 1 < stack->n_frames; i++)
        if (stack->frames[i].function && strcmp(stack->frames[i].function, GUARD) == 0)
            return stack->frames[i + 1].function;
    return NULL;
}

/* How often the function is on the stack. */
static size_t count(const struct lh_stack *stack, const char *function)
{
    size_t n = 0;

    for (size_t i = 0; i < stack->n_frames; i++)
        n += stack->frames[i].function && strcmp(stack->frames[i].function, function) == 0;
    return n;
}

uint32_t lh_futex_initializer(const struct lh_process *process, const struct lh_thread *waiter)
{
    const struct lh_stack *stack = lh_process_stack(process, waiter->wait_stack);
    const char *function = guarded_function(stack);

    if (!function)
        return LH_NO_THREAD;
    if (count(stack, function) > 1)
        return waiter->uid;
    for (size_t i = 0; i < process->n_threads; i++) {
        const struct lh_thread *thread = &process->threads[i];
        const struct lh_stack *other_stack = lh_process_stack(process, thread->wait_stack);
        const char *wanted = thread->live ? guarded_function(other_stack) : NULL;
        /* Others who came later wait for the same variable. */
        if (thread != waiter && thread->live && thread->wait_kind != LH_WAIT_NONE &&
            count(other_stack, function) > (wanted && strcmp(wanted, function) == 0 ? 1u : 0u))
            return thread->uid;
    }
    return LH_NO_THREAD;
}
