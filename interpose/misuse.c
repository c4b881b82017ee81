#include "misuse.h"

#include <errno.h>
#include <semaphore.h>
#include <string.h>

#include "events.h"
#include "glibc_state.h"
#include "hash.h"
#include "held.h"
#include "map64.h"
#include "memory.h"
#include "misuse_memory.h"
#include "python.h"
#include "recorder.h"
#include "resting.h"
#include "stacks.h"
#include "thread_nodes.h"

#define STACKS_MAX 32u /* acquisitions of a recursive mutex that are shown */

static struct lh_map64 noted; /* struct lh_trace_misuse; under the recorder lock */

/* ---- the record ---- */

static enum lh_state_of state_of(const struct lh_self *self, const void *object,
                                 enum lh_lock_kind kind)
{
    return lh_glibc_state(object, kind, self->slot->tid);
}

void lh_misuse_find_owner(const struct lh_lock *lock, struct lh_misuse *ret)
{
    const struct lh_self *owner = lh_self_of_uid(lock->owner);

    if (!owner)
        return;
    ret->owner = owner->uid;
    /* The owner may be changing its set: then a stale stack is the worst that comes of it. */
    int i = lh_held_index(owner, lock);
    if (i < 0)
        return;
    ret->owner_stack = owner->held[i].stack;
    ret->depth = owner->held[i].depth;
}

static uint64_t key_of(const struct lh_lock *lock, const struct lh_misuse *misuse)
{
    uint64_t key = lh_join(lh_join(misuse->kind, misuse->stack), misuse->owner_stack);

    return lock ? lh_join(key, lock->slot->birth_stack) : key;
}

static struct lh_trace_misuse *write_misuse(struct lh_self *self, const struct lh_lock *lock,
                                            const struct lh_misuse *misuse)
{
    size_t stacks = misuse->n_stacks * sizeof misuse->stacks[0];
    struct lh_trace_misuse *record = lh_writer_record(&lh_writer, sizeof *record + stacks);
    struct lh_self *owner = lh_self_of_uid(misuse->owner);

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return NULL;
    }
    record->kind = misuse->kind;
    record->thread = self->uid;
    record->lock = lock ? lock->index : LH_NO_LOCK;
    record->stack = misuse->stack;
    record->owner = misuse->owner;
    record->owner_stack = misuse->owner_stack;
    record->depth = misuse->depth;
    record->other = misuse->other;
    record->owner_lock = misuse->owner_lock;
    record->count = 1;
    record->n_stacks = misuse->n_stacks;
    if (stacks)
        memcpy(record->stacks, misuse->stacks, stacks);
    lh_thread_record(self);
    if (owner)
        lh_thread_record(owner);
    lh_writer_commit(record, LH_RECORD_MISUSE, sizeof *record + stacks);
    return record;
}

bool lh_misuse_note(struct lh_self *self, struct lh_lock *lock, const struct lh_misuse *misuse)
{
    uint64_t key = key_of(lock, misuse);
    struct lh_trace_misuse *known = lh_map64_find(&noted, key);

    if (known) {
        known->count++;
        return false;
    }
    if (!lh_recording())
        return false;
    if (lock && !lh_lock_keep(lock))
        return false;
    if (lock)
        lock->named = true;
    known = write_misuse(self, lock, misuse);
    if (known && !lh_map64_add(&noted, key, known))
        lh_lost_record(LH_DROP_NO_MEMORY);
    return known != NULL;
}

static void note_alone(struct lh_self *self, struct lh_lock *lock, const struct lh_misuse *misuse)
{
    lh_recorder_lock();
    lh_misuse_note(self, lock, misuse);
    lh_recorder_unlock();
}

/* ---- unlocking ---- */

/* Where this thread took the lock last, as far as its flight recorder goes back. */
static uint32_t last_taken(const struct lh_self *self, const struct lh_lock *lock)
{
    const struct lh_trace_event *event;

    for (uint32_t back = 0; (event = lh_event_back(self, back)) != NULL; back++) {
        uint32_t type = event->time_type & 0xff;
        if (event->lock == lock->index &&
            (type == LH_EVENT_ACQUIRE || type == LH_EVENT_ACQUIRE_AGAIN))
            return event->stack;
    }
    return LH_NO_STACK;
}

static enum lh_misuse_kind kind_of_free(const struct lh_lock *lock)
{
    return lock->slot->flags & LH_LOCK_RECURSIVE ? LH_MISUSE_RELEASED_TOO_OFTEN
                                                 : LH_MISUSE_UNLOCK_NOT_LOCKED;
}

static void note_unlock(struct lh_self *self, struct lh_lock *lock, enum lh_state_of state,
                        uint32_t stack)
{
    struct lh_misuse misuse = {.kind = LH_MISUSE_UNLOCK_NOT_OWNER, .stack = stack};

    lh_recorder_lock();
    if (state == LH_IS_OTHERS) {
        lh_misuse_find_owner(lock, &misuse);
    } else {
        misuse.kind = kind_of_free(lock);
        if (misuse.kind == LH_MISUSE_RELEASED_TOO_OFTEN)
            misuse.owner_stack = last_taken(self, lock);
        misuse.owner = misuse.owner_stack ? self->uid : LH_NO_THREAD;
    }
    /* An owner that is unknown may be this very thread, before the shim knew it. */
    if (state == LH_IS_FREE || misuse.owner)
        lh_misuse_note(self, lock, &misuse);
    lh_recorder_unlock();
}

void lh_misuse_unlock(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                      struct lh_site site)
{
    enum lh_state_of state = state_of(self, object, kind);
    bool invalid = kind == LH_LOCK_MUTEX && lh_glibc_mutex_fault(object) != LH_MUTEX_GOOD;

    if (state == LH_IS_MINE && !invalid)
        return;
    uint32_t stack = lh_stack_of(self, site);
    struct lh_lock *lock = lh_lock_of(self, object, kind, stack);
    if (!lock)
        return;
    if (invalid)
        lh_misuse_refused(self, lock, stack, EINVAL);
    else if (!lock->used_destroyed)
        note_unlock(self, lock, state, stack);
}

void lh_misuse_unlock_robust(struct lh_self *self, struct lh_lock *lock, struct lh_site site)
{
    /* Once: another thread may end it at any moment. */
    const void *object = (const void *)__atomic_load_n(&lock->addr, __ATOMIC_RELAXED);

    if (!object || !lh_glibc_is_inconsistent(object))
        return;
    note_alone(self, lock,
               &(struct lh_misuse){
                   .kind = LH_MISUSE_LEFT_INCONSISTENT,
                   .stack = lh_stack_of(self, site),
                   .owner = lock->dead_owner,
                   .owner_stack = lock->dead_stack,
               });
}

/* ---- locking ---- */

static void note_locked_again(struct lh_self *self, struct lh_lock *lock, const void *object,
                              uint32_t stack)
{
    int i = lh_held_index(self, lock);

    if (i < 0 || state_of(self, object, lock->kind) != LH_IS_MINE)
        return;
    note_alone(self, lock,
               &(struct lh_misuse){
                   .kind = LH_MISUSE_LOCKED_AGAIN,
                   .stack = stack,
                   .owner = self->uid,
                   .owner_stack = self->held[i].stack,
                   .depth = self->held[i].depth,
               });
}

static void note_invalid(struct lh_self *self, struct lh_lock *lock, enum lh_mutex_fault fault,
                         uint32_t stack)
{
    struct lh_misuse misuse = {
        .kind =
            fault == LH_MUTEX_DESTROYED ? LH_MISUSE_USE_AFTER_DESTROY : LH_MISUSE_USE_BEFORE_INIT,
        .stack = stack,
    };

    lh_recorder_lock();
    if (fault == LH_MUTEX_DESTROYED)
        lh_misuse_find_destroyer(lock, &misuse);
    lh_misuse_note(self, lock, &misuse);
    lh_recorder_unlock();
}

void lh_misuse_refused(struct lh_self *self, struct lh_lock *lock, uint32_t stack, int result)
{
    const void *object = (const void *)__atomic_load_n(&lock->addr, __ATOMIC_RELAXED);

    if (!object || result == EBUSY || result == ETIMEDOUT)
        return;
    enum lh_mutex_fault fault =
        lock->kind == LH_LOCK_MUTEX ? lh_glibc_mutex_fault(object) : LH_MUTEX_GOOD;
    if (fault != LH_MUTEX_GOOD)
        note_invalid(self, lock, fault, stack);
    else if (result == EDEADLK && (lock->kind == LH_LOCK_MUTEX || lock->kind == LH_LOCK_RWLOCK))
        note_locked_again(self, lock, object, stack);
}

/* The first of those who hold an rwlock for reading. */
static void find_reader(const struct lh_lock *lock, struct lh_misuse *ret)
{
    for (const struct lh_self *thread = lh_self_all(); thread; thread = thread->next) {
        int i = lh_held_index(thread, lock);
        if (i < 0)
            continue;
        ret->owner = thread->uid;
        ret->owner_stack = thread->held[i].stack;
        ret->depth = thread->held[i].depth;
        return;
    }
}

/* Do the bytes bear out that this thread or another holds it? */
static bool is_certain(const struct lh_lock *lock, const void *object,
                       const struct lh_misuse *misuse)
{
    const struct lh_self *owner = lh_self_of_uid(misuse->owner);

    return misuse->owner_stack && owner && lh_glibc_is_locked(object, lock->kind, owner->slot->tid);
}

static void note_end_of_held(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                             enum lh_misuse_kind what, struct lh_site site)
{
    struct lh_misuse misuse = {.kind = what};
    struct lh_lock *lock = lh_lock_near(self, (uintptr_t)object);

    if (lock && lh_is_resting(lock))
        return;
    if (!lock || lock->addr != (uintptr_t)object)
        lock = lh_lock_known(object);
    if (!lock || lock->kind != kind || !(lock->owner || lock->readers) ||
        state_of(self, object, kind) == LH_IS_FREE)
        return;
    misuse.stack = lh_stack_of(self, site);
    lh_recorder_lock();
    lh_misuse_find_owner(lock, &misuse);
    if (!misuse.owner && lock->readers)
        find_reader(lock, &misuse);
    if (is_certain(lock, object, &misuse))
        lh_misuse_note(self, lock, &misuse);
    lh_recorder_unlock();
}

void lh_misuse_destroy(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                       struct lh_site site)
{
    note_end_of_held(self, object, kind, LH_MISUSE_DESTROY_WHILE_HELD, site);
}

void lh_misuse_init(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                    struct lh_site site)
{
    note_end_of_held(self, object, kind, LH_MISUSE_INIT_WHILE_HELD, site);
}

/* ---- ending ---- */

/*
 * The acquisitions of a recursive mutex since it was free, oldest first. 0: the flight recorder
 * does not go back so far, or there are too many.
 */
static uint32_t acquisitions_of(const struct lh_self *self, const struct lh_lock *lock,
                                uint32_t ret[STACKS_MAX])
{
    const struct lh_trace_event *event;
    uint32_t n = 0;

    for (uint32_t back = 0; (event = lh_event_back(self, back)) != NULL; back++) {
        uint32_t type = event->time_type & 0xff;
        if (event->lock != lock->index ||
            (type != LH_EVENT_ACQUIRE && type != LH_EVENT_ACQUIRE_AGAIN))
            continue;
        if (n == STACKS_MAX)
            return 0;
        ret[n++] = event->stack;
        if (type == LH_EVENT_ACQUIRE)
            break;
    }
    for (uint32_t i = 0; i < n / 2; i++) {
        uint32_t stack = ret[i];
        ret[i] = ret[n - 1 - i];
        ret[n - 1 - i] = stack;
    }
    return event ? n : 0;
}

const void *lh_held_object(const struct lh_lock *lock)
{
    const void *object = (const void *)__atomic_load_n(&lock->addr, __ATOMIC_RELAXED);

    return object && lh_memory_is_readable(object) ? object : NULL;
}

/* Python's locks have no owner but what is known here; a thread of it that ends may leave one. */
static bool is_kept_python(const struct lh_lock *lock, const struct lh_trace_held *held)
{
    int value = 1;

    /* What has a semaphore of its own is no object that is built of locks. */
    if ((lock->slot->flags & (LH_LOCK_PYTHON | LH_LOCK_OBJECT | LH_LOCK_SEM_SIGNAL)) !=
            LH_LOCK_PYTHON ||
        held->mode != LH_MODE_EXCLUSIVE)
        return false;
    const void *object = lh_held_object(lock);
    return object && sem_getvalue((sem_t *)object, &value) == 0 && value == 0;
}

/* Does this thread hold entry i of its set by the lock's own state, too? */
static bool is_kept(const struct lh_self *self, uint32_t i)
{
    const struct lh_lock *lock = self->held_locks[i];
    const void *object = lh_held_object(lock);

    if (!object)
        return false;
    /* A spin lock does not say who holds it. */
    if (lock->kind == LH_LOCK_SPIN)
        return lock->owner == self->uid && state_of(self, object, lock->kind) != LH_IS_FREE;
    return (lock->kind == LH_LOCK_MUTEX || lock->kind == LH_LOCK_RWLOCK) &&
           state_of(self, object, lock->kind) == LH_IS_MINE;
}

static void note_kept(struct lh_self *self, uint32_t i, enum lh_misuse_kind kind)
{
    struct lh_lock *lock = self->held_locks[i];
    bool is_python = lock->slot->flags & LH_LOCK_PYTHON;
    uint32_t depth = is_python ? lock->python_depth : self->held[i].depth;
    uint32_t stacks[STACKS_MAX], n = 0;

    /* Python counts the further acquisitions itself. */
    if (kind == LH_MISUSE_UNBALANCED_RECURSIVE && !is_python)
        n = acquisitions_of(self, lock, stacks);
    lh_misuse_note(self, lock,
                   &(struct lh_misuse){
                       .kind = kind,
                       .owner = self->uid,
                       .owner_stack = self->held[i].stack,
                       .depth = depth,
                       .n_stacks = n >= depth ? n : 0,
                       .stacks = stacks,
                   });
}

static enum lh_misuse_kind kind_of_kept(const struct lh_lock *lock)
{
    return lock->slot->flags & LH_LOCK_RECURSIVE ? LH_MISUSE_UNBALANCED_RECURSIVE
                                                 : LH_MISUSE_HELD_AT_THREAD_EXIT;
}

static void note_kept_python(struct lh_self *self)
{
    for (uint32_t i = 0; i < self->n_held; i++)
        if (is_kept_python(self->held_locks[i], &self->held[i]))
            note_kept(self, i, kind_of_kept(self->held_locks[i]));
}

void lh_misuse_python_end(struct lh_self *self)
{
    lh_recorder_lock();
    lh_held_purge(self);
    note_kept_python(self);
    lh_recorder_unlock();
}

void lh_misuse_thread_end(struct lh_self *self)
{
    if (!lh_python_has_ended(self))
        note_kept_python(self);
    for (uint32_t i = 0; i < self->n_held; i++) {
        struct lh_lock *lock = self->held_locks[i];
        if (!is_kept(self, i))
            continue;
        if (lock->slot->flags & LH_LOCK_ROBUST) {
            /* Made for threads that end; whoever takes it next will ask whose it was. */
            lock->dead_owner = self->uid;
            lock->dead_stack = self->held[i].stack;
            lh_thread_record(self);
            continue;
        }
        note_kept(self, i, kind_of_kept(lock));
    }
}

void lh_misuse_process_end(struct lh_self *self)
{
    for (uint32_t i = 0; i < self->n_held; i++) {
        if (self->held[i].mode == LH_MODE_EXCLUSIVE && is_kept(self, i) &&
            !(self->held_locks[i]->slot->flags & LH_LOCK_ROBUST))
            note_kept(self, i, LH_MISUSE_HELD_AT_PROCESS_EXIT);
    }
}

void lh_misuse_forked(void)
{
    noted = (struct lh_map64){0};
}
