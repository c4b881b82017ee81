#include "self.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "call.h"
#include "dep_table.h"
#include "events.h"
#include "held.h"
#include "lock_cache.h"
#include "lock_memory.h"
#include "locks.h"
#include "memory.h"
#include "misuse.h"
#include "misuse_memory.h"
#include "race.h"
#include "real.h"
#include "recorder.h"
#include "resting.h"
#include "segments.h"
#include "stacks.h"
#include "start.h"
#include "thread_nodes.h"

__thread struct lh_self *lh_self __attribute__((tls_model("initial-exec")));

/* What lh_self points to while a thread begins, and after its end: always inside the guard. */
static struct lh_self beginning = {.guard = 1}, gone = {.guard = 1};
/* ... and where there was no room to begin it. */
static struct lh_self left_out = {.guard = 1};

/* Under the recorder lock. */
#define UID_BUCKETS 1024u
static struct lh_self *live_threads, *free_threads;
static struct lh_self *by_uid[UID_BUCKETS];
static uint32_t last_uid;

uint32_t lh_self_new_uid(void)
{
    return ++last_uid;
}

static struct lh_trace_thread *new_slot(void)
{
    struct lh_trace_extent *extent = lh_writer_extent(&lh_writer, LH_EXTENT_THREADS, LH_UNIT, 0, 0);
    return extent ? (struct lh_trace_thread *)(extent + 1) : NULL;
}

static void fill_slot(struct lh_self *self, const struct lh_thread_node *node)
{
    struct lh_trace_thread *slot = self->slot;
    const struct lh_trace_extent *extent = (const struct lh_trace_extent *)slot - 1;

    slot->uid = self->uid;
    slot->tid = (uint32_t)lh_syscall(SYS_gettid);
    slot->creator = node ? node->creator : LH_NO_THREAD;
    slot->create_stack = node ? node->create_stack : LH_NO_STACK;
    slot->start_routine = node ? (uintptr_t)node->routine : 0;
    if (node && node->routine_c11)
        slot->start_routine = (uintptr_t)node->routine_c11;
    slot->started = lh_now();
    slot->wait_kind = LH_WAIT_NONE;
    slot->held_count = 0;
    slot->held_capacity = LH_HELD_INLINE;
    slot->held_offset = lh_writer_place(extent, slot->held);
    slot->flight_count = 0;
    slot->flight_offset = lh_writer_place(extent, slot->flight);
    slot->flight_slots = LH_FLIGHT_SLOTS;
    slot->segment = LH_NO_SEGMENT;
    lh_thread_refresh_name(self);
    /* Release: a reader that finds the slot alive finds it filled. */
    __atomic_store_n(&slot->state, LH_THREAD_LIVE, __ATOMIC_RELEASE);
}

/* Take or make a state; its caches are empty, `slot` is that of its last thread. NULL: no memory.
 */
static struct lh_self *new_self(void)
{
    struct lh_self *self = free_threads;

    if (self) {
        free_threads = self->next;
    } else {
        self = lh_arena_alloc(sizeof *self);
        struct lh_lock **held = lh_arena_alloc(LH_HELD_INLINE * sizeof *held);
        if (!self || !held) {
            lh_lost_record(LH_DROP_NO_MEMORY);
            return NULL;
        }
        self->held_locks = held;
        self->held_locks_capacity = LH_HELD_INLINE;
    }
    struct lh_lock **held = self->held_locks;
    uint32_t capacity = self->held_locks_capacity;
    struct lh_trace_thread *slot = self->slot;
    struct lh_python_thread *python = self->python;
    memset(self, 0, sizeof *self);
    self->python = python;
    self->slot = slot;
    self->held_locks = held;
    self->held_locks_capacity = capacity;
    lh_dep_table_begin(self);
    lh_lock_cache_begin(self);
    return self;
}

/* The main thread's stack: what the kernel gave it and what it may grow to. */
static void main_stack(struct lh_self *self)
{
    extern void *__libc_stack_end;
    struct rlimit limit;
    uintptr_t size = 8u << 20;

    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        size = limit.rlim_cur;
    self->stack_high = (uintptr_t)__libc_stack_end;
    self->stack_low = size < self->stack_high ? self->stack_high - size : 0;
}

static bool is_first_thread(void)
{
    return getpid() == (pid_t)lh_syscall(SYS_gettid);
}

/* Under the recorder lock. */
static struct lh_self *begin_locked(struct lh_thread_node *node)
{
    if (!lh_recording())
        return NULL;
    struct lh_self *self = new_self();
    if (!self)
        return NULL;
    if (!self->slot)
        self->slot = new_slot();
    if (!self->slot) {
        lh_lost_record(LH_DROP_NO_SPACE);
        self->next = free_threads;
        free_threads = self;
        return NULL;
    }
    self->uid = node && node->uid ? node->uid : lh_self_new_uid();
    self->guard = 1;
    self->held = self->slot->held;
    self->held_capacity = LH_HELD_INLINE;
    self->lowest_stack_lock = UINTPTR_MAX;
    self->sample = 1;
    self->full = lh_options.full;
    self->sample_period = self->full ? 1 : LH_SAMPLE_PERIOD;
    self->node = node;
    lh_segment_first(self, node ? &node->past : NULL);
    if (is_first_thread()) {
        main_stack(self);
        if (!node)
            self->node = lh_thread_node_first(self);
    }
    fill_slot(self, node);
    self->live = true;
    self->next = live_threads;
    live_threads = self;
    self->uid_next = by_uid[self->uid % UID_BUCKETS];
    by_uid[self->uid % UID_BUCKETS] = self;
    lh_count(LH_COUNT_THREADS, 1);
    return self;
}

static struct lh_self *begin(struct lh_thread_node *node, uintptr_t low, uintptr_t high)
{
    int saved = errno;

    lh_self = &beginning;
    lh_process_start();
    lh_recorder_lock();
    lh_recorder_start();
    lh_modules_inherit();
    struct lh_self *self = begin_locked(node);
    if (self && high) {
        self->stack_low = low;
        self->stack_high = high;
        lh_locks_settle_range(low, high - low);
    }
    if (node) {
        node->uid = self ? self->uid : 0;
        node->self = self;
        /* Its joiner did not find it yet. */
        if (self && node->joined)
            __atomic_store_n(&self->awaited, true, __ATOMIC_RELAXED);
        /* What is not recorded leaves nothing to wait for: its past is its creator's. */
        node->ended = !self;
        lh_thread_node_publish(node, pthread_self());
        if (!self && node->detached)
            lh_thread_node_forget(node);
    }
    lh_recorder_unlock();
    lh_self = self ? self : lh_recording() ? &left_out : &gone;
    if (self) {
        lh_process_arm_thread_end();
        lh_event(self, LH_EVENT_THREAD_START, self->slot->creator, self->slot->create_stack,
                 lh_now());
    }
    errno = saved;
    return self;
}

struct lh_self *lh_self_begin(struct lh_thread_node *node, uintptr_t stack_low,
                              uintptr_t stack_high)
{
    struct lh_self *self = begin(node, stack_low, stack_high);
    if (self)
        lh_leave(self);
    return self;
}

/* Less than what the kernel saves on a stack before it calls a handler there: 128 bytes that are
 * not to be touched, 440 of struct rt_sigframe, and 512 of other registers (arch/x86). */
#define LEAST_SIGNAL_FRAME 768u

/*
 * Was the wrapper that entered the shim left by a siglongjmp() out of a signal handler? A handler
 * that interrupted it would run below its frame; under the recorder lock, which keeps all others
 * waiting, nothing else calls a wrapper, so that such a handler is known by how far below.
 */
static bool was_abandoned(const struct lh_self *self, uintptr_t frame)
{
    uintptr_t below = lh_recorder_is_mine(self) ? LEAST_SIGNAL_FRAME : 0;

    return self->guard >= self->stack_low && self->guard < self->stack_high &&
           frame < self->stack_high && frame + below >= self->guard;
}

struct lh_self *lh_enter_slow(uintptr_t frame)
{
    if (!lh_self)
        return begin(NULL, 0, 0);
    lh_real_need();
    if (lh_self == &gone)
        lh_count(LH_DROP_THREAD_GONE, 1);
    else if (lh_self == &left_out)
        lh_count(LH_DROP_NO_SPACE, 1);
    if (lh_self_is_gone() || lh_self == &beginning)
        return NULL;
    lh_count(LH_DROP_REENTRANT, 1);
    if (!was_abandoned(lh_self, frame))
        return NULL;
    lh_recorder_abandoned(lh_self);
    lh_self->guard = frame;
    return lh_self;
}

struct lh_self *lh_self_all(void)
{
    return live_threads;
}

struct lh_self *lh_self_of_uid(uint32_t uid)
{
    struct lh_self *self = by_uid[uid % UID_BUCKETS];

    while (self && self->uid != uid)
        self = self->uid_next;
    return self;
}

bool lh_self_is_gone(void)
{
    return lh_self == &gone || lh_self == &left_out;
}

bool lh_self_is_inside(void)
{
    return lh_self && !lh_self_is_gone() && lh_self->guard;
}

struct lh_self *lh_self_of_stack(uintptr_t address)
{
    for (struct lh_self *self = live_threads; self; self = self->next) {
        if (address >= self->stack_low && address < self->stack_high)
            return self;
    }
    return NULL;
}

bool lh_self_grow_held(struct lh_self *self)
{
    uint32_t capacity = self->held_capacity * 2;
    bool grown = false;

    lh_recorder_lock();
    struct lh_trace_extent *extent = lh_writer_extent(
        &lh_writer, LH_EXTENT_HELD, sizeof *extent + capacity * sizeof *self->held, 0, self->uid);
    struct lh_lock **locks = self->held_locks_capacity >= capacity
                                 ? self->held_locks
                                 : lh_arena_alloc(capacity * sizeof *locks);
    if (extent && locks) {
        struct lh_trace_held *held = (struct lh_trace_held *)(extent + 1);
        memcpy(held, self->held, self->n_held * sizeof *held);
        if (locks != self->held_locks)
            memcpy(locks, self->held_locks, self->n_held * sizeof *locks);
        self->held = held;
        self->held_locks = locks;
        self->held_capacity = self->held_locks_capacity = capacity;
        /* Capacity after the place: a reader checks that both fit into the file. */
        __atomic_store_n(&self->slot->held_offset, lh_writer_place(extent, held), __ATOMIC_RELEASE);
        __atomic_store_n(&self->slot->held_capacity, capacity, __ATOMIC_RELEASE);
        grown = true;
    } else {
        lh_lost_record(extent ? LH_DROP_NO_MEMORY : LH_DROP_NO_SPACE);
    }
    lh_recorder_unlock();
    return grown;
}

static void remove_live(struct lh_self *self)
{
    struct lh_self **link = &live_threads, **uid_link = &by_uid[self->uid % UID_BUCKETS];

    while (*link && *link != self)
        link = &(*link)->next;
    if (*link)
        *link = self->next;
    while (*uid_link && *uid_link != self)
        uid_link = &(*uid_link)->uid_next;
    if (*uid_link)
        *uid_link = self->uid_next;
    self->live = false;
}

/*
 * A state keeps its slot, but for one that still shows held locks or an outgrown held set. The
 * events of a full trace name each thread: a record must stay in place of the slot.
 */
static void free_self(struct lh_self *self)
{
    if (self->full)
        lh_thread_record(self);
    if (self->n_held || self->held != self->slot->held || (self->full && !self->record))
        self->slot = NULL;
    lh_dep_table_end(self);
    lh_lock_cache_end(self);
    self->next = free_threads;
    free_threads = self;
}

void lh_self_end(void)
{
    struct lh_frontier nobodys;

    if (lh_racing())
        lh_race_settle();
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_thread_refresh_name(self);
    lh_event(self, LH_EVENT_THREAD_END, 0, 0, lh_now());
    struct lh_race_past *race = lh_racing() ? lh_race_thread_end(self) : NULL;
    lh_recorder_lock();
    lh_held_purge(self);
    lh_misuse_thread_end(self);
    struct lh_freed freed;
    lh_freed_begin(&freed, false);
    lh_locks_end_stack(self, &freed);
    lh_freed_note_locked(self, &freed, LH_MISUSE_FREED_WHILE_HELD, LH_NO_STACK);
    lh_rest_thread_end(self);
    lh_segment_end(self, self->node ? &self->node->past : &nobodys);
    lh_thread_kept_end(self);
    if (self->node) {
        self->node->ended = true;
        self->node->self = NULL;
        self->node->race_end = race;
        race = NULL;
        if (self->node->detached)
            lh_thread_node_forget(self->node);
    }
    __atomic_store_n(&self->slot->state, LH_THREAD_ENDED, __ATOMIC_RELEASE);
    remove_live(self);
    free_self(self);
    lh_self = &gone;
    lh_recorder_unlock();
    lh_race_past_drop(race);
}

/* What a forked child needs to know of the locks that its thread holds. */
struct fork_lock {
    uintptr_t addr;
    enum lh_lock_kind kind;
    uint32_t flags, depth, n_pcs;
    uint8_t mode;
    uintptr_t pcs[64];
};

/* Other threads may be forking at the same time. */
static __thread struct fork_held {
    size_t size, count;
    struct fork_lock locks[];
} * fork_held __attribute__((tls_model("initial-exec")));

static void note_held(struct lh_self *self, struct fork_held *noted)
{
    for (uint32_t i = 0; i < self->n_held; i++) {
        const struct lh_lock *lock = self->held_locks[i];
        struct fork_lock *to = &noted->locks[noted->count];
        to->addr = __atomic_load_n(&lock->addr, __ATOMIC_RELAXED);
        /* What lies in shared memory stays the parent's. */
        if (!to->addr || lock->slot->flags & LH_LOCK_PSHARED)
            continue;
        to->kind = lock->kind;
        to->flags = lock->slot->flags;
        to->depth = self->held[i].depth;
        to->mode = self->held[i].mode;
        to->n_pcs = lh_stack_pcs(self->held[i].stack, to->pcs, 64);
        noted->count++;
    }
}

void lh_self_before_fork(struct lh_self *self)
{
    size_t size = sizeof *fork_held + self->n_held * sizeof fork_held->locks[0];

    if (!self->n_held)
        return;
    fork_held = lh_table_alloc(size);
    if (!fork_held)
        return;
    fork_held->size = size;
    lh_recorder_lock();
    note_held(self, fork_held);
    lh_recorder_unlock();
}

void lh_self_after_fork(void)
{
    if (fork_held)
        lh_table_free(fork_held, fork_held->size);
    fork_held = NULL;
}

static void hold_again(struct lh_self *self, const struct fork_lock *held)
{
    /* Not all memory is passed on (MADV_DONTFORK). */
    if (!lh_memory_is_readable((const void *)held->addr))
        return;
    lh_recorder_lock();
    uint32_t stack = lh_stack_record(held->pcs, held->n_pcs);
    lh_recorder_unlock();
    struct lh_lock *lock = lh_lock_find(self, (const void *)held->addr, held->kind, stack);
    if (!lock)
        return;
    lock->slot->flags |= held->flags & (LH_LOCK_SEM_ONE | LH_LOCK_SEM_SIGNAL);
    if (held->mode == LH_MODE_SHARED)
        lock->readers++;
    else
        lock->owner = self->uid;
    if (lh_held_push(self, lock, stack, held->mode, 0, 0))
        self->held[self->n_held - 1].depth = held->depth;
}

void lh_self_forked(void)
{
    uintptr_t low = 0, high = 0;

    if (lh_self && !lh_self_is_gone() && lh_self != &beginning) {
        low = lh_self->stack_low;
        high = lh_self->stack_high;
    }
    live_threads = free_threads = NULL;
    memset(by_uid, 0, sizeof by_uid);
    last_uid = 0;
    lh_self = NULL;
    if (!fork_held)
        return;
    struct lh_self *self = begin(NULL, low, high);
    for (size_t i = 0; self && i < fork_held->count; i++)
        hold_again(self, &fork_held->locks[i]);
    lh_self_after_fork();
    if (self)
        lh_leave(self);
}

void lh_self_leave_for_good(void)
{
    lh_self = &gone;
}
