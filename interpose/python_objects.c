#include "python_objects.h"

#include <string.h>

#include "arena.h"
#include "misuse.h"
#include "misuse_wait.h"
#include "python_frames.h"
#include "python_rlock.h"
#include "python_shared.h"
#include "recorder.h"
#include "segments.h"
#include "thread_nodes.h"
#include "units.h"
#include "wakers.h"

/* ---- which object ---- */

/* Classes of the library. */
static const struct class
{
    const char *name;
    enum lh_python_class class;
    enum lh_lock_kind kind;
    enum lh_wait_kind wait;
} classes[] = {
    {"Condition", LH_PYTHON_CONDITION, LH_LOCK_COND, LH_WAIT_COND},
    {"Event", LH_PYTHON_EVENT, LH_LOCK_COND, LH_WAIT_COND},
    {"BoundedSemaphore", LH_PYTHON_BOUNDED_SEMAPHORE, LH_LOCK_SEMAPHORE, LH_WAIT_SEM},
    {"Semaphore", LH_PYTHON_SEMAPHORE, LH_LOCK_SEMAPHORE, LH_WAIT_SEM},
    {"Barrier", LH_PYTHON_BARRIER, LH_LOCK_BARRIER, LH_WAIT_BARRIER},
    {"Queue", LH_PYTHON_QUEUE, LH_LOCK_COND, LH_WAIT_COND},
    {"Future", LH_PYTHON_FUTURE, LH_LOCK_COND, LH_WAIT_COND},
};

struct object {
    const void *address; /* NULL: none */
    const struct class *class;
    struct lh_python_call call; /* of its method */
};

static bool is_library(const struct lh_python_call *call)
{
    static const struct {
        const char *end, last[9];
    } files[] = {
        {"/threading.py", "ading.py"},
        {"/queue.py", "queue.py"},
        {"/concurrent/futures/_base.py", "_base.py"},
        {"/concurrent/futures/thread.py", "hread.py"},
    };
    const void *file = lh_python_file(call->code);
    uint64_t last = lh_python_last(file);

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (memcmp(files[i].last, &last, sizeof last) == 0)
            return lh_python_ends_with(file, files[i].end);
    return false;
}

static bool is_named(const struct lh_python_call *call, const char *name)
{
    return lh_python_is(lh_python_short_name(call->code), name);
}

static const void *known_class(const char *name)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (name[0] == classes[i].name[0] && strcmp(name, classes[i].name) == 0)
            return &classes[i];
    return NULL;
}

static const struct class *class_of(const void *object)
{
    return object ? lh_python_class(object, known_class) : NULL;
}

/* The outermost object of the library whose methods the thread is in: an Event has a Condition. */
static struct object find_object(bool made)
{
    struct object found = {0};
    struct lh_python_call call;
    bool more = lh_python_first(&call);

    for (; more && is_library(&call); more = lh_python_caller(&call, &call)) {
        if (made && !is_named(&call, "__init__") && !is_named(&call, "RLock"))
            break;
        const void *self = lh_python_local(&call, 0);
        const struct class *class = class_of(self);
        if (class)
            found = (struct object){self, class, call};
    }
    return found;
}

/* Thread.__init__(self, group, target, name, ...); a str, or NULL. */
static const void *name_of_thread(const struct lh_python_call *call)
{
    enum { TARGET = 2, NAME = 3 };
    const void *name = lh_python_local(call, NAME), *target = lh_python_local(call, TARGET);

    if (name && lh_python_is_a(name, "str"))
        return name;
    const void *code = name && lh_python_is_none(name) && target ? lh_python_code_of(target) : NULL;
    return code ? lh_python_short_name(code) : NULL;
}

/* The Event of a Thread is made when its name is chosen. */
static void note_thread_name(void)
{
    struct lh_python_call call;
    bool more = lh_python_first(&call);

    for (; more && is_library(&call) && is_named(&call, "__init__");
         more = lh_python_caller(&call, &call)) {
        const void *self = lh_python_local(&call, 0);
        const void *name = self && lh_python_is_a(self, "Thread") ? name_of_thread(&call) : NULL;
        if (name)
            lh_python_name_thread(self, name);
    }
}

/* Its entry in the table; NULL: there is none. */
static struct lh_lock *lock_of(const struct object *object)
{
    struct lh_lock *lock = object->address ? lh_lock_known(object->address) : NULL;

    return lock && lock->slot->python == object->class->class ? lock : NULL;
}

static uint32_t begin_object(struct lh_self *self, const struct object *object, uint64_t initial,
                             uint32_t stack)
{
    bool is_one = object->class->kind == LH_LOCK_SEMAPHORE && initial == 1;
    uint32_t flags = LH_LOCK_PYTHON | LH_LOCK_OBJECT | (is_one ? LH_LOCK_SEM_ONE : 0);
    uint32_t index =
        lh_lock_begin(self, object->address, object->class->kind, flags, initial, stack);

    struct lh_lock *lock = lh_lock_known(object->address);
    if (lock)
        lock->slot->python = object->class->class;
    return index;
}

/* A Condition around a lock that was there before makes none, and so is first seen here. */
static struct lh_lock *need_lock(struct lh_self *self, const struct object *object, uint32_t stack)
{
    struct lh_lock *lock = lock_of(object);

    if (lock || !object->address || object->class->class != LH_PYTHON_CONDITION)
        return lock;
    begin_object(self, object, 0, stack);
    lock = lock_of(object);
    if (lock)
        __atomic_fetch_and(&lock->slot->flags, ~(uint32_t)LH_LOCK_INIT_SEEN, __ATOMIC_RELAXED);
    return lock;
}

/* ---- notify ---- */

/* Under its lock nothing runs but the library: it has no part in any order. */
static bool hides_its_lock(enum lh_python_class class)
{
    return class == LH_PYTHON_EVENT || class == LH_PYTHON_SEMAPHORE ||
           class == LH_PYTHON_BOUNDED_SEMAPHORE;
}

/* release() gives one back, release(n) as many. */
static bool is_one_released(const struct lh_python_call *call)
{
    const void *count = is_named(call, "release") ? lh_python_local(call, 1) : NULL;

    return !count || lh_python_small_int(count) == 1;
}

static void note_release(struct lh_self *self, struct lh_lock *semaphore,
                         const struct lh_python_call *call, uint32_t stack)
{
    if (is_one_released(call))
        lh_unit_given(self, semaphore);
    else
        lh_units_unknown(semaphore);
    if (lh_held_has(self, semaphore)) {
        lh_release(self, (const void *)semaphore->addr, 0, (struct lh_site){0, 0});
        return;
    }
    __atomic_fetch_or(&semaphore->slot->flags, LH_LOCK_SEM_SIGNAL, __ATOMIC_RELAXED);
    __atomic_store_n(&semaphore->owner, LH_NO_THREAD, __ATOMIC_RELAXED);
    lh_waker_note(self, semaphore, LH_EVENT_SEM_POST, stack);
    lh_event(self, LH_EVENT_SEM_POST, semaphore->index, stack, 0);
}

/* What asks whether the Condition's lock is held tries it; an RLock can tell without. */
static bool is_asked_by_trying(const struct lh_self *self)
{
    for (uint32_t i = self->n_held; i-- > 0;)
        if (self->held_locks[i]->slot->flags & LH_LOCK_PYTHON)
            return !(self->held_locks[i]->slot->flags & LH_LOCK_RECURSIVE);
    return false;
}

/* notify() of the Condition in an object. */
static void note_notify(struct lh_self *self, uint32_t stack, bool wakes)
{
    struct object object = find_object(false);
    struct lh_lock *lock = need_lock(self, &object, stack);

    if (wakes && (!lock || hides_its_lock(lock->slot->python) || is_asked_by_trying(self) ||
                  lh_python_rlock_is_observed()))
        return;
    if (!lock || lock->kind == LH_LOCK_BARRIER)
        return;
    if (lock->kind == LH_LOCK_SEMAPHORE) {
        note_release(self, lock, &object.call, stack);
        return;
    }
    lh_waker_note(self, lock, LH_EVENT_COND_SIGNAL, stack);
    __atomic_fetch_add(&lock->slot->acquisitions_shared, 1, __ATOMIC_RELAXED);
    lh_dep_note(self, lock, stack, LH_MODE_EXCLUSIVE, LH_ATTEMPT_SIGNAL);
    lh_event(self, LH_EVENT_COND_SIGNAL, lock->index, stack, 0);
}

/* Condition.notify() asks an RLock whether it is the caller's. */
static void on_owned(void)
{
    struct lh_python_call call;
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    if (lh_python_first(&call) && is_named(&call, "notify") && is_library(&call))
        note_notify(self, lh_python_stack(self), false);
    lh_leave(self);
}

/* ---- locks begin and end ---- */

/* Return addresses where Lock objects are made; relaxed: while loaded, always the same. */
static uintptr_t lock_maker[2];

/* A lock of a module of the library is that module's own business. */
static bool is_made_by_library(void)
{
    struct lh_python_call call;
    bool more = lh_python_first(&call);

    while (more && is_library(&call) && !is_named(&call, "<module>"))
        more = lh_python_caller(&call, &call);
    return more && is_library(&call);
}

/* What a lock that belongs to no object is for. */
static enum lh_python_class plain_class(void)
{
    struct lh_python_call call;

    if (!lh_python_first(&call) || is_made_by_library())
        return LH_PYTHON_INTERNAL;
    if (lh_python_ends_with(lh_python_file(call.code), "/threading.py")) {
        if (is_named(&call, "RLock"))
            return LH_PYTHON_RLOCK;
        if (is_named(&call, "wait"))
            return LH_PYTHON_WAITER;
        if (is_named(&call, "_set_tstate_lock") || is_named(&call, "join"))
            return LH_PYTHON_THREAD_END;
        if (is_named(&call, "_shutdown"))
            return LH_PYTHON_INTERNAL;
    }
    if (lh_python_ends_with(lh_python_file(call.code), "<frozen importlib._bootstrap>"))
        return LH_PYTHON_INTERNAL;
    return LH_PYTHON_LOCK;
}

/*
 * Lock objects are made in one place of the interpreter: that which Events of the library are made
 * from. What comes from elsewhere is no Lock: a SimpleQueue, a file.
 */
static bool comes_from_lock_type(struct lh_self *self, const struct object *object,
                                 struct lh_site site)
{
    uintptr_t pcs[2] = {0};

    if (lh_stack_callers(self, site, pcs, 2) < 2)
        return true;
    if (object->address && object->class->class == LH_PYTHON_EVENT) {
        __atomic_store_n(&lock_maker[1], pcs[1], __ATOMIC_RELAXED);
        __atomic_store_n(&lock_maker[0], pcs[0], __ATOMIC_RELAXED);
    }
    uintptr_t first = __atomic_load_n(&lock_maker[0], __ATOMIC_RELAXED);
    return !first ||
           (pcs[0] == first && pcs[1] == __atomic_load_n(&lock_maker[1], __ATOMIC_RELAXED));
}

void lh_python_objects_forget(void)
{
    __atomic_store_n(&lock_maker[0], 0, __ATOMIC_RELAXED);
    lh_python_rlock_forget();
}

/*
 * From 3.13 on a thread is joined by a lock that lies on the joiner's stack. Which thread it is
 * for, the method's object tells.
 */
static uint32_t joined_thread(struct lh_self *self)
{
    struct lh_python_call call;
    uint32_t uid = self->uid;

    if (!lh_python_first(&call) || !is_named(&call, "join"))
        return uid;
    const void *object = lh_python_local(&call, 0);
    lh_recorder_lock();
    for (struct lh_self *other = lh_self_all(); other; other = other->next)
        if (other->python && other->python->uid == other->uid && other->python->object == object)
            uid = other->uid;
    lh_recorder_unlock();
    return uid;
}

static bool is_rlock_made(void)
{
    struct lh_python_call call;

    return lh_python_first(&call) && is_named(&call, "RLock") && is_library(&call);
}

static bool is_signal(enum lh_python_class class)
{
    return class == LH_PYTHON_WAITER || class == LH_PYTHON_THREAD_END ||
           class == LH_PYTHON_INTERNAL;
}

/* The number that a Semaphore or a Barrier begins with. */
static uint64_t initial_of(const struct object *object)
{
    if (object->class->kind == LH_LOCK_COND)
        return 0;
    return lh_python_small_int(lh_python_local(&object->call, 1));
}

void lh_python_born(struct lh_self *self, const sem_t *sem, uint32_t stack, struct lh_site site)
{
    struct object object = find_object(true);
    enum lh_python_class plain = plain_class();
    struct lh_lock *lock = lh_lock_known(sem);
    uint32_t flags = LH_LOCK_PYTHON;

    if (!lock)
        return;
    bool is_event = object.address && object.class->class == LH_PYTHON_EVENT;
    if ((plain == LH_PYTHON_LOCK || is_event) && !comes_from_lock_type(self, &object, site))
        plain = LH_PYTHON_INTERNAL;
    if (plain == LH_PYTHON_RLOCK)
        flags |= LH_LOCK_RECURSIVE;
    if (is_rlock_made())
        lock->python_rlock = lh_python_rlock_new(self, on_owned);
    if (object.address ? hides_its_lock(object.class->class) : is_signal(plain))
        flags |= LH_LOCK_SEM_SIGNAL;
    if (plain == LH_PYTHON_THREAD_END)
        lock->slot->birth_thread = joined_thread(self);
    lock->slot->python = object.address ? object.class->class : plain;
    __atomic_fetch_or(&lock->slot->flags, flags, __ATOMIC_RELAXED);
    lock->python_object = (uintptr_t)object.address;
    if (is_event)
        note_thread_name();
    if (object.address) {
        uint32_t index = begin_object(self, &object, initial_of(&object), stack);
        lh_event(self, LH_EVENT_LOCK_INIT, index, stack, 0);
    }
}

void lh_python_ends(struct lh_self *self, const sem_t *sem)
{
    struct lh_lock *lock = lh_lock_known(sem);

    /* The interpreter releases a lock that is taken when it frees it: that is no signal. */
    if (lock && self->python && self->python->signalled == lock)
        __atomic_fetch_and(&lock->slot->flags, ~(uint32_t)LH_LOCK_SEM_SIGNAL, __ATOMIC_RELAXED);
    if (lock && lock->python_object)
        lh_lock_end((const void *)lock->python_object);
}

/* ---- release ---- */

/* Semaphore.acquire(self, blocking, timeout): enum lh_attempt_flags. */
static uint32_t flags_of_acquire(const struct lh_python_call *call)
{
    if (!lh_python_is_true(lh_python_local(call, 1)))
        return LH_ATTEMPT_TRY;
    return lh_python_is_none(lh_python_local(call, 2)) ? 0 : LH_ATTEMPT_TIMED;
}

static void note_taken(struct lh_self *self, uint32_t stack)
{
    struct object object = find_object(false);
    struct lh_lock *lock = lock_of(&object);

    /* The local variable `rc`: it did not give up. */
    if (!lock || lock->kind != LH_LOCK_SEMAPHORE ||
        !lh_python_is_true(lh_python_local(&object.call, 3)))
        return;
    if (lh_semaphore_is_lock(lock->slot->flags)) {
        struct lh_op op = {
            .self = self,
            .lock = lock,
            .stack = stack,
            .mode = LH_MODE_EXCLUSIVE,
            .flags = (uint8_t)flags_of_acquire(&object.call),
        };
        if (!(op.flags & LH_ATTEMPT_TRY))
            lh_dep_note(self, lock, stack, LH_MODE_EXCLUSIVE, op.flags);
        lh_acquired(&op);
        return;
    }
    __atomic_fetch_add(&lock->slot->acquisitions, 1, __ATOMIC_RELAXED);
    lh_unit_taken(self, lock, stack);
    lh_event(self, LH_EVENT_SEM_TAKEN, lock->index, stack, 0);
}

/*
 * A thread of Python ends: who joins it takes over its past. Its last function has returned; the
 * main thread's is still at it when it tells that it ended, and goes on after that.
 */
static void end_thread(struct lh_self *self, struct lh_lock *lock)
{
    struct lh_python_thread *thread = self->python;

    if (lock->slot->birth_thread != self->uid)
        return;
    if (thread && !thread->has_gil) {
        lh_misuse_python_end(self);
        thread->ended = true;
    }
    if (!lock->python_past)
        lock->python_past = lh_arena_alloc(sizeof *lock->python_past);
    if (lock->python_past)
        lh_segment_end(self, lock->python_past);
}

bool lh_python_releases_plain(struct lh_self *self, struct lh_lock *lock)
{
    enum lh_python_class class = lock->slot->python;

    if ((class != LH_PYTHON_LOCK && class != LH_PYTHON_RLOCK) || !self->python)
        return false;
    self->python->released = lock;
    self->python->signalled = NULL;
    return true;
}

void lh_python_releases(struct lh_self *self, struct lh_lock *lock, uint32_t stack, bool is_held)
{
    struct lh_python_thread *thread = lh_python_thread(self);

    if (lock->slot->python == LH_PYTHON_THREAD_END)
        end_thread(self, lock);
    if (!thread)
        return;
    if (is_held)
        thread->released = lock;
    bool is_first = !is_held && !(lock->slot->flags & LH_LOCK_SEM_SIGNAL);
    thread->signalled = is_first ? lock : NULL;
    if (thread->has_gil && thread->act == LH_PYTHON_ACT_WAKE)
        note_notify(self, stack, true);
    else if (thread->has_gil && thread->act == LH_PYTHON_ACT_TAKEN)
        note_taken(self, stack);
}

/* ---- taking and waiting ---- */

void lh_python_know(struct lh_lock *lock)
{
    if (!lock || lock->slot->python || lh_python_shared_adopt(lock))
        return;
    __atomic_fetch_or(&lock->slot->flags, LH_LOCK_PYTHON, __ATOMIC_RELAXED);
    lock->slot->python = LH_PYTHON_LOCK;
}

uint32_t lh_python_attempt(struct lh_self *self)
{
    return self->python && self->python->has_gil ? self->python->flags : LH_ATTEMPT_TRY;
}

static void note_join(struct lh_self *self, const struct lh_lock *lock)
{
    if (lock->slot->python == LH_PYTHON_THREAD_END && lock->python_past)
        lh_segment_join(self, lock->python_past);
}

/* A thread's own code has run: what it still holds stays as it is now. */
static void note_depths(struct lh_self *self)
{
    for (uint32_t i = 0; i < self->n_held; i++) {
        struct lh_lock *lock = self->held_locks[i];
        if (lock->python_rlock)
            lock->python_depth = lh_python_rlock_count(lock->python_rlock, lock->addr);
    }
}

void lh_python_tried(struct lh_self *self, struct lh_lock *lock, uint32_t stack, bool taken)
{
    struct lh_python_thread *thread = self->python;

    if (!thread || !lock)
        return;
    if (taken)
        note_join(self, lock);
    if (thread->act == LH_PYTHON_ACT_END && thread->has_gil)
        note_depths(self);
    if (thread->act == LH_PYTHON_ACT_NOTIFY && thread->has_gil)
        note_notify(self, stack, false);
    if (taken || !thread->has_gil)
        return;
    thread->tried = lock;
    thread->tried_flags = thread->flags;
    thread->wait_lock = NULL;
    if (thread->act != LH_PYTHON_ACT_WAIT)
        return;
    struct object object = find_object(false);
    thread->wait_lock = need_lock(self, &object, stack);
    if (thread->wait_lock)
        thread->wait_kind = object.class->wait;
}

uint32_t lh_python_tried_flags(struct lh_self *self, const struct lh_lock *lock, uint32_t flags)
{
    const struct lh_python_thread *thread = self->python;

    return thread && thread->tried == lock ? flags | (thread->tried_flags & LH_ATTEMPT_SCOPED)
                                           : flags;
}

static struct lh_block block_join(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                                  uint32_t flags)
{
    uint32_t uid = lock->slot->birth_thread;

    lh_recorder_lock();
    struct lh_self *joined = lh_self_of_uid(uid);
    if (joined) {
        __atomic_store_n(&joined->awaited, true, __ATOMIC_RELAXED);
        if (joined->node && self->n_held && !(flags & LH_ATTEMPT_TIMED))
            lh_misuse_join(self, joined->node, stack);
    }
    lh_recorder_unlock();
    return lh_block_begin(self, LH_WAIT_JOIN, lock, uid, stack, flags);
}

static struct lh_block block_cond(struct lh_self *self, struct lh_lock *cond, uint32_t stack,
                                  uint32_t flags)
{
    struct lh_lock *mutex = hides_its_lock(cond->slot->python) ? NULL : self->python->released;

    lh_wait_cond_begin(self, cond, mutex);
    if (!(flags & LH_ATTEMPT_TIMED) && cond->slot->python != LH_PYTHON_QUEUE)
        lh_dep_note(self, cond, stack, LH_MODE_EXCLUSIVE, 0);
    lh_event(self, LH_EVENT_COND_WAIT, cond->index, stack, lh_now());
    return lh_block_begin(self, LH_WAIT_COND, cond, mutex ? mutex->index : LH_NO_LOCK, stack,
                          flags);
}

static struct lh_block block_on(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                                uint32_t flags)
{
    struct lh_python_thread *thread = self->python;

    if (lock && lock->slot->python == LH_PYTHON_THREAD_END)
        return block_join(self, lock, stack, flags);
    if (!lock || !thread || thread->tried != lock || !thread->wait_lock)
        return lh_block_begin(self, LH_WAIT_LOCK, lock, 0, stack, flags);
    if (thread->wait_kind == LH_WAIT_SEM && lh_semaphore_is_lock(thread->wait_lock->slot->flags) &&
        !(flags & LH_ATTEMPT_TIMED)) {
        lh_dep_note(self, thread->wait_lock, stack, LH_MODE_EXCLUSIVE, 0);
        return lh_block_begin(self, LH_WAIT_LOCK, thread->wait_lock, 0, stack, flags);
    }
    if (thread->wait_kind == LH_WAIT_COND)
        return block_cond(self, thread->wait_lock, stack, flags);
    return lh_block_begin(self, thread->wait_kind, thread->wait_lock, 0, stack, flags);
}

struct lh_block lh_python_block(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                                uint32_t flags)
{
    struct lh_block block = block_on(self, lock, stack, flags);

    /* What counts at the end is the lock that it sleeps on. */
    block.lock_uid = lock ? lock->uid : 0;
    return block;
}

void lh_python_woken(struct lh_self *self, struct lh_lock *lock, uint32_t stack, bool taken)
{
    struct lh_python_thread *thread = self->python;

    if (!lock || !thread)
        return;
    if (taken)
        note_join(self, lock);
    if (thread->tried == lock && thread->wait_lock && thread->wait_kind == LH_WAIT_COND) {
        lh_wait_cond_end(thread->wait_lock);
        lh_event(self, LH_EVENT_COND_WAKE, thread->wait_lock->index, stack, 0);
    }
    thread->tried = thread->wait_lock = NULL;
}
