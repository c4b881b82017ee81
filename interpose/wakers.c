#include "wakers.h"

#include <time.h>

#include "recorder.h"
#include "resting.h"

static struct lh_trace_waker *unused; /* dead records, linked by `count`; recorder lock */

static struct lh_trace_waker *new_record(void)
{
    struct lh_trace_waker *record = unused;

    if (!record)
        return lh_writer_record(&lh_writer, sizeof *record);
    unused = (struct lh_trace_waker *)(uintptr_t)record->count;
    record->version = 0;
    record->count = 0;
    record->last = record->unheard = (struct lh_trace_wake){0};
    return record;
}

static struct lh_trace_waker *begin(struct lh_lock *lock)
{
    lh_recorder_lock();
    struct lh_trace_waker *record = lock->waker;
    /* An ended lock has given its record back, or is about to. */
    if (!record && !lock->ended && lh_lock_keep(lock)) {
        record = new_record();
        if (record) {
            record->lock = lock->index;
            lh_writer_commit(record, LH_RECORD_WAKER, sizeof *record);
            __atomic_store_n(&lock->waker, record, __ATOMIC_RELEASE);
        } else {
            lh_lost_record(LH_DROP_NO_SPACE);
        }
    }
    lh_recorder_unlock();
    return record;
}

/* The mutex that the caller holds, or has released last: the one that goes with the condition. */
static uint32_t mutex_of(const struct lh_self *self, uint64_t *ret_uses)
{
    for (uint32_t i = self->n_held; i-- > 0;) {
        const struct lh_lock *lock = self->held_locks[i];
        if (lock->kind == LH_LOCK_MUTEX || lock->slot->flags & LH_LOCK_PYTHON) {
            *ret_uses = lock->slot->acquisitions;
            return lock->index;
        }
    }
    *ret_uses = self->released_uses;
    return self->released_lock;
}

/* By the kernel's last tick: a few ns instead of the price of a time stamp. */
static uint64_t coarse_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    uint64_t start = lh_writer.header->start_ns;
    return ns > start ? ns - start : 0;
}

void lh_waker_note(struct lh_self *self, struct lh_lock *lock, enum lh_event_type event,
                   uint32_t stack)
{
    struct lh_trace_waker *record = __atomic_load_n(&lock->waker, __ATOMIC_ACQUIRE);
    struct lh_trace_wake wake = {.thread = self->uid, .stack = stack};

    if (!record && !(record = begin(lock)))
        return;
    __atomic_fetch_add(&record->count, 1, __ATOMIC_RELAXED);
    uint32_t version = __atomic_load_n(&record->version, __ATOMIC_RELAXED);
    if (version % 2 || !__atomic_compare_exchange_n(&record->version, &version, version + 1, false,
                                                    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    wake.waiters = __atomic_load_n(&lock->waiters, __ATOMIC_RELAXED);
    wake.mutex = mutex_of(self, &wake.uses);
    wake.time = coarse_time();
    record->last = wake;
    record->last_event = event;
    if (!wake.waiters)
        record->unheard = wake;
    __atomic_store_n(&record->version, version + 2, __ATOMIC_RELEASE);
}

void lh_waker_forget(struct lh_lock *lock)
{
    struct lh_trace_waker *record = lock->waker;

    if (!record)
        return;
    __atomic_fetch_or(&record->record.type, LH_RECORD_DEAD, __ATOMIC_RELEASE);
    __atomic_store_n(&lock->waker, NULL, __ATOMIC_RELEASE);
    record->count = (uintptr_t)unused;
    unused = record;
}

void lh_wakers_forked(void)
{
    unused = NULL;
}
