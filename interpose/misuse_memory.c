#include "misuse_memory.h"

#include "deps.h"
#include "destroyed.h"
#include "glibc_state.h"
#include "held.h"
#include "memory.h"
#include "modules.h"
#include "recorder.h"
#include "resting.h"
#include "stacks.h"
#include "thread_nodes.h"

/* ---- use after destroy ---- */

void lh_misuse_destroyed(struct lh_self *self, const void *object, enum lh_lock_kind kind,
                         struct lh_site site)
{
    struct lh_destroyed entry = {
        .addr = (uintptr_t)object,
        .kind = kind,
        .thread = self->uid,
        .stack = lh_stack_of(self, site),
        .print = lh_destroyed_print(object, kind),
    };
    struct lh_lock *lock = lh_lock_near(self, entry.addr);

    if (lock && lock->kind == kind && lh_rest(self, lock, entry.addr, &entry))
        return;
    lh_recorder_lock();
    lock = lh_lock_known_locked(object);
    if (lock && lock->kind == kind) {
        entry.birth_stack = lock->slot->birth_stack;
        entry.birth_flags = lock->slot->flags & (LH_LOCK_INIT_SEEN | LH_LOCK_C11);
    }
    lh_lock_end_locked(object);
    lh_destroyed_add(&entry);
    lh_recorder_unlock();
}

void lh_misuse_find_destroyer(const struct lh_lock *lock, struct lh_misuse *ret)
{
    const struct lh_destroyed *entry = lh_destroyed_find(lock->home);

    if (!entry || entry->kind != lock->kind)
        return;
    ret->owner = entry->thread;
    ret->owner_stack = entry->stack;
}

static void note_use(struct lh_self *self, struct lh_lock *lock, enum lh_misuse_kind kind,
                     uint32_t stack)
{
    struct lh_misuse misuse = {.kind = kind, .stack = stack};

    lh_misuse_find_destroyer(lock, &misuse);
    lh_misuse_note(self, lock, &misuse);
    lock->used_destroyed = true;
}

/*
 * An rwlock's destroyed bytes are those of a new one if nobody wrote to it. In a variable of static
 * storage that is hardly a new object; elsewhere it may well be one, so nothing is said.
 */
static void judge_destroyed(struct lh_self *self, struct lh_lock *lock, uint32_t stack)
{
    if (!lh_glibc_is_like_new((const void *)lock->home, lock->kind))
        note_use(self, lock, LH_MISUSE_USE_AFTER_DESTROY, stack);
    else if (lh_modules_has(lock->home))
        note_use(self, lock, LH_MISUSE_USE_AFTER_DESTROY_AS_NEW, stack);
}

void lh_misuse_first_use(struct lh_self *self, struct lh_lock *lock, uint32_t stack)
{
    /* Its `home`, which stays: `addr` is 0 once another thread has ended it. */
    const struct lh_destroyed *entry = lh_destroyed_find(lock->home);

    if (!entry) {
        if (lh_glibc_is_empty_barrier((const void *)lock->home, lock->kind))
            note_use(self, lock, LH_MISUSE_USE_BEFORE_INIT, stack);
        return;
    }
    if (entry->kind != lock->kind || !lh_destroyed_is_untouched(entry)) {
        lh_destroyed_forget(lock->home);
        return;
    }
    /* It is the old object, and is to be named as that. */
    if (entry->birth_stack)
        lock->slot->birth_stack = entry->birth_stack;
    lock->slot->flags |= entry->birth_flags;
    /* Of a mutex each wrong call is noted: the C library refuses them all. */
    if (lock->kind == LH_LOCK_MUTEX)
        return;
    judge_destroyed(self, lock, stack);
    lh_destroyed_forget(lock->home);
}

/* ---- freed while held ---- */

/* Who holds it: the first of its readers, if there are such. */
static const struct lh_self *holder_of(const struct lh_lock *lock)
{
    uint32_t owner = __atomic_load_n(&lock->owner, __ATOMIC_RELAXED);

    if (owner)
        return lh_self_of_uid(owner);
    for (const struct lh_self *thread = lh_self_all(); thread; thread = thread->next) {
        if (lh_held_has(thread, lock))
            return thread;
    }
    return NULL;
}

static struct lh_self *other_waiter(const struct lh_self *self, const struct lh_lock *lock)
{
    for (struct lh_self *thread = lh_self_all(); thread; thread = thread->next) {
        /* Acquire pairs with the release in lh_wait_begin(). */
        if (thread != self &&
            __atomic_load_n(&thread->slot->wait_kind, __ATOMIC_ACQUIRE) == LH_WAIT_LOCK &&
            thread->wait_lock == lock)
            return thread;
    }
    return NULL;
}

/* Do the lock's own bytes bear out that it is held? */
static bool is_locked(const struct lh_lock *lock, const struct lh_self *holder, bool overwritten)
{
    const void *object = (const void *)lock->addr;

    if (!lh_memory_is_readable(object))
        return false;
    return overwritten ? !lh_glibc_is_free(object, lock->kind)
                       : lh_glibc_is_locked(object, lock->kind, holder->slot->tid);
}

void lh_freed_look(struct lh_freed *freed, const struct lh_self *self, struct lh_lock *lock)
{
    if (freed->n == LH_FREED_MAX || !(lock->owner || lock->readers) ||
        (lock->kind != LH_LOCK_MUTEX && lock->kind != LH_LOCK_RWLOCK && lock->kind != LH_LOCK_SPIN))
        return;
    /* Another process may go on with it. */
    if (lock->slot->flags & LH_LOCK_PSHARED)
        return;
    const struct lh_self *holder = holder_of(lock);
    if (!holder || !is_locked(lock, holder, freed->overwritten))
        return;
    int i = lh_held_index(holder, lock);
    if (i < 0)
        return;
    if (!lh_lock_keep(lock))
        return;
    const struct lh_self *waiter = other_waiter(self, lock);
    freed->locks[freed->n++] = (struct lh_freed_lock){
        .lock = lock,
        .was_named = lock->named,
        .wait_stack = waiter ? waiter->slot->wait_stack : LH_NO_STACK,
        .misuse =
            {
                .owner = holder->uid,
                .owner_stack = holder->held[i].stack,
                .depth = holder->held[i].depth,
                .other = waiter ? waiter->uid : LH_NO_THREAD,
            },
    };
    lock->named = true;
}

/* No record names it after all. */
static void let_go(const struct lh_freed_lock *item)
{
    if (item->was_named)
        return;
    item->lock->named = false;
    if (item->lock->ended)
        lh_deps_lock_ended(item->lock);
}

void lh_freed_note_locked(struct lh_self *self, struct lh_freed *freed, enum lh_misuse_kind kind,
                          uint32_t stack)
{
    for (uint32_t i = 0; i < freed->n; i++) {
        struct lh_freed_lock *item = &freed->locks[i];
        struct lh_self *waiter = lh_self_of_uid(item->misuse.other);
        item->misuse.kind = kind;
        item->misuse.stack = stack;
        item->misuse.n_stacks = item->misuse.other ? 1 : 0;
        item->misuse.stacks = &item->wait_stack;
        if (waiter)
            lh_thread_record(waiter);
        if (!lh_misuse_note(self, item->lock, &item->misuse))
            let_go(item);
    }
    freed->n = 0;
}

void lh_freed_note(struct lh_self *self, struct lh_freed *freed, enum lh_misuse_kind kind,
                   uint32_t stack)
{
    lh_recorder_lock();
    lh_freed_note_locked(self, freed, kind, stack);
    lh_recorder_unlock();
}

void lh_freed_look_at_modules(struct lh_freed *freed, const struct lh_self *self)
{
    lh_recorder_lock();
    for (const struct lh_self *thread = lh_self_all(); thread; thread = thread->next) {
        uint32_t n = __atomic_load_n(&thread->n_held, __ATOMIC_RELAXED);
        for (uint32_t i = 0; i < n; i++) {
            struct lh_lock *lock = thread->held_locks[i];
            uintptr_t addr = __atomic_load_n(&lock->addr, __ATOMIC_RELAXED);
            if (addr && lh_modules_has(addr))
                lh_freed_look(freed, self, lock);
        }
    }
    lh_recorder_unlock();
}

void lh_freed_keep_ended(struct lh_freed *freed)
{
    uint32_t kept = 0;

    lh_recorder_lock();
    for (uint32_t i = 0; i < freed->n; i++) {
        if (freed->locks[i].lock->ended)
            freed->locks[kept++] = freed->locks[i];
        else
            let_go(&freed->locks[i]);
    }
    lh_recorder_unlock();
    freed->n = kept;
}
