#include "inherited.h"

#include <semaphore.h>
#include <string.h>

#include "arena.h"
#include "glibc_state.h"
#include "memory.h"
#include "misuse.h"
#include "op.h"
#include "recorder.h"
#include "stacks.h"
#include "thread_nodes.h"
#include "verdict.h"

#define PCS_MAX 64u

/* A stack that both processes know: as addresses. */
struct known_stack {
    uint32_t n;
    uintptr_t pcs[PCS_MAX];
};

struct inherited_lock {
    uintptr_t addr;
    enum lh_lock_kind kind;
    uint32_t tid; /* of the holder */
    uint32_t uid; /* of the holder, in the child's trace; 0: not there yet */
    uint32_t depth;
    char name[LH_THREAD_NAME];
    struct known_stack taken;
};

struct inherited {
    size_t size;
    uint32_t count, capacity;
    uint32_t forker_tid, forker_uid; /* of the parent's thread; in the child's trace, 0: not yet */
    char forker_name[LH_THREAD_NAME];
    struct known_stack fork;
    struct inherited_lock locks[];
};

bool lh_inherited_any;
static struct inherited *inherited; /* of this process; under the recorder lock */

/* Other threads may be forking at the same time. */
static __thread struct inherited *pending __attribute__((tls_model("initial-exec")));
static __thread struct lh_site fork_site __attribute__((tls_model("initial-exec")));

void lh_inherited_at(struct lh_site site)
{
    fork_site = site;
}

/* ---- in the parent ---- */

static bool is_taken(const void *object, enum lh_lock_kind kind, uint32_t tid)
{
    int value;

    if (kind != LH_LOCK_SEMAPHORE)
        return lh_glibc_is_locked(object, kind, tid);
    return sem_getvalue((sem_t *)object, &value) == 0 && value == 0;
}

/* Locks that another process may have are released there. */
static bool is_lost(const struct lh_lock *lock, uint32_t tid)
{
    const void *object = (const void *)__atomic_load_n(&lock->addr, __ATOMIC_RELAXED);

    return object && !(lock->slot->flags & LH_LOCK_PSHARED) && lh_memory_is_readable(object) &&
           lh_glibc_is_locked(object, lock->kind, tid);
}

/* Of semaphores only Python's locks are their taker's. */
static bool is_lost_python(const struct lh_lock *lock)
{
    const void *object = (const void *)__atomic_load_n(&lock->addr, __ATOMIC_RELAXED);

    return object && (lock->slot->flags & LH_LOCK_PYTHON) &&
           !(lock->slot->flags & LH_LOCK_SEM_SIGNAL) && lh_memory_is_readable(object) &&
           is_taken(object, lock->kind, 0);
}

static void note_lock(struct inherited *to, const struct lh_self *thread, uint32_t i)
{
    const struct lh_lock *lock = thread->held_locks[i];
    struct inherited_lock *entry = &to->locks[to->count];

    if (to->count == to->capacity || (!is_lost(lock, thread->slot->tid) && !is_lost_python(lock)))
        return;
    *entry = (struct inherited_lock){
        .addr = lock->addr,
        .kind = lock->kind,
        .tid = thread->slot->tid,
        .depth = thread->held[i].depth,
    };
    memcpy(entry->name, thread->slot->name, sizeof entry->name);
    entry->taken.n = lh_stack_pcs(thread->held[i].stack, entry->taken.pcs, PCS_MAX);
    to->count++;
}

/* Held sets change while they are read: a lock is believed only when its own state says the same.
 */
static void note_locks(struct inherited *to, const struct lh_self *self)
{
    for (const struct lh_self *thread = lh_self_all(); thread; thread = thread->next) {
        uint32_t n = thread == self ? 0 : __atomic_load_n(&thread->n_held, __ATOMIC_RELAXED);
        for (uint32_t i = 0; i < n; i++)
            note_lock(to, thread, i);
    }
}

static uint32_t count_held(const struct lh_self *self)
{
    uint32_t n = 0;

    for (const struct lh_self *thread = lh_self_all(); thread; thread = thread->next) {
        if (thread != self)
            n += __atomic_load_n(&thread->n_held, __ATOMIC_RELAXED);
    }
    return n;
}

void lh_inherited_before_fork(struct lh_self *self)
{
    uint32_t stack = fork_site.pc ? lh_stack_of_any(self, fork_site) : LH_NO_STACK;

    lh_recorder_lock();
    uint32_t capacity = count_held(self);
    size_t size = sizeof *pending + capacity * sizeof pending->locks[0];
    pending = capacity ? lh_table_alloc(size) : NULL;
    if (pending) {
        pending->size = size;
        pending->capacity = capacity;
        pending->forker_tid = self->slot->tid;
        memcpy(pending->forker_name, self->slot->name, sizeof pending->forker_name);
        pending->fork.n = stack ? lh_stack_pcs(stack, pending->fork.pcs, PCS_MAX) : 0;
        note_locks(pending, self);
    }
    lh_recorder_unlock();
}

void lh_inherited_after_fork(void)
{
    if (pending)
        lh_table_free(pending, pending->size);
    pending = NULL;
}

/* ---- in the child ---- */

void lh_inherited_forked(void)
{
    /* What the parent itself had inherited is locked still, but whose it was is two forks ago. */
    inherited = pending;
    pending = NULL;
    lh_inherited_any = inherited && inherited->count;
}

static struct inherited_lock *find(const struct lh_lock *lock)
{
    for (uint32_t i = 0; i < inherited->count; i++) {
        if (inherited->locks[i].addr == lock->addr && inherited->locks[i].kind == lock->kind)
            return &inherited->locks[i];
    }
    return NULL;
}

/* Not released nor initialized again, and taken by nobody of this process. */
static bool is_still_locked(const struct inherited_lock *entry, const struct lh_lock *lock)
{
    return !__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) &&
           !__atomic_load_n(&lock->readers, __ATOMIC_RELAXED) && lock->addr == entry->addr &&
           is_taken((const void *)entry->addr, entry->kind, entry->tid);
}

static uint32_t record_stack(const struct known_stack *stack)
{
    return stack->n ? lh_stack_record(stack->pcs, stack->n) : LH_NO_STACK;
}

static void note(struct lh_self *self, struct lh_lock *lock, struct inherited_lock *entry,
                 uint32_t stack)
{
    uint32_t forked = record_stack(&inherited->fork);

    if (forked && !inherited->forker_uid)
        inherited->forker_uid =
            lh_thread_record_foreign(inherited->forker_tid, inherited->forker_name);
    if (!entry->uid)
        entry->uid = lh_thread_record_foreign(entry->tid, entry->name);
    lh_misuse_note(self, lock,
                   &(struct lh_misuse){
                       .kind = LH_MISUSE_FORK_WHILE_HELD,
                       .stack = stack,
                       .owner = entry->uid,
                       .owner_stack = record_stack(&entry->taken),
                       .depth = entry->depth,
                       .other = inherited->forker_uid,
                       .n_stacks = forked ? 1 : 0,
                       .stacks = &forked,
                   });
}

struct wait {
    const struct inherited_lock *entry;
    const struct lh_lock *lock;
};

static bool stands(const void *data)
{
    const struct wait *wait = data;

    return is_still_locked(wait->entry, wait->lock);
}

void lh_inherited_look(struct lh_self *self, struct lh_lock *lock, uint32_t stack, uint32_t flags)
{
    lh_recorder_lock();
    struct inherited_lock *entry = find(lock);
    bool lost = entry && is_still_locked(entry, lock);
    if (lost)
        note(self, lock, entry, stack);
    lh_recorder_unlock();
    if (lost && !(flags & (LH_ATTEMPT_TIMED | LH_ATTEMPT_TRY)))
        lh_verdict_never(self, stands, &(struct wait){entry, lock});
}
