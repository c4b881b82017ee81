#include "resting.h"

#include <errno.h>
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "arena.h"
#include "call.h"
#include "events.h"
#include "lock_slots.h"
#include "lock_table.h"
#include "recorder.h"
#include "times.h"

#define SUMS           32u
#define UIDS           64u
#define SLOTS          32u /* --full: taken at a time */
#define LEAVE_AT_ONCE  32u
#define FREED_AT_ONCE  16
#define PATIENCE_LOOKS 200u
#define PATIENCE_NS    100000

/* What a thread has at hand. */
struct lh_resting {
    struct rest {
        struct lh_lock *lock;
        uint32_t number; /* lock->rests by then: else it was woken since */
    } rests[LH_RESTS];
    uint32_t next; /* place of the next new one, where the oldest is now */
    uint64_t uid, uids_end;
    struct lh_lock_sum *sums[SUMS]; /* of this thread alone; by birth */
    /* --full: slots not used yet */
    struct lh_trace_lock *slot;
    uint32_t slot_index, n_slots;
    struct lh_resting *next_free;
};

/* Under the recorder lock. */
static struct lh_resting *free_restings;

/* ---- the steps of a life ---- */

static bool change(struct lh_lock *lock, enum lh_life from, enum lh_life to)
{
    uint32_t seen = from;

    /* Acquire pairs with the release in give(). */
    return __atomic_compare_exchange_n(&lock->life, &seen, to, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

/* The mark tells lh_recorder_abandoned() that the lock would stay busy for good. */
static bool take(struct lh_self *self, struct lh_lock *lock, enum lh_life from)
{
    self->is_resting = true;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (change(lock, from, LH_LIFE_BUSY))
        return true;
    self->is_resting = false;
    return false;
}

static void give(struct lh_self *self, struct lh_lock *lock, enum lh_life to)
{
    /* Release pairs with change() and lh_is_resting(): all of it is done. */
    __atomic_store_n(&lock->life, to, __ATOMIC_RELEASE);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->is_resting = false;
}

/* A few stores away from the end of it, unless the thread was interrupted for good. */
static bool wait_while_busy(const struct lh_lock *lock)
{
    const struct timespec pause = {.tv_nsec = PATIENCE_NS};
    uint32_t looks = 0;
    int saved = errno;

    /* Nobody wakes us: the pause alone ends, and in it a thread of lower priority can go on. Once
     * the recording was stopped (lh_recorder_abandoned()), it may be busy for good. */
    while (__atomic_load_n(&lock->life, __ATOMIC_ACQUIRE) == LH_LIFE_BUSY &&
           looks++ < (lh_tables_are_whole() ? PATIENCE_LOOKS : 0))
        lh_syscall(SYS_futex, &lock->life, FUTEX_WAIT_PRIVATE, LH_LIFE_BUSY, &pause, NULL, 0);
    errno = saved;
    return __atomic_load_n(&lock->life, __ATOMIC_RELAXED) != LH_LIFE_BUSY;
}

/* What it is once no thread puts it to rest or wakes it; LH_LIFE_BUSY: one does not come back. */
static enum lh_life settled_life(const struct lh_lock *lock)
{
    uint32_t life;

    do
        life = __atomic_load_n(&lock->life, __ATOMIC_RELAXED);
    while (life == LH_LIFE_BUSY && wait_while_busy(lock));
    return life;
}

bool lh_lock_keep(struct lh_lock *lock)
{
    for (;;) {
        enum lh_life life = settled_life(lock);
        /* What has ended under the recorder lock is in nobody else's hands. */
        if (life == LH_LIFE_KEPT || life == LH_LIFE_OVER)
            return true;
        if (life != LH_LIFE_LIVE)
            return false;
        if (change(lock, LH_LIFE_LIVE, LH_LIFE_KEPT))
            return true;
    }
}

bool lh_life_over(struct lh_lock *lock)
{
    for (;;) {
        enum lh_life life = settled_life(lock);
        if (life != LH_LIFE_KEPT && life != LH_LIFE_LIVE)
            return false;
        if (change(lock, life, LH_LIFE_OVER))
            return true;
    }
}

/* ---- what a thread has at hand ---- */

static struct lh_resting *begin(struct lh_self *self)
{
    lh_recorder_lock();
    struct lh_resting *mine = free_restings;
    if (mine)
        free_restings = mine->next_free;
    else
        mine = lh_arena_alloc(sizeof *mine);
    lh_recorder_unlock();
    self->resting = mine;
    return mine;
}

static uint64_t new_uid(struct lh_resting *mine)
{
    if (mine->uid == mine->uids_end) {
        mine->uid = lh_lock_new_uids(UIDS);
        mine->uids_end = mine->uid + UIDS;
    }
    return mine->uid++;
}

static void fold_sum(struct lh_lock_sum *sum)
{
    lh_lock_slot_fold(sum->slot, sum->times);
    /* Zero first, as in lh_lock_slot_free(). */
    __atomic_store_n(&sum->slot->uid, 0, __ATOMIC_RELEASE);
    memset(sum->slot, 0, sizeof *sum->slot);
}

static struct lh_lock_sum *new_sum(void)
{
    struct lh_lock_sum *sum = lh_arena_alloc(sizeof *sum);

    if (sum)
        sum->slot = lh_lock_slot_new(&sum->index);
    return sum && sum->slot ? sum : NULL;
}

/* A sum of this thread for those like `slot`; another one makes room for it. */
static struct lh_lock_sum *change_sum(struct lh_lock_sum **place, const struct lh_trace_lock *slot)
{
    lh_recorder_lock();
    if (*place && (*place)->slot->uid)
        fold_sum(*place);
    else if (!*place)
        *place = new_sum();
    if (*place)
        lh_lock_sum_begin((*place)->slot, slot);
    lh_recorder_unlock();
    return *place;
}

/* NULL: no room. */
static struct lh_lock_sum *sum_for(struct lh_resting *mine, const struct lh_trace_lock *slot)
{
    struct lh_lock_sum **place = &mine->sums[(slot->birth_stack + slot->kind) % SUMS];

    if (__builtin_expect(*place && lh_lock_sum_fits((*place)->slot, slot), 1))
        return *place;
    return change_sum(place, slot);
}

static bool get_slots(struct lh_resting *mine)
{
    lh_recorder_lock();
    mine->n_slots = lh_lock_slots_new(SLOTS, &mine->slot, &mine->slot_index);
    lh_recorder_unlock();
    return mine->n_slots != 0;
}

/* ---- leaving the table ---- */

/* It is this thread's alone. */
static void leave(struct lh_lock *lock)
{
    if (lock->destroyed) {
        struct lh_destroyed entry = {
            .addr = lock->home,
            .kind = lock->kind,
            .thread = lock->destroy_thread,
            .stack = lock->destroy_stack,
            .birth_stack = lock->slot->birth_stack,
            .birth_flags = lock->slot->flags & (LH_LOCK_INIT_SEEN | LH_LOCK_C11),
            .print = lock->destroy_print,
        };
        lh_destroyed_add(&entry);
    }
    lh_lock_leave_table(lock);
}

static bool still_rests(const struct rest *rest)
{
    return rest->lock && lh_is_resting(rest->lock) && rest->lock->rests == rest->number;
}

static void leave_table(struct rest *rest)
{
    if (lh_tables_are_whole() && still_rests(rest) &&
        change(rest->lock, LH_LIFE_RESTING, LH_LIFE_OVER)) {
        /* Woken and put to rest again in between: then it has not rested for long. */
        if (rest->lock->rests == rest->number)
            leave(rest->lock);
        else
            __atomic_store_n(&rest->lock->life, LH_LIFE_RESTING, __ATOMIC_RELEASE);
    }
    rest->lock = NULL;
}

/* A place to remember one more; the oldest ones make room. */
static uint32_t new_place(struct lh_resting *mine)
{
    uint32_t place = mine->next;

    if (still_rests(&mine->rests[place])) {
        lh_recorder_lock();
        for (uint32_t i = 0; i < LEAVE_AT_ONCE; i++)
            leave_table(&mine->rests[(place + i) % LH_RESTS]);
        lh_recorder_unlock();
    }
    mine->next = (place + 1) % LH_RESTS;
    return place;
}

void lh_rest_thread_end(struct lh_self *self)
{
    struct lh_resting *mine = self->resting;

    lh_count(LH_COUNT_LOCKS, self->slot->locks);
    lh_count(LH_COUNT_LOCKS_ENDED, self->slot->locks_ended);
    self->slot->locks = self->slot->locks_ended = 0;
    if (!mine)
        return;
    for (uint32_t i = 0; i < LH_RESTS; i++)
        leave_table(&mine->rests[i]);
    for (uint32_t i = 0; i < SUMS; i++) {
        if (mine->sums[i] && mine->sums[i]->slot->uid)
            fold_sum(mine->sums[i]);
    }
    self->resting = NULL;
    mine->next_free = free_restings;
    free_restings = mine;
}

bool lh_rest_settle(uintptr_t addr)
{
    struct lh_lock *lock = lh_lock_at_locked(addr);

    if (!lh_tables_are_whole())
        return false;
    while (lock) {
        enum lh_life life = settled_life(lock);
        if (life != LH_LIFE_RESTING)
            return life != LH_LIFE_BUSY;
        if (change(lock, LH_LIFE_RESTING, LH_LIFE_OVER)) {
            leave(lock);
            return true;
        }
    }
    return true;
}

void lh_rest_forget_destroyed(struct lh_lock *lock)
{
    if (!change(lock, LH_LIFE_RESTING, LH_LIFE_BUSY))
        return;
    lock->destroyed = false;
    __atomic_store_n(&lock->life, LH_LIFE_RESTING, __ATOMIC_RELEASE);
}

/* ---- to rest ---- */

/* Another thread's stack has a list that only the recorder lock protects. */
static bool is_stack_mine(const struct lh_self *self, const struct lh_lock *lock)
{
    bool mine = lock->home >= self->stack_low && lock->home < self->stack_high;

    return mine == (lock->stack_link != NULL);
}

static bool is_kind_for_it(enum lh_lock_kind kind)
{
    const uint32_t kinds = 1u << LH_LOCK_MUTEX | 1u << LH_LOCK_RWLOCK | 1u << LH_LOCK_SPIN |
                           1u << LH_LOCK_COND | 1u << LH_LOCK_BARRIER;

    return kinds >> kind & 1;
}

static bool may_rest(const struct lh_self *self, const struct lh_lock *lock)
{
    return __atomic_load_n(&lock->life, __ATOMIC_RELAXED) == LH_LIFE_LIVE && !lock->owner &&
           !lock->readers && !lock->waiters && !lock->waker && is_kind_for_it(lock->kind) &&
           !lock->slot->python && !(lock->slot->flags & (LH_LOCK_PYTHON | LH_LOCK_OBJECT)) &&
           is_stack_mine(self, lock);
}

/* In the trace: it is over, and counted. */
static void close_slot(const struct lh_self *self, struct lh_lock *lock, struct lh_lock_sum *sum)
{
    struct lh_trace_lock *slot = lock->slot;

    if (self->full) {
        slot->flags |= LH_LOCK_ENDED;
        return;
    }
    if (slot->contended || slot->hold_samples)
        lh_times_rest(lock, sum->index, sum->times);
    lh_lock_sum_add(sum->slot, slot);
    __atomic_store_n(&slot->uid, 0, __ATOMIC_RELEASE);
}

static void note_destroyed(struct lh_lock *lock, const struct lh_destroyed *by)
{
    lock->destroyed = by != NULL;
    if (!by)
        return;
    lock->destroy_thread = by->thread;
    lock->destroy_stack = by->stack;
    lock->destroy_print = by->print;
}

bool lh_rest(struct lh_self *self, struct lh_lock *lock, uintptr_t addr,
             const struct lh_destroyed *by)
{
    struct lh_resting *mine = self->resting;
    struct lh_lock_sum *sum = NULL;

    if (!may_rest(self, lock) || (!mine && !(mine = begin(self))))
        return false;
    if (!self->full && !(sum = sum_for(mine, lock->slot)))
        return false;
    /* It goes where it was, so that a few locks that come and go do not push out others. */
    uint32_t place = lock->rest_place;
    if (mine->rests[place].lock != lock)
        place = new_place(mine);
    if (!take(self, lock, LH_LIFE_LIVE))
        return false;
    if (lock->addr != addr) {
        give(self, lock, LH_LIFE_LIVE);
        return false;
    }
    uint32_t index = lock->index;
    __atomic_store_n(&lock->addr, 0, __ATOMIC_RELAXED);
    lock->ended = lock->released = true;
    close_slot(self, lock, sum);
    note_destroyed(lock, by);
    mine->rests[place] = (struct rest){lock, ++lock->rests};
    lock->rest_place = place;
    give(self, lock, LH_LIFE_RESTING);
    self->slot->locks_ended++;
    if (self->full)
        lh_event(self, LH_EVENT_LOCK_END, index, LH_NO_STACK, 0);
    return true;
}

/* It was found in the range, and may be somewhere else by now. */
static bool rest_one(struct lh_self *self, struct lh_lock *lock, uintptr_t start, uintptr_t size)
{
    if (lh_is_resting(lock)) {
        if (lock->destroyed && take(self, lock, LH_LIFE_RESTING)) {
            lock->destroyed = false;
            give(self, lock, LH_LIFE_RESTING);
        }
        return true;
    }
    uintptr_t addr = __atomic_load_n(&lock->addr, __ATOMIC_RELAXED);
    return addr - start < size && lh_rest(self, lock, addr, NULL);
}

bool lh_rest_range(struct lh_self *self, uintptr_t start, uintptr_t size)
{
    struct lh_lock *locks[FREED_AT_ONCE];
    int n = lh_locks_in(start, size, locks, FREED_AT_ONCE);

    /* What leaves the table meanwhile is noted as destroyed first, so that is looked at last. */
    if (n < 0 || lh_destroyed_may_be_in(start, size))
        return false;
    for (int i = 0; i < n; i++) {
        if (!rest_one(self, locks[i], start, size))
            return false;
    }
    return true;
}

/* ---- and back ---- */

/* It is ours: is it what we took it for, and is no use of it wrong? */
static bool may_wake(const struct lh_self *self, const struct lh_lock *lock, uintptr_t addr,
                     enum lh_lock_kind kind, uint32_t flags)
{
    if (lock->home != addr || !is_stack_mine(self, lock))
        return false;
    if (flags & LH_LOCK_INIT_SEEN)
        return true;
    /* Used as it was destroyed: that is looked at under the recorder lock. */
    return !lock->destroyed || lock->kind != kind ||
           lh_destroyed_print((const void *)addr, kind) != lock->destroy_print;
}

/* One by one: gcc would make a slow instruction of memset(). */
static void zero_counters(struct lh_trace_lock *slot)
{
    slot->acquisitions = slot->acquisitions_shared = slot->contended = 0;
    slot->wait_total = slot->wait_max = 0;
    slot->hold_total = slot->hold_max = slot->hold_samples = 0;
    slot->wait_max_stack = slot->hold_max_stack = LH_NO_STACK;
    slot->posters = 0;
}

static void open_slot(const struct lh_self *self, struct lh_lock *lock, uintptr_t addr,
                      uint32_t flags, uint64_t initial, uint32_t stack)
{
    struct lh_resting *mine = self->resting;
    struct lh_trace_lock *slot = lock->slot;

    if (self->full) {
        slot = lock->slot = mine->slot++;
        lock->index = mine->slot_index++;
        mine->n_slots--;
        lock->times[0] = lock->times[1] = NULL;
    } else {
        zero_counters(slot);
    }
    slot->initial = initial;
    lh_lock_slot_fill(slot, addr, lock->kind, flags, stack, self->uid, lock->uid);
}

static void begin_again(struct lh_lock *lock, enum lh_lock_kind kind, uint64_t uid)
{
    lock->kind = (uint8_t)kind;
    lock->uid = uid;
    lock->ended = lock->released = lock->scoped = lock->destroyed = false;
    lock->used_destroyed = false;
    lock->wait_mutex = LH_NO_LOCK;
    lock->dead_owner = LH_NO_THREAD;
    lock->dead_stack = LH_NO_STACK;
}

static void lower_stack_mark(struct lh_self *self, const struct lh_lock *lock)
{
    if (lock->stack_link && lock->home < self->lowest_stack_lock)
        __atomic_store_n(&self->lowest_stack_lock, lock->home, __ATOMIC_RELAXED);
}

struct lh_lock *lh_rest_wake(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                             uint32_t flags, uint64_t initial, uint32_t stack)
{
    uintptr_t addr = (uintptr_t)object;
    struct lh_lock *lock = lh_lock_near(self, addr);

    if (!lock || !lh_is_resting(lock) || !is_kind_for_it(kind) || flags & LH_LOCK_OBJECT ||
        (kind == LH_LOCK_BARRIER && !(flags & LH_LOCK_INIT_SEEN)))
        return NULL;
    struct lh_resting *mine = self->resting;
    if (!mine && !(mine = begin(self)))
        return NULL;
    if (self->full && !mine->n_slots && !get_slots(mine))
        return NULL;
    if (!take(self, lock, LH_LIFE_RESTING))
        return NULL;
    if (!may_wake(self, lock, addr, kind, flags)) {
        give(self, lock, LH_LIFE_RESTING);
        return NULL;
    }
    begin_again(lock, kind, new_uid(mine));
    open_slot(self, lock, addr, flags | (lock->stack_link ? LH_LOCK_ON_STACK : 0), initial, stack);
    lower_stack_mark(self, lock);
    /* Release: who finds the lock finds all of it. */
    __atomic_store_n(&lock->addr, addr, __ATOMIC_RELEASE);
    give(self, lock, LH_LIFE_LIVE);
    self->slot->locks++;
    return lock;
}

void lh_rests_forked(void)
{
    free_restings = NULL;
}
