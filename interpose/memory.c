/* Wrappers of what ends memory, and with it the locks that lie there. */
#include "memory.h"

#include <errno.h>
#include <stdint.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "call.h"
#include "deleting.h"
#include "export.h"
#include "lock_memory.h"
#include "lock_pages.h"
#include "locks.h"
#include "misuse_memory.h"
#include "modules.h"
#include "moving.h"
#include "python.h"
#include "race.h"
#include "real.h"
#include "resting.h"
#include "self.h"
#include "site.h"
#include "stacks.h"

bool lh_memory_is_mapped(const void *address)
{
    unsigned char resident;
    int saved = errno;
    int result = mincore((void *)((uintptr_t)address & ~(uintptr_t)4095), 4096, &resident);

    errno = saved;
    return result == 0;
}

/*
 * The word is compared, and a fault is an error here, not a signal. No waiter is asked for, neither
 * woken nor moved: to wait, if only for no time at all, would mean to sleep for a timer's slack,
 * and to be in the way of a wakeup that is meant for another.
 */
bool lh_memory_is_readable(const void *word)
{
    int saved = errno;
    long result = lh_syscall(SYS_futex, word, FUTEX_CMP_REQUEUE_PRIVATE, 0, 0, word, 0);
    bool readable = result == 0 || errno != EFAULT;

    errno = saved;
    return readable;
}

/* The locks there have ended; what of it somebody holds goes into `freed`. */
static void end_range(uintptr_t start, size_t size, struct lh_freed *freed)
{
    if (lh_self_is_gone()) {
        /* The last memory of a thread is freed after its last destructor. */
        lh_locks_end_range(NULL, start, size, NULL);
        return;
    }
    struct lh_self *self = lh_enter();
    if (!self)
        return;
    if (!lh_rest_range(self, start, size))
        lh_locks_end_range(self, start, size, freed);
    lh_leave(self);
}

void lh_memory_freed(struct lh_freed *freed, struct lh_site site)
{
    struct lh_self *self = lh_enter();
    int saved = errno;

    if (!self)
        return;
    lh_freed_note(self, freed, LH_MISUSE_FREED_WHILE_HELD, lh_stack_of(self, site));
    errno = saved;
    lh_leave(self);
}

static __attribute__((noinline)) void end_memory(uintptr_t start, size_t size, struct lh_site site)
{
    struct lh_freed freed;

    lh_freed_begin(&freed, false);
    end_range(start, size, &freed);
    if (freed.n)
        lh_memory_freed(&freed, site);
}

void lh_memory_ended(const void *start, size_t size)
{
    if (size && lh_pages_may_hold_locks((uintptr_t)start, size))
        end_range((uintptr_t)start, size, NULL);
}

void lh_memory_ends(const void *start, size_t size, struct lh_site site)
{
    if (size && lh_pages_may_hold_locks((uintptr_t)start, size))
        end_memory((uintptr_t)start, size, site);
}

static size_t size_of(void *block)
{
    return lh_real.malloc_usable_size ? lh_real.malloc_usable_size(block) : 1;
}

/* Of the calling thread: the block whose end operator delete has told the race detector. */
static __thread const void *deleted __attribute__((tls_model("initial-exec")));

LH_EXPORT bool lh_delete_begins(void *block, size_t size, struct lh_site site)
{
    bool told = false;

    lh_real_need();
    if (size && lh_racing() && block != deleted) {
        lh_race_memory_ends((uintptr_t)block, size, site.pc);
        deleted = block;
        told = true;
    }
    /* As in size_of(): where nothing is known, it is the lock at the beginning. */
    lh_memory_ends(block, size ? size : 1, site);
    return told;
}

LH_EXPORT void lh_delete_ended(void)
{
    deleted = NULL;
}

LH_EXPORT void free(void *block)
{
    lh_real_need();
    if (block) {
        size_t size = size_of(block);
        if (lh_racing() && block != deleted)
            lh_race_memory_ends((uintptr_t)block, size, LH_SITE().pc);
        if (lh_pages_may_hold_locks((uintptr_t)block, size))
            end_memory((uintptr_t)block, size, LH_SITE());
    }
    lh_real.free(block);
}

/* Up to where the memory of the old block is what it was. */
static uintptr_t kept_end(const void *block, const void *result, size_t size)
{
    if (!result && size)
        return UINTPTR_MAX; /* no memory: nothing has changed */
    return result == block ? (uintptr_t)block + size : 0;
}

/* In a block that moves they are other locks at the new address; who held one holds it no more. */
static __attribute__((noinline)) void *realloc_locks(void *block, size_t old_size, size_t size,
                                                     struct lh_site site)
{
    struct lh_freed freed;

    lh_freed_begin(&freed, false);
    struct lh_lock *locks = lh_moving_begin(block, old_size, &freed);
    void *result = lh_real.realloc(block, size);
    lh_moving_end(locks, kept_end(block, result, size));
    lh_freed_keep_ended(&freed);
    if (freed.n)
        lh_memory_freed(&freed, site);
    return result;
}

LH_EXPORT void *realloc(void *block, size_t size)
{
    lh_real_need();
    size_t old_size = block ? size_of(block) : 0;
    if (old_size && lh_racing())
        lh_race_memory_moves((uintptr_t)block, old_size, LH_SITE().pc);
    void *moved = old_size && lh_pages_may_hold_locks((uintptr_t)block, old_size)
                      ? realloc_locks(block, old_size, size, LH_SITE())
                      : lh_real.realloc(block, size);
    /* With no memory for it, the old block is what it was. */
    void *live = moved ? moved : size ? block : NULL;
    if (live && lh_racing())
        lh_race_block((uintptr_t)live, moved ? size : old_size, size_of(live), LH_SITE().pc);
    return moved;
}

/* The kernel refuses to unmap what does not begin with a page: then all there is stays. */
static bool is_page(const void *start)
{
    return ((uintptr_t)start & 4095) == 0;
}

LH_EXPORT int munmap(void *start, size_t size)
{
    size_t whole = is_page(start) ? lh_whole_pages(size) : 0;

    lh_real_need();
    if (whole && lh_racing())
        lh_race_memory_ends((uintptr_t)start, whole, 0);
    if (whole && lh_pages_may_hold_locks((uintptr_t)start, whole))
        end_memory((uintptr_t)start, whole, LH_SITE());
    return lh_real.munmap(start, size);
}

LH_EXPORT int dlclose(void *handle)
{
    struct lh_freed freed;
    lh_real_need();
    lh_freed_begin(&freed, false);
    struct lh_self *self = lh_enter();
    if (self) {
        lh_freed_look_at_modules(&freed, self);
        lh_leave(self);
    }
    int result = lh_real.dlclose(handle);
    lh_python_check_loaded();
    self = lh_enter();
    if (self) {
        lh_modules_refresh();
        lh_freed_keep_ended(&freed);
        lh_leave(self);
    }
    if (freed.n)
        lh_memory_freed(&freed, LH_SITE());
    return result;
}
