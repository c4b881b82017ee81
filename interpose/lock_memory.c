#include "lock_memory.h"

#include "destroyed.h"
#include "lock_table.h"
#include "locks.h"
#include "misuse_memory.h"
#include "recorder.h"
#include "resting.h"
#include "self.h"

static void settle_one(struct lh_lock *lock, void *data)
{
    (void)data;
    lh_rest_forget_destroyed(lock);
    lh_rest_settle(lock->home);
}

void lh_locks_settle_range(uintptr_t start, uintptr_t size)
{
    lh_lock_table_each(start, size, settle_one, NULL);
}

/* What is done with each that lives in the range. */
struct visit {
    void (*act)(struct lh_lock *, void *);
    void *data;
};

static void visit_one(struct lh_lock *lock, void *data)
{
    const struct visit *visit = data;

    if (lock->addr)
        visit->act(lock, visit->data);
    else
        lh_rest_forget_destroyed(lock);
}

static void for_range(uintptr_t start, uintptr_t size, void (*act)(struct lh_lock *, void *),
                      void *data)
{
    struct visit visit = {act, data};

    if (!size || start + size < start || !lh_tables_are_whole())
        return;
    lh_destroyed_forget_range(start, size);
    lh_lock_table_each(start, size, visit_one, &visit);
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
    lh_lock_over(lock);
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
    lh_lock_table_remove(lock);
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

    if (!lh_rest_settle(addr) || lh_lock_live_at_locked(addr))
        return false;
    __atomic_store_n(&lock->addr, addr, __ATOMIC_RELEASE);
    return lh_lock_table_add(lock);
}

void lh_locks_unpark(struct lh_lock *parked, uintptr_t kept_end)
{
    while (parked) {
        struct lh_lock *next = parked->stack_next;
        if (parked->slot->addr >= kept_end || !put_back(parked))
            lh_lock_gone(parked);
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
            lh_lock_over(lock);
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
        lh_lock_over(lock);
        /* The memory is another's soon. */
        lh_rest_forget_destroyed(lock);
        lh_rest_settle(lock->home);
    }
    if (self->stack_low)
        lh_destroyed_forget_range(self->stack_low, self->stack_high - self->stack_low);
    self->lowest_stack_lock = UINTPTR_MAX;
}
