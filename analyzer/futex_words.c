#include "futex_words.h"

#include <string.h>

#define GUARD "__cxa_guard_acquire"

#define RUST_LOCK_REMEDY                                                                       \
    "look above each wait for the guards that the thread has by then: take locks in the same " \
    "order everywhere, none twice, and drop guards before waiting for something else"
#define RUST_COND_REMEDY "set a state under the mutex before notifying, and wait in a loop for it"
#define RUST_MUTEX       "a Rust Mutex", "release it", "releases", RUST_LOCK_REMEDY, true
#define RUST_RWLOCK      "a Rust RwLock", "release it", "releases", RUST_LOCK_REMEDY, true
#define RUST_CONDVAR     "a Rust Condvar", "notify it", "notifies", RUST_COND_REMEDY, false

/* What uses another is before it. The places in Rust's library have moved over the years. */
static const struct lh_futex_words words[] = {
    {GUARD, "the initialization of a static variable", "end it", "ends",
     "do not let the initialization of a static variable come to its own function, or to that of "
     "one whose initialization comes back",
     false},
    {"std::future<", "a std::future", "set its value", "sets",
     "set a value or an exception in the promise on every way, and see that the task is run by "
     "another thread than those that wait",
     false},
    {"std::shared_future<", "a std::shared_future", "set its value", "sets",
     "set a value or an exception in the promise on every way, and see that the task is run by "
     "another thread than those that wait",
     false},
    {"std::__basic_future<", "a std::future", "set its value", "sets",
     "set a value or an exception in the promise on every way, and see that the task is run by "
     "another thread than those that wait",
     false},
    {"std::latch::", "a std::latch", "count it down", "counts down",
     "make the latch with the number of threads that count it down", false},
    {"std::barrier<", "a std::barrier", "arrive there", "completes",
     "make the barrier with the number of threads that come to it every time, or let those that "
     "leave call arrive_and_drop()",
     false},
    {"std::counting_semaphore<", "a std::counting_semaphore", "release it", "releases",
     "release the semaphore as often as it is acquired", false},
    {"std::atomic_flag::wait", "a std::atomic_flag", "notify it", "notifies",
     "call notify_one() or notify_all() after each change that ends the wait", false},
    {"std::__atomic_base<", "a std::atomic", "notify it", "notifies",
     "call notify_one() or notify_all() after each change that ends the wait", false},
    {"std::atomic<", "a std::atomic", "notify it", "notifies",
     "call notify_one() or notify_all() after each change that ends the wait", false},
    {"std::sync::mpsc::Receiver<", "a Rust channel", "send to it", "sends to",
     "send on every way, or drop all senders: then recv() returns an error", false},
    {"std::sync::mpsc::SyncSender<", "room in a Rust channel", "receive from it", "makes",
     "see that somebody receives while others send, or drop the receiver: then send() returns an "
     "error",
     false},
    {"std::sync::barrier::Barrier", "a Rust Barrier", "arrive there", "completes",
     "make the barrier with the number of threads that come to it every time", false},
    {"::mutex::futex::Mutex", RUST_MUTEX},
    {"::futex_mutex::Mutex", RUST_MUTEX},
    {"parking_lot::raw_mutex::", RUST_MUTEX},
    {"::rwlock::futex::RwLock", RUST_RWLOCK},
    {"::futex_rwlock::RwLock", RUST_RWLOCK},
    {"parking_lot::raw_rwlock::", RUST_RWLOCK},
    {"::condvar::futex::Condvar", RUST_CONDVAR},
    {"::futex_condvar::Condvar", RUST_CONDVAR},
    {"parking_lot::condvar::", RUST_CONDVAR},
    {"::futex::Parker", "being unparked", "unpark it", "does",
     "call unpark() on the thread after each change that it waits for", false},
};

static const struct lh_futex_words other = {NULL, "a futex", "wake it", "wakes", NULL, true};

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
