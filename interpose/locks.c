#include "locks.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "arena.h"
#include "deps.h"
#include "destroyed.h"
#include "events.h"
#include "glibc_state.h"
#include "lock_pages.h"
#include "lock_slots.h"
#include "lock_table.h"
#include "misuse_memory.h"
#include "recorder.h"
#include "resting.h"
#include "segments.h"
#include "times.h"
#include "wakers.h"

struct lh_lock lh_no_lock = {.life = LH_LIFE_OVER};

static uint64_t last_uid; /* atomic */
static struct lh_lock *free_locks;

uint64_t lh_lock_new_uids(uint32_t count)
{
    return __atomic_fetch_add(&last_uid, count, __ATOMIC_RELAXED) + 1;
}

struct lh_lock *lh_lock_known_locked(const void *object)
{
    return lh_lock_live_at_locked((uintptr_t)object);
}

struct lh_lock *lh_lock_known(const void *object)
{
    struct lh_lock *lock = lh_lock_live_at((uintptr_t)object);
    if (lock)
        return lock;
    /* What rests there was found without doubt: there is none at this moment. */
    if (lh_rests_at(lh_lock_at((uintptr_t)object), (uintptr_t)object))
        return NULL;
    lh_recorder_lock();
    lock = lh_lock_live_at_locked((uintptr_t)object);
    lh_recorder_unlock();
    return lock;
}

static struct lh_lock *new_lock(void)
{
    struct lh_lock *lock = free_locks;
    uint32_t index;
    struct lh_trace_lock *slot = lh_lock_slot_new(&index);

    if (!slot) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return NULL;
    }
    if (lock)
        free_locks = lock->stack_next;
    else
        lock = lh_arena_alloc(sizeof *lock);
    if (!lock) {
        lh_lock_slot_free(slot, index);
        lh_lost_record(LH_DROP_NO_MEMORY);
        return NULL;
    }
    /* `next` is kept: a lock-free reader may stand on this very entry. */
    struct lh_lock *next = lock->next;
    struct lh_frontier *past = lock->python_past;
    uint32_t rests = lock->rests;
    *lock = (struct lh_lock){
        .slot = slot, .index = index, .next = next, .python_past = past, .rests = rests};
    if (past)
        past->count = 0;
    return lock;
}

static uint32_t mutex_flags(const pthread_mutex_t *mutex)
{
    int kind = __atomic_load_n(&mutex->__data.__kind, __ATOMIC_RELAXED);
    uint32_t flags = 0;

    if (kind == 0 || lh_glibc_mutex_fault(mutex) != LH_MUTEX_GOOD)
        return 0;
    if ((kind & 3) == PTHREAD_MUTEX_RECURSIVE)
        flags |= LH_LOCK_RECURSIVE;
    if ((kind & 3) == PTHREAD_MUTEX_ERRORCHECK)
        flags |= LH_LOCK_ERRORCHECK;
    /* The bits of glibc's pthreadP.h, the same since 2.4 (sysdeps/nptl/pthreadP.h). */
    if (kind & 16)
        flags |= LH_LOCK_ROBUST;
    if (kind & 32)
        flags |= LH_LOCK_PRIO_INHERIT;
    if (kind & 64)
        flags |= LH_LOCK_PRIO_PROTECT;
    if (kind & 128)
        flags |= LH_LOCK_PSHARED;
    return flags;
}

static uint32_t rwlock_flags(const pthread_rwlock_t *rwlock)
{
    uint32_t flags = 0;

    if (rwlock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP)
        flags |= LH_LOCK_WRITER_FIRST;
    if (rwlock->__data.__shared)
        flags |= LH_LOCK_PSHARED;
    return flags;
}

/* The lowest bit of the count of references (nptl/pthread_cond_common.c). */
static uint32_t cond_flags(const pthread_cond_t *cond)
{
    return __atomic_load_n(&cond->__data.__wrefs, __ATOMIC_RELAXED) & 1 ? LH_LOCK_PSHARED : 0;
}

/* struct pthread_barrier { in, current_round, count, shared, out } (sysdeps/nptl/internaltypes.h)
 */
static uint32_t barrier_flags(const pthread_barrier_t *barrier)
{
    return ((const uint32_t *)barrier)[3] ? LH_LOCK_PSHARED : 0;
}

uint32_t lh_lock_flags_of(const void *object, enum lh_lock_kind kind)
{
    switch (kind) {
    case LH_LOCK_MUTEX:
        return mutex_flags(object);
    case LH_LOCK_RWLOCK:
        return rwlock_flags(object);
    case LH_LOCK_COND:
        return cond_flags(object);
    case LH_LOCK_BARRIER:
        return barrier_flags(object);
    default:
        return 0;
    }
}

/* `flags` are all of them: nothing here touches the object, which may be no valid memory at all. */
static struct lh_lock *begin_locked(struct lh_self *self, const void *object,
                                    enum lh_lock_kind kind, uint32_t flags, uint32_t stack)
{
    struct lh_lock *lock = new_lock();

    if (!lock)
        return NULL;
    lock->kind = (uint8_t)kind;
    lock->uid = lh_lock_new_uids(1);
    lh_lock_slot_fill(lock->slot, (uintptr_t)object, kind, flags, stack, self->uid, lock->uid);
    __atomic_store_n(&lock->home, (uintptr_t)object, __ATOMIC_RELAXED);
    __atomic_store_n(&lock->addr, (uintptr_t)object, __ATOMIC_RELEASE);
    if (!lh_lock_table_add(lock)) {
        lock->addr = 0;
        lh_lock_slot_free(lock->slot, lock->index);
        lock->stack_next = free_locks;
        free_locks = lock;
        lh_lost_record(LH_DROP_NO_MEMORY);
        return NULL;
    }
    lh_count_locked(LH_COUNT_LOCKS, 1);
    return lock;
}

/* Its counters are counted elsewhere, or were none. */
static void give_back(struct lh_lock *lock)
{
    lh_lock_slot_free(lock->slot, lock->index);
    /* The index will be another lock's. */
    if (lock->name)
        __atomic_fetch_or(&lock->name->record.type, LH_RECORD_DEAD, __ATOMIC_RELEASE);
    lh_waker_forget(lock);
    /* `slot` stays: a thread that is just back from a wait may still count into it, which harms
     * nobody, as a slot is cleared before it is used again. */
    lock->released = true;
    lock->stack_next = free_locks;
    free_locks = lock;
}

void lh_lock_release(struct lh_lock *lock)
{
    /* Events of a full trace name slots: there an index is never used again. */
    if (lh_options.full || lock->owner || lock->readers || lock->named)
        return;
    lh_lock_slot_fold(lock->slot, lock->times);
    give_back(lock);
}

void lh_lock_gone(struct lh_lock *lock)
{
    __atomic_store_n(&lock->addr, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&lock->life, LH_LIFE_OVER, __ATOMIC_RELAXED);
    __atomic_fetch_or(&lock->slot->flags, LH_LOCK_ENDED, __ATOMIC_RELAXED);
    lock->ended = true;
    lh_count_locked(LH_COUNT_LOCKS_ENDED, 1);
    lh_event_locked(lh_self, LH_EVENT_LOCK_END, lock->index);
    lh_deps_lock_ended(lock);
}

void lh_lock_over(struct lh_lock *lock)
{
    /* Else another thread ended it just now, and it rests; or the tables may be half changed. */
    if (!lh_tables_are_whole() || !lh_life_over(lock))
        return;
    lh_lock_table_remove(lock);
    lh_lock_gone(lock);
}

void lh_lock_leave_table(struct lh_lock *lock)
{
    lh_lock_table_remove(lock);
    if (lh_options.full) {
        /* Its slot stays for good, and the times that name it. */
        memset(lock->times, 0, sizeof lock->times);
        lock->released = true;
        lock->stack_next = free_locks;
        free_locks = lock;
        return;
    }
    lh_times_fold(lock->times, LH_NO_LOCK, NULL);
    give_back(lock);
}

/* It is there, or begins now. */
static struct lh_lock *use_locked(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                                  uint32_t flags, uint32_t stack)
{
    if (!lh_tables_are_whole() || !lh_rest_settle((uintptr_t)object))
        return NULL;
    struct lh_lock *lock = lh_lock_live_at_locked((uintptr_t)object);
    if (lock && lock->kind == kind)
        return lock;
    /* Another kind of object lies there now: its memory was used again. */
    if (lock) {
        lh_lock_over(lock);
        if (!lh_rest_settle((uintptr_t)object))
            return NULL;
    }
    lock = begin_locked(self, object, kind, flags, stack);
    if (lock)
        lh_misuse_first_use(self, lock, stack);
    return lock;
}

static struct lh_lock *begin_at_use(struct lh_self *self, const void *object,
                                    enum lh_lock_kind kind, uint32_t stack)
{
    uint32_t flags = lh_lock_flags_of(object, kind);
    struct lh_lock *lock = lh_rest_wake(self, object, kind, flags, 0, stack);

    if (lock)
        return lock;
    lh_recorder_lock();
    lock = use_locked(self, object, kind, flags, stack);
    lh_recorder_unlock();
    return lock;
}

struct lh_lock *lh_lock_find(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                             uint32_t stack)
{
    uintptr_t addr = (uintptr_t)object;

    /* Here come those that were not used for a while, so nothing of them is at hand; and those that
     * begin where this thread had one. */
    __builtin_prefetch(object, 1);
    struct lh_lock *lock = lh_lock_cached_at(self, addr);
    if (!lock || __atomic_load_n(&lock->addr, __ATOMIC_RELAXED) != addr)
        lock = lh_rests_at(lock, addr) ? NULL : lh_lock_live_at(addr);
    if (lock)
        __builtin_prefetch(&lock->slot->acquisitions, 1);
    if (!lock || lock->kind != kind)
        lock = begin_at_use(self, object, kind, stack);
    if (lock)
        lh_lock_cache_keep(self, addr, lock);
    return lock;
}

static struct lh_lock *init_locked(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                                   uint32_t flags, uint32_t stack)
{
    struct lh_lock *old;

    if (!lh_tables_are_whole())
        return NULL;
    old = lh_lock_live_at_locked((uintptr_t)object);
    if (old)
        lh_lock_over(old);
    if (!lh_rest_settle((uintptr_t)object))
        return NULL;
    lh_destroyed_forget((uintptr_t)object);
    return begin_locked(self, object, kind, flags, stack);
}

uint32_t lh_lock_begin(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                       uint32_t flags, uint64_t initial, uint32_t stack)
{
    /* An object of Python code has only its address in common with what the C library knows. */
    if (!(flags & LH_LOCK_OBJECT)) {
        uint32_t shown = lh_lock_flags_of(object, kind);
        /* glibc marks every robust mutex as shared; the caller knows better. */
        flags |= shown & LH_LOCK_ROBUST ? shown & ~(uint32_t)LH_LOCK_PSHARED : shown;
    }
    flags |= LH_LOCK_INIT_SEEN;
    struct lh_lock *lock = lh_rest_wake(self, object, kind, flags, initial, stack);
    if (!lock) {
        lh_recorder_lock();
        lock = init_locked(self, object, kind, flags, stack);
        if (lock)
            lock->slot->initial = initial;
        lh_recorder_unlock();
    }
    if (!lock)
        return LH_NO_LOCK;
    lh_lock_cache_keep(self, (uintptr_t)object, lock);
    return lock->index;
}

void lh_lock_name(struct lh_lock *lock, const char *name)
{
    size_t size = strlen(name) + 1;

    lh_recorder_lock();
    struct lh_trace_name *record =
        lh_lock_keep(lock) ? lh_writer_record(&lh_writer, sizeof *record + size) : NULL;
    if (record) {
        record->lock = lock->index;
        record->size = (uint32_t)size;
        memcpy(record->text, name, size);
        lh_writer_commit(record, LH_RECORD_NAME, sizeof *record + size);
        lock->name = record;
    } else {
        lh_lost_record(LH_DROP_NO_SPACE);
    }
    lh_recorder_unlock();
}

void lh_lock_end_locked(const void *object)
{
    struct lh_lock *lock = lh_lock_live_at_locked((uintptr_t)object);

    if (lock)
        lh_lock_over(lock);
}

void lh_lock_end(const void *object)
{
    lh_recorder_lock();
    lh_lock_end_locked(object);
    lh_recorder_unlock();
}

void lh_locks_forked(void)
{
    lh_lock_pages_forked();
    lh_lock_table_forked();
    free_locks = NULL;
    lh_lock_slots_forked();
}
