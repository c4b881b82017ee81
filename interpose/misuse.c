#include "misuse.h"

#include <pthread.h>

#include "hash.h"
#include "held.h"
#include "map64.h"
#include "recorder.h"
#include "stacks.h"
#include "thread_nodes.h"

static struct lh_map64 noted; /* struct lh_trace_misuse; under the recorder lock */

/* Who holds a lock, by the lock's own state. */
enum state { FREE, MINE, OTHERS };

static enum state mutex_state(const struct lh_self *self, const pthread_mutex_t *mutex)
{
    /* With a priority ceiling the word is never 0. */
    if (lh_lock_flags_of(mutex, LH_LOCK_MUTEX) & LH_LOCK_PRIO_PROTECT)
        return MINE;
    if (__atomic_load_n(&mutex->__data.__lock, __ATOMIC_RELAXED) == 0)
        return FREE;
    /* Relaxed: if it is ours we wrote it; if not, any other value will do. */
    return __atomic_load_n(&mutex->__data.__owner, __ATOMIC_RELAXED) == (int)self->slot->tid
               ? MINE
               : OTHERS;
}

/* Readers are not known one by one: a lock held for reading may be this thread's. */
static enum state rwlock_state(const struct lh_self *self, const pthread_rwlock_t *rwlock)
{
    int writer = __atomic_load_n(&rwlock->__data.__cur_writer, __ATOMIC_RELAXED);

    if (writer)
        return writer == (int)self->slot->tid ? MINE : OTHERS;
    /* The count of readers lies above three bits of state (sysdeps/nptl/pthreadP.h). */
    return __atomic_load_n(&rwlock->__data.__readers, __ATOMIC_RELAXED) >> 3 ? MINE : FREE;
}

static enum state state_of(const struct lh_self *self, const void *object, enum lh_lock_kind kind)
{
    switch (kind) {
    case LH_LOCK_MUTEX:
        return mutex_state(self, object);
    case LH_LOCK_RWLOCK:
        return rwlock_state(self, object);
    case LH_LOCK_SPIN:
        /* glibc for x86: 1 is free. */
        return __atomic_load_n((const int *)object, __ATOMIC_RELAXED) == 1 ? FREE : OTHERS;
    default:
        return MINE;
    }
}

/* The newest acquisition of the lock by its owner, as far as it can be told. */
static void find_owner(const struct lh_lock *lock, struct lh_trace_misuse *misuse)
{
    const struct lh_self *owner = lh_self_of_uid(lock->owner);

    if (!owner)
        return;
    misuse->owner = owner->uid;
    /* The owner may be changing its set: then a stale stack is the worst that comes of it. */
    int i = lh_held_index(owner, lock);
    if (i < 0)
        return;
    misuse->owner_stack = owner->held[i].stack;
    misuse->depth = owner->held[i].depth;
}

static void write_misuse(struct lh_self *self, const struct lh_trace_misuse *misuse, uint64_t key)
{
    struct lh_trace_misuse *record = lh_writer_record(&lh_writer, sizeof *record);
    struct lh_self *owner = lh_self_of_uid(misuse->owner);

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return;
    }
    *record = *misuse;
    lh_thread_record(self);
    if (owner)
        lh_thread_record(owner);
    lh_writer_commit(record, LH_RECORD_MISUSE, sizeof *record);
    if (!lh_map64_add(&noted, key, record))
        lh_lost_record(LH_DROP_NO_MEMORY);
}

/* Under the recorder lock. */
static void note(struct lh_self *self, struct lh_lock *lock, struct lh_trace_misuse misuse)
{
    uint64_t key = lh_join(lh_join(misuse.kind, misuse.stack),
                           (uint64_t)misuse.owner_stack << 32 | lock->slot->birth_stack);
    struct lh_trace_misuse *known = lh_map64_find(&noted, key);

    if (known) {
        known->count++;
        return;
    }
    misuse.thread = self->uid;
    misuse.lock = lock->index;
    misuse.count = 1;
    lock->named = true;
    write_misuse(self, &misuse, key);
}

void lh_misuse_unlock(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                      struct lh_site site)
{
    enum state state = state_of(self, object, kind);
    struct lh_trace_misuse misuse = {0};

    if (state == MINE)
        return;
    misuse.stack = lh_stack_of(self, site);
    struct lh_lock *lock = lh_lock_of(self, object, kind, misuse.stack);
    if (!lock)
        return;
    lh_recorder_lock();
    misuse.kind = LH_MISUSE_UNLOCK_NOT_LOCKED;
    if (state == OTHERS) {
        misuse.kind = LH_MISUSE_UNLOCK_NOT_OWNER;
        find_owner(lock, &misuse);
    }
    /* An owner that is unknown may be this very thread, before the shim knew it. */
    if (state == FREE || misuse.owner)
        note(self, lock, misuse);
    lh_recorder_unlock();
}

void lh_misuse_destroy(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                       struct lh_site site)
{
    struct lh_trace_misuse misuse = {.kind = LH_MISUSE_DESTROY_WHILE_HELD};
    struct lh_lock *lock = lh_lock_known(object);

    if (!lock || lock->kind != kind || !lock->owner || state_of(self, object, kind) == FREE)
        return;
    misuse.stack = lh_stack_of(self, site);
    lh_recorder_lock();
    find_owner(lock, &misuse);
    if (misuse.owner_stack)
        note(self, lock, misuse);
    lh_recorder_unlock();
}

void lh_misuse_thread_end(struct lh_self *self)
{
    for (uint32_t i = 0; i < self->n_held; i++) {
        struct lh_lock *lock = self->held_locks[i];
        const void *object = (const void *)lock->addr;
        bool exclusive = self->held[i].mode == LH_MODE_EXCLUSIVE;
        /* A robust mutex is made for threads that end; a semaphore has no owner to speak of. */
        if (!object || !exclusive || lock->slot->flags & LH_LOCK_ROBUST ||
            (lock->kind != LH_LOCK_MUTEX && lock->kind != LH_LOCK_RWLOCK) ||
            state_of(self, object, lock->kind) != MINE)
            continue;
        bool recursive = lock->slot->flags & LH_LOCK_RECURSIVE;
        note(self, lock,
             (struct lh_trace_misuse){
                 .kind = recursive ? LH_MISUSE_UNBALANCED_RECURSIVE : LH_MISUSE_HELD_AT_THREAD_EXIT,
                 .owner = self->uid,
                 .owner_stack = self->held[i].stack,
                 .depth = self->held[i].depth,
             });
    }
}

void lh_misuse_forked(void)
{
    noted = (struct lh_map64){0};
}
