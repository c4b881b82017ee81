#include "locks.h"

#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "arena.h"
#include "deps.h"
#include "destroyed.h"
#include "events.h"
#include "glibc_state.h"
#include "lock_slots.h"
#include "misuse_memory.h"
#include "modules.h"
#include "recorder.h"
#include "resting.h"
#include "segments.h"
#include "times.h"
#include "wakers.h"

#define FIRST_BUCKETS  1024u
#define FIRST_GRAINS   1024u
#define GRAIN_BITS     8 /* of an address, within a grain of memory */
#define PAGE_GRAINS    (4096u >> GRAIN_BITS)
#define MAX_HOPS       64
#define MAX_GRAIN_HOPS 256

struct lh_lock lh_no_lock = {.life = LH_LIFE_OVER};
uint8_t lh_page_filter[1u << 16];

static struct lh_lock **buckets; /* heads are atomic: read without the recorder lock */
static size_t n_buckets;         /* a power of two */
/* What stands in a grain of memory, or in another that has its place too. */
struct grain {
    struct lh_lock *locks; /* head and links: as of buckets */
    uint32_t version;      /* odd: the list is being changed, or no more in use; atomic */
};
/* With its size, as here a miss is an answer: who took a new table for one of the old size would
 * look in the wrong places. */
struct grains {
    size_t count; /* a power of two */
    struct grain at[];
};
static struct grains *grains; /* NULL: nothing was recorded yet; atomic */
static size_t n_live;
static uint64_t last_uid; /* atomic */
static struct lh_lock *free_locks;

static size_t bucket_of(uintptr_t addr, size_t count)
{
    return lh_spread(addr) & (count - 1);
}

/* What a list is searched by. */
enum search {
    WHAT_LIVES, /* lock->addr */
    WHAT_STANDS /* lock->home: also what rests */
};

static inline uintptr_t key_of(const struct lh_lock *lock, enum search search)
{
    return __atomic_load_n(search == WHAT_LIVES ? &lock->addr : &lock->home, __ATOMIC_RELAXED);
}

/*
 * Lock-free: links may change under us, so a miss proves nothing (the slow path looks again under
 * the recorder lock), and hops are bounded. A hit is certain: an address belongs to one instance.
 */
static inline struct lh_lock *look_up(uintptr_t addr, enum search search)
{
    /* Acquire pairs with the releases in link_lock() and resize(). The table is read after its
     * size: tables only grow, and the smaller size fits both. */
    size_t count = __atomic_load_n(&n_buckets, __ATOMIC_ACQUIRE);
    if (!count)
        return NULL;
    struct lh_lock **table = __atomic_load_n(&buckets, __ATOMIC_ACQUIRE);
    struct lh_lock *lock = __atomic_load_n(&table[bucket_of(addr, count)], __ATOMIC_ACQUIRE);
    for (int hops = 0; lock && hops < MAX_HOPS; hops++) {
        if (key_of(lock, search) == addr)
            return lock;
        lock = __atomic_load_n(&lock->next, __ATOMIC_ACQUIRE);
    }
    return NULL;
}

/* The same, certain, under the recorder lock. */
static inline struct lh_lock *look_up_locked(uintptr_t addr, enum search search)
{
    if (!n_buckets)
        return NULL;
    for (struct lh_lock *lock = buckets[bucket_of(addr, n_buckets)]; lock; lock = lock->next) {
        if (key_of(lock, search) == addr)
            return lock;
    }
    return NULL;
}

struct lh_lock *lh_lock_at(uintptr_t addr)
{
    return look_up(addr, WHAT_STANDS);
}

struct lh_lock *lh_lock_at_locked(uintptr_t addr)
{
    return look_up_locked(addr, WHAT_STANDS);
}

uint64_t lh_lock_new_uids(uint32_t count)
{
    return __atomic_fetch_add(&last_uid, count, __ATOMIC_RELAXED) + 1;
}

struct lh_lock *lh_lock_known_locked(const void *object)
{
    return look_up_locked((uintptr_t)object, WHAT_LIVES);
}

struct lh_lock *lh_lock_known(const void *object)
{
    struct lh_lock *lock = look_up((uintptr_t)object, WHAT_LIVES);
    if (lock)
        return lock;
    /* What rests there was found without doubt: there is none at this moment. */
    if (lh_rests_at(lh_lock_at((uintptr_t)object), (uintptr_t)object))
        return NULL;
    lh_recorder_lock();
    lock = look_up_locked((uintptr_t)object, WHAT_LIVES);
    lh_recorder_unlock();
    return lock;
}

static bool resize(void)
{
    size_t count = n_buckets ? n_buckets * 2 : FIRST_BUCKETS;
    struct lh_lock **table = lh_table_alloc(count * sizeof *table);

    if (!table)
        return n_buckets != 0;
    for (size_t i = 0; i < n_buckets; i++) {
        struct lh_lock *next;
        for (struct lh_lock *lock = buckets[i]; lock; lock = next) {
            size_t to = bucket_of(lock->home, count);
            next = lock->next;
            __atomic_store_n(&lock->next, table[to], __ATOMIC_RELEASE);
            table[to] = lock;
        }
    }
    /* The old table stays: another thread may be reading it. All old ones together are smaller. */
    __atomic_store_n(&buckets, table, __ATOMIC_RELEASE);
    __atomic_store_n(&n_buckets, count, __ATOMIC_RELEASE);
    return true;
}

void lh_page_enter(uintptr_t addr)
{
    uint8_t *filter = &lh_page_filter[(addr >> 12) & 0xffff];

    /* Saturates: then it stays a "maybe" for good. */
    if (*filter != UINT8_MAX)
        __atomic_store_n(filter, *filter + 1, __ATOMIC_RELAXED);
}

void lh_page_leave(uintptr_t addr)
{
    uint8_t *filter = &lh_page_filter[(addr >> 12) & 0xffff];

    if (*filter != UINT8_MAX)
        __atomic_store_n(filter, *filter - 1, __ATOMIC_RELAXED);
}

static struct grain *grain_of(struct grains *table, uintptr_t addr)
{
    return &table->at[(addr >> GRAIN_BITS) & (table->count - 1)];
}

/* Around a change of a grain's list; pairs with the looks in walk_grain(). */
static void change_begins(struct grain *grain)
{
    __atomic_store_n(&grain->version, grain->version + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

static void change_ends(struct grain *grain)
{
    __atomic_store_n(&grain->version, grain->version + 1, __ATOMIC_RELEASE);
}

static void add_to_grain(struct grain *grain, struct lh_lock *lock)
{
    __atomic_store_n(&lock->grain_next, grain->locks, __ATOMIC_RELAXED);
    lock->grain_link = &grain->locks;
    if (grain->locks)
        grain->locks->grain_link = &lock->grain_next;
    __atomic_store_n(&grain->locks, lock, __ATOMIC_RELEASE);
}

static bool grow_grains(void)
{
    size_t old_count = grains ? grains->count : 0, count = old_count ? old_count * 2 : FIRST_GRAINS;
    struct grains *table = lh_table_alloc(sizeof *table + count * sizeof table->at[0]);
    struct lh_lock *next;

    if (!table)
        return grains != NULL;
    table->count = count;
    /* The old table stays, as that of the buckets does, but says that nothing in it is certain. */
    for (size_t i = 0; i < old_count; i++) {
        change_begins(&grains->at[i]);
        for (struct lh_lock *lock = grains->at[i].locks; lock; lock = next) {
            next = lock->grain_next;
            add_to_grain(grain_of(table, lock->home), lock);
        }
    }
    /* Release pairs with the acquire in lh_locks_in(). */
    __atomic_store_n(&grains, table, __ATOMIC_RELEASE);
    return true;
}

static void link_grain(struct lh_lock *lock)
{
    struct grain *grain = grain_of(grains, lock->home);

    change_begins(grain);
    add_to_grain(grain, lock);
    change_ends(grain);
    lh_page_enter(lock->home);
}

static void unlink_grain(struct lh_lock *lock)
{
    struct grain *grain = grain_of(grains, lock->home);

    change_begins(grain);
    __atomic_store_n(lock->grain_link, lock->grain_next, __ATOMIC_RELAXED);
    if (lock->grain_next)
        lock->grain_next->grain_link = lock->grain_link;
    change_ends(grain);
    lh_page_leave(lock->home);
}

/* Those of one grain in the range, added to the `n` there are; -1: the list changed meanwhile, or
 * there are too many. */
static int walk_grain(const struct grain *grain, uintptr_t start, uintptr_t size,
                      struct lh_lock **ret, int n, int most)
{
    /* Acquire, and the fence below: what is read lies between two looks at the version. */
    uint32_t version = __atomic_load_n(&grain->version, __ATOMIC_ACQUIRE);
    struct lh_lock *lock = __atomic_load_n(&grain->locks, __ATOMIC_ACQUIRE);

    for (int hops = 0; lock; hops++) {
        if (hops == MAX_GRAIN_HOPS)
            return -1;
        if (__atomic_load_n(&lock->home, __ATOMIC_RELAXED) - start < size) {
            if (n == most)
                return -1;
            ret[n++] = lock;
        }
        lock = __atomic_load_n(&lock->grain_next, __ATOMIC_ACQUIRE);
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (version % 2 || __atomic_load_n(&grain->version, __ATOMIC_RELAXED) != version)
        return -1;
    return n;
}

int lh_locks_in(uintptr_t start, uintptr_t size, struct lh_lock **ret, int most)
{
    uintptr_t first = start >> GRAIN_BITS, last = (start + size - 1) >> GRAIN_BITS;
    struct grains *table = __atomic_load_n(&grains, __ATOMIC_ACQUIRE);
    int n = 0;

    if (last - first >= LH_FEW_GRAINS)
        return -1;
    if (!table)
        return 0;
    for (uintptr_t grain = first; grain <= last && n >= 0; grain++)
        n = walk_grain(grain_of(table, grain << GRAIN_BITS), start, size, ret, n, most);
    return n;
}

static void link_stack(struct lh_lock *lock)
{
    struct lh_self *thread = lh_self_of_stack(lock->home);

    lock->stack_link = NULL;
    if (!thread)
        return;
    lock->slot->flags |= LH_LOCK_ON_STACK;
    lock->stack_next = thread->stack_locks;
    lock->stack_link = &thread->stack_locks;
    if (lock->stack_next)
        lock->stack_next->stack_link = &lock->stack_next;
    thread->stack_locks = lock;
    if (lock->home < thread->lowest_stack_lock)
        __atomic_store_n(&thread->lowest_stack_lock, lock->home, __ATOMIC_RELAXED);
}

static void unlink_stack(struct lh_lock *lock)
{
    if (!lock->stack_link)
        return;
    *lock->stack_link = lock->stack_next;
    if (lock->stack_next)
        lock->stack_next->stack_link = lock->stack_link;
    lock->stack_link = NULL;
}

static bool link_lock(struct lh_lock *lock)
{
    /* At most half full: each further entry of a list is a look into cold memory. */
    if ((n_live + 1) * 2 > n_buckets && !resize())
        return false;
    if ((!grains || n_live + 1 > grains->count * 2) && !grow_grains())
        return false;
    struct lh_lock **head = &buckets[bucket_of(lock->home, n_buckets)];
    __atomic_store_n(&lock->next, *head, __ATOMIC_RELEASE);
    /* Release: who finds the lock finds all of it. */
    __atomic_store_n(head, lock, __ATOMIC_RELEASE);
    n_live++;
    link_grain(lock);
    link_stack(lock);
    return true;
}

static void unlink_lock(struct lh_lock *lock)
{
    struct lh_lock **link = &buckets[bucket_of(lock->home, n_buckets)];

    while (*link != lock)
        link = &(*link)->next;
    __atomic_store_n(link, lock->next, __ATOMIC_RELEASE);
    n_live--;
    unlink_grain(lock);
    unlink_stack(lock);
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
    if (!link_lock(lock)) {
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

/* The instance is in no table any more. */
static void finish(struct lh_lock *lock)
{
    __atomic_store_n(&lock->addr, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&lock->life, LH_LIFE_OVER, __ATOMIC_RELAXED);
    __atomic_fetch_or(&lock->slot->flags, LH_LOCK_ENDED, __ATOMIC_RELAXED);
    lock->ended = true;
    lh_count_locked(LH_COUNT_LOCKS_ENDED, 1);
    lh_event_locked(lh_self, LH_EVENT_LOCK_END, lock->index);
    lh_deps_lock_ended(lock);
}

static void end_locked(struct lh_lock *lock)
{
    /* Else another thread ended it just now, and it rests. */
    if (!lh_life_over(lock))
        return;
    unlink_lock(lock);
    finish(lock);
}

void lh_lock_leave_table(struct lh_lock *lock)
{
    unlink_lock(lock);
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
    if (!lh_rest_settle((uintptr_t)object))
        return NULL;
    struct lh_lock *lock = look_up_locked((uintptr_t)object, WHAT_LIVES);
    if (lock && lock->kind == kind)
        return lock;
    /* Another kind of object lies there now: its memory was used again. */
    if (lock) {
        end_locked(lock);
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
        lock = lh_rests_at(lock, addr) ? NULL : look_up(addr, WHAT_LIVES);
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
    struct lh_lock *old = look_up_locked((uintptr_t)object, WHAT_LIVES);

    if (old)
        end_locked(old);
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
    struct lh_lock *lock = look_up_locked((uintptr_t)object, WHAT_LIVES);

    if (lock)
        end_locked(lock);
}

void lh_lock_end(const void *object)
{
    lh_recorder_lock();
    lh_lock_end_locked(object);
    lh_recorder_unlock();
}

/* Calls `act` for every instance in the range; it may take the instance out of the table. */
static void for_range(uintptr_t start, uintptr_t size, void (*act)(struct lh_lock *, void *),
                      void *data)
{
    uintptr_t first = start >> GRAIN_BITS, last = (start + size - 1) >> GRAIN_BITS;
    struct lh_lock *next;

    if (!size || start + size < start)
        return;
    lh_destroyed_forget_range(start, size);
    if (!n_live)
        return;
    /* A big range meets every grain once, whatever page it is of. */
    bool is_small = last - first < grains->count;
    uintptr_t count = is_small ? last - first + 1 : grains->count;
    for (uintptr_t i = 0; i < count; i++) {
        if (is_small && !lh_page_may_hold_locks((first + i) << GRAIN_BITS)) {
            i += (PAGE_GRAINS - 1) - (first + i) % PAGE_GRAINS;
            continue;
        }
        struct lh_lock *lock = grain_of(grains, (first + i) << GRAIN_BITS)->locks;
        for (; lock; lock = next) {
            next = lock->grain_next;
            if (lock->addr >= start && lock->addr < start + size)
                act(lock, data);
            else if (lock->home - start < size)
                lh_rest_forget_destroyed(lock);
        }
    }
}

static void settle_page(uintptr_t page, uintptr_t start, uintptr_t size)
{
    struct lh_lock *next;

    for (uintptr_t addr = page; addr < page + 4096; addr += 1u << GRAIN_BITS) {
        for (struct lh_lock *lock = grain_of(grains, addr)->locks; lock; lock = next) {
            next = lock->grain_next;
            if (lock->home - start >= size)
                continue;
            lh_rest_forget_destroyed(lock);
            lh_rest_settle(lock->home);
        }
    }
}

void lh_locks_settle_range(uintptr_t start, uintptr_t size)
{
    for (uintptr_t page = start & ~(uintptr_t)4095; n_live && page < start + size; page += 4096) {
        if (lh_page_may_hold_locks(page))
            settle_page(page, start, size);
    }
}

/* What the memory's end is to its locks; `freed` NULL: whoever holds them does not matter. */
struct ending {
    const struct lh_self *self;
    struct lh_freed *freed;
};

static void end_one(struct lh_lock *lock, void *data)
{
    const struct ending *ending = data;

    if (ending->freed)
        lh_freed_look(ending->freed, ending->self, lock);
    end_locked(lock);
}

void lh_locks_end_range_locked(const struct lh_self *self, uintptr_t start, uintptr_t size,
                               struct lh_freed *freed)
{
    struct ending ending = {self, freed};

    for_range(start, size, end_one, &ending);
}

void lh_locks_end_range(const struct lh_self *self, uintptr_t start, uintptr_t size,
                        struct lh_freed *freed)
{
    lh_recorder_lock();
    lh_locks_end_range_locked(self, start, size, freed);
    lh_recorder_unlock();
}

struct parking {
    struct ending ending;
    struct lh_lock *parked;
};

static void park(struct lh_lock *lock, void *data)
{
    struct parking *parking = data;

    if (parking->ending.self)
        lh_freed_look(parking->ending.freed, parking->ending.self, lock);
    /* Out of the table it cannot rest. */
    if (!lh_lock_keep(lock))
        return;
    unlink_lock(lock);
    /* Whoever has it in a cache takes it for none, and looks for what lies there now. */
    __atomic_store_n(&lock->addr, 0, __ATOMIC_RELEASE);
    lock->stack_next = parking->parked;
    parking->parked = lock;
}

struct lh_lock *lh_locks_park(const struct lh_self *self, uintptr_t start, uintptr_t size,
                              struct lh_freed *freed)
{
    struct parking parking = {{self, freed}, NULL};

    for_range(start, size, park, &parking);
    return parking.parked;
}

/* false: another instance has begun there. */
static bool put_back(struct lh_lock *lock)
{
    uintptr_t addr = lock->slot->addr;

    if (!lh_rest_settle(addr) || look_up_locked(addr, WHAT_LIVES))
        return false;
    __atomic_store_n(&lock->addr, addr, __ATOMIC_RELEASE);
    return link_lock(lock);
}

void lh_locks_unpark(struct lh_lock *parked, uintptr_t kept_end)
{
    while (parked) {
        struct lh_lock *next = parked->stack_next;
        if (parked->slot->addr >= kept_end || !put_back(parked))
            finish(parked);
        parked = next;
    }
}

void lh_locks_end_frames(struct lh_self *self, uintptr_t sp, struct lh_freed *freed)
{
    uintptr_t lowest = UINTPTR_MAX;
    struct lh_lock *next;

    lh_recorder_lock();
    /* On another stack (sigaltstack, a coroutine's) the pointer says nothing about this one. */
    if (sp > self->stack_high || sp < self->stack_low)
        sp = 0;
    for (struct lh_lock *lock = self->stack_locks; lock; lock = next) {
        next = lock->stack_next;
        if (!lock->addr) {
            if (lock->home < sp)
                lh_rest_forget_destroyed(lock);
        } else if (lock->addr < sp) {
            lh_freed_look(freed, self, lock);
            end_locked(lock);
        } else if (lock->addr < lowest) {
            lowest = lock->addr;
        }
    }
    if (sp > self->stack_low)
        lh_destroyed_forget_range(self->stack_low, sp - self->stack_low);
    __atomic_store_n(&self->lowest_stack_lock, lowest, __ATOMIC_RELAXED);
    lh_recorder_unlock();
}

void lh_locks_end_stack(struct lh_self *self, struct lh_freed *freed)
{
    struct lh_lock *next;

    for (struct lh_lock *lock = self->stack_locks; lock; lock = next) {
        next = lock->stack_next;
        /* What it holds itself is said already. */
        if (lock->addr && lock->owner != self->uid)
            lh_freed_look(freed, self, lock);
        end_locked(lock);
        /* The memory is another's soon. */
        lh_rest_forget_destroyed(lock);
        lh_rest_settle(lock->home);
    }
    if (self->stack_low)
        lh_destroyed_forget_range(self->stack_low, self->stack_high - self->stack_low);
    self->lowest_stack_lock = UINTPTR_MAX;
}

void lh_locks_forked(void)
{
    memset(lh_page_filter, 0, sizeof lh_page_filter);
    buckets = NULL;
    grains = NULL;
    n_buckets = n_live = 0;
    free_locks = NULL;
    lh_lock_slots_forked();
}
