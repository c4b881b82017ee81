#include "times.h"

#include <stdbool.h>
#include <string.h>

#include "recorder.h"

#define RECORD_SIZE (sizeof(struct lh_trace_times) + LH_TIMES * sizeof(uint32_t))
#define SQRT_HALF   0xb504f333f9de6485u /* of 2^64 */

_Static_assert(RECORD_SIZE % LH_RECORD_ALIGN == 0, "format");

/* Of more locks at a time it is not counted: a million of them would make it 400 MiB. */
#define MOST_RECORDS 16384u

/* Dead records; the first two counts of each point to the next one. Recorder lock. */
static struct lh_trace_times *unused;
static uint32_t n_records; /* made so far; recorder lock */
static bool is_used_up;    /* no more can be had until one is given back; atomic */

static struct lh_trace_times *next_unused(const struct lh_trace_times *record)
{
    return (struct lh_trace_times *)(uintptr_t)((uint64_t)record->counts[1] << 32 |
                                                record->counts[0]);
}

static void give_back(struct lh_trace_times *record)
{
    uint64_t next = (uintptr_t)unused;

    __atomic_fetch_or(&record->record.type, LH_RECORD_DEAD, __ATOMIC_RELEASE);
    record->counts[0] = (uint32_t)next;
    record->counts[1] = (uint32_t)(next >> 32);
    unused = record;
    __atomic_store_n(&is_used_up, false, __ATOMIC_RELAXED);
}

static struct lh_trace_times *new_record(void)
{
    struct lh_trace_times *record = unused;

    if (!record) {
        record = lh_writer_record(&lh_writer, RECORD_SIZE);
        n_records += record != NULL;
        return record;
    }
    unused = next_unused(record);
    memset(record->counts, 0, LH_TIMES * sizeof record->counts[0]);
    return record;
}

/* Under the recorder lock. */
static struct lh_trace_times *make(const struct lh_lock *lock, enum lh_times_kind kind)
{
    if (!unused && n_records == MOST_RECORDS)
        return NULL;
    struct lh_trace_times *record = new_record();

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return NULL;
    }
    record->lock = lock->index;
    record->kind = (uint16_t)kind;
    record->count = LH_TIMES;
    lh_writer_commit(record, LH_RECORD_TIMES, RECORD_SIZE);
    return record;
}

static struct lh_trace_times *begin(struct lh_lock *lock, enum lh_times_kind kind)
{
    lh_recorder_lock();
    struct lh_trace_times *record = lock->times[kind];
    /* An ended lock has given its records back, or is about to. */
    if (!record && !lock->ended) {
        record = make(lock, kind);
        if (!record)
            __atomic_store_n(&is_used_up, true, __ATOMIC_RELAXED);
        /* Release pairs with the acquire in lh_times_add(). */
        __atomic_store_n(&lock->times[kind], record, __ATOMIC_RELEASE);
    }
    lh_recorder_unlock();
    return record;
}

/* 2^(i/2) <= ticks < 2^((i+1)/2) */
static unsigned place_of(uint64_t ticks)
{
    int zeros = __builtin_clzll(ticks | 1);
    unsigned place = 2u * (unsigned)(63 - zeros) + ((ticks | 1) << zeros >= SQRT_HALF);

    return place < LH_TIMES ? place : LH_TIMES - 1;
}

void lh_times_add(struct lh_lock *lock, enum lh_times_kind kind, uint64_t ticks, bool alone)
{
    struct lh_trace_times *record = __atomic_load_n(&lock->times[kind], __ATOMIC_ACQUIRE);

    if (!record && __atomic_load_n(&is_used_up, __ATOMIC_RELAXED))
        return;
    if (!record && !(record = begin(lock, kind)))
        return;
    /* Relaxed: the sums are all that matters. It is full somewhat early, as many threads may be
     * between the look and the addition. */
    uint32_t *count = &record->counts[place_of(ticks)];
    uint32_t known = __atomic_load_n(count, __ATOMIC_RELAXED);
    if (known >= UINT32_MAX - 65536)
        __atomic_store_n(count, UINT32_MAX, __ATOMIC_RELAXED);
    else if (alone)
        __atomic_store_n(count, known + 1, __ATOMIC_RELAXED);
    else
        __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

static void add_count(uint32_t *sum, uint32_t count)
{
    if (__builtin_add_overflow(*sum, count, sum))
        *sum = UINT32_MAX;
}

static void add_counts(struct lh_trace_times *sum, const struct lh_trace_times *from)
{
    for (unsigned i = 0; i < LH_TIMES; i++)
        add_count(&sum->counts[i], from->counts[i]);
}

void lh_times_fold(struct lh_trace_times **times, uint32_t index, struct lh_trace_times **sum)
{
    for (int kind = 0; kind < LH_TIMES_KINDS; kind++) {
        struct lh_trace_times *record = times[kind];
        if (!record)
            continue;
        __atomic_store_n(&times[kind], NULL, __ATOMIC_RELAXED);
        if (index != LH_NO_LOCK && !sum[kind]) {
            record->lock = index;
            sum[kind] = record;
            continue;
        }
        if (index != LH_NO_LOCK)
            add_counts(sum[kind], record);
        give_back(record);
    }
}

void lh_times_rest(struct lh_lock *lock, uint32_t index, struct lh_trace_times **sum)
{
    const uint64_t totals[LH_TIMES_KINDS] = {
        [LH_TIMES_WAIT] = lock->slot->wait_total, [LH_TIMES_HOLD] = lock->slot->hold_total};
    const uint64_t used[LH_TIMES_KINDS] = {
        [LH_TIMES_WAIT] = lock->slot->contended, [LH_TIMES_HOLD] = lock->slot->hold_samples};

    for (int kind = 0; kind < LH_TIMES_KINDS; kind++) {
        struct lh_trace_times *record = used[kind] ? lock->times[kind] : NULL;
        if (record && sum[kind] && used[kind] == 1) {
            unsigned place = place_of(totals[kind]);
            add_count(&sum[kind]->counts[place], record->counts[place]);
            record->counts[place] = 0;
        } else if (record && sum[kind]) {
            add_counts(sum[kind], record);
            memset(record->counts, 0, LH_TIMES * sizeof record->counts[0]);
        } else if (record) {
            record->lock = index;
            sum[kind] = record;
            __atomic_store_n(&lock->times[kind], NULL, __ATOMIC_RELAXED);
        }
    }
}

void lh_times_forked(void)
{
    unused = NULL;
    n_records = 0;
    is_used_up = false;
}
