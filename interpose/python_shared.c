#include "python_shared.h"

#include <string.h>

#include "arena.h"
#include "events.h"
#include "map64.h"
#include "op.h"
#include "python.h"
#include "python_frames.h"
#include "recorder.h"
#include "stacks.h"

#define PCS_MAX 64u

/* As a forked child needs it: the numbers of stacks are those of a trace. */
struct shared {
    uint32_t flags; /* enum lh_lock_flags */
    uint8_t class;  /* enum lh_python_class */
    uint64_t initial;
    uint32_t n; /* 0: it was created elsewhere */
    uintptr_t pcs[PCS_MAX];
    struct shared *next_free;
};

/* Under the recorder lock. */
static struct lh_map64 all; /* struct shared, by address */
static struct shared *free_ones;

bool lh_python_shares(struct lh_site site)
{
    uintptr_t start, size;

    if (lh_python_asks(site))
        return true;
    if (!lh_python_code.size ||
        !lh_python_find_extension(site.pc, "PyInit__multiprocessing", &start, &size))
        return false;
    __atomic_store_n(&lh_python_extension.start, start, __ATOMIC_RELAXED);
    __atomic_store_n(&lh_python_extension.size, size, __ATOMIC_RELEASE);
    return true;
}

/* Classes of multiprocessing.synchronize that have such a semaphore each. */
static const void *known_class(const char *name)
{
    static const struct class
    {
        const char *name;
        uint8_t class;
    } classes[] = {
        {"Lock", LH_PYTHON_LOCK},
        {"RLock", LH_PYTHON_RLOCK},
        {"Semaphore", LH_PYTHON_SEMAPHORE},
        {"BoundedSemaphore", LH_PYTHON_BOUNDED_SEMAPHORE},
    };

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++)
        if (strcmp(name, classes[i].name) == 0)
            return &classes[i].class;
    return NULL;
}

/* Methods of the object make it: __init__(), __setstate__(). */
static uint8_t class_of_maker(void)
{
    struct lh_python_call call;
    const void *object = lh_python_first(&call) ? lh_python_local(&call, 0) : NULL;
    const uint8_t *class = object ? lh_python_class(object, known_class) : NULL;

    return class ? *class : LH_PYTHON_LOCK;
}

/* The value of a semaphore that was there before has been anything. */
static bool begins_with_one(uint8_t class, bool created, unsigned value)
{
    return class == LH_PYTHON_LOCK || class == LH_PYTHON_RLOCK || (created && value == 1);
}

static void give_back(struct shared *shared)
{
    if (!shared)
        return;
    shared->next_free = free_ones;
    free_ones = shared;
}

static struct shared *remember(const sem_t *sem)
{
    uint64_t key = lh_mix((uintptr_t)sem);
    struct shared *shared = lh_map64_find(&all, key);

    if (shared)
        return shared;
    shared = free_ones;
    if (shared)
        free_ones = shared->next_free;
    else
        shared = lh_arena_alloc(sizeof *shared);
    if (shared && lh_map64_add(&all, key, shared))
        return shared;
    give_back(shared);
    return NULL;
}

void lh_python_shared_opened(struct lh_self *self, const sem_t *sem, bool created, unsigned value,
                             struct lh_site site)
{
    struct shared new = {.class = class_of_maker(), .initial = created ? value : 0};
    uint32_t stack = lh_stack_of_any(self, site);

    new.flags =
        LH_LOCK_PSHARED | (begins_with_one(new.class, created, value) ? LH_LOCK_SEM_ONE : 0);
    if (new.class == LH_PYTHON_RLOCK)
        new.flags |= LH_LOCK_RECURSIVE;
    lh_recorder_lock();
    if (created && stack)
        new.n = lh_stack_pcs(stack, new.pcs, PCS_MAX);
    struct shared *shared = remember(sem);
    if (shared)
        *shared = new;
    lh_recorder_unlock();
    /* What another process created gets its name from where it is first used here: where it came
     * in, all of them do. */
    if (!shared || !created)
        return;
    uint32_t index = lh_lock_begin(self, sem, LH_LOCK_SEMAPHORE, new.flags, value, stack);
    struct lh_lock *lock = lh_lock_known(sem);
    if (lock)
        lock->slot->python = new.class;
    lh_event(self, LH_EVENT_LOCK_INIT, index, stack, 0);
}

void lh_python_shared_closed(const sem_t *sem)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_recorder_lock();
    struct shared *shared = lh_map64_find(&all, lh_mix((uintptr_t)sem));
    if (shared) {
        lh_map64_remove(&all, lh_mix((uintptr_t)sem));
        give_back(shared);
    }
    lh_recorder_unlock();
    lh_leave(self);
}

bool lh_python_shared_adopt(struct lh_lock *lock)
{
    lh_recorder_lock();
    const struct shared *shared = lh_map64_find(&all, lh_mix(lock->addr));
    if (shared) {
        uint32_t stack = shared->n ? lh_stack_record(shared->pcs, shared->n) : LH_NO_STACK;
        if (stack)
            lock->slot->birth_stack = stack;
        lock->slot->initial = shared->initial;
        lock->slot->python = shared->class;
        __atomic_fetch_or(&lock->slot->flags, shared->flags | (stack ? LH_LOCK_INIT_SEEN : 0),
                          __ATOMIC_RELAXED);
    }
    lh_recorder_unlock();
    return shared != NULL;
}
