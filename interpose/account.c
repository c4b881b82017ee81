#include "account.h"

#include "times.h"

/* Relaxed throughout: readers in shared mode count at the same time, sums are all that matters. */
static void keep_longest(uint64_t *longest, uint32_t *whose, uint64_t value, uint32_t stack)
{
    uint64_t known = __atomic_load_n(longest, __ATOMIC_RELAXED);

    while (value > known) {
        if (__atomic_compare_exchange_n(longest, &known, value, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED)) {
            __atomic_store_n(whose, stack, __ATOMIC_RELAXED);
            break;
        }
    }
}

void lh_wait_account(struct lh_lock *lock, uint64_t waited, uint32_t stack)
{
    struct lh_trace_lock *slot = lock->slot;

    __atomic_fetch_add(&slot->contended, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&slot->wait_total, waited, __ATOMIC_RELAXED);
    keep_longest(&slot->wait_max, &slot->wait_max_stack, waited, stack);
    lh_times_add(lock, LH_TIMES_WAIT, waited, false);
}

/* Those who hold it exclusively come one after the other. */
static void add(uint64_t *sum, uint64_t value, bool alone)
{
    if (alone)
        __atomic_store_n(sum, __atomic_load_n(sum, __ATOMIC_RELAXED) + value, __ATOMIC_RELAXED);
    else
        __atomic_fetch_add(sum, value, __ATOMIC_RELAXED);
}

void lh_hold_account(struct lh_lock *lock, const struct lh_trace_held *held, uint64_t now)
{
    struct lh_trace_lock *slot = lock->slot;
    uint64_t held_for = now - held->since;
    bool alone = held->mode == LH_MODE_EXCLUSIVE;

    add(&slot->hold_total, held_for, alone);
    add(&slot->hold_samples, 1, alone);
    keep_longest(&slot->hold_max, &slot->hold_max_stack, held_for, held->stack);
    lh_times_add(lock, LH_TIMES_HOLD, held_for, alone);
}
