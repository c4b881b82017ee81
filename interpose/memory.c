/* Wrappers of what ends memory, and with it the locks that lie there. */
#include "memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "export.h"
#include "locks.h"
#include "modules.h"
#include "moving.h"
#include "real.h"
#include "self.h"

bool lh_memory_is_mapped(const void *address)
{
    unsigned char resident;
    int saved = errno;
    int result = mincore((void *)((uintptr_t)address & ~(uintptr_t)4095), 4096, &resident);

    errno = saved;
    return result == 0;
}

static void end_range(uintptr_t start, size_t size)
{
    if (lh_self_is_gone()) {
        /* The last memory of a thread is freed after its last destructor. */
        lh_locks_end_range(start, size);
        return;
    }
    struct lh_self *self = lh_enter();
    if (!self)
        return;
    lh_locks_end_range(start, size);
    lh_leave(self);
}

/* Most memory holds no lock, and a look at its pages says so. */
static void end_memory(uintptr_t start, size_t size)
{
    if (lh_pages_may_hold_locks(start, size))
        end_range(start, size);
}

void lh_memory_ended(const void *start, size_t size)
{
    if (size)
        end_memory((uintptr_t)start, size);
}

static size_t block_size(void *block)
{
    return lh_real.malloc_usable_size ? lh_real.malloc_usable_size(block) : 1;
}

LH_EXPORT void free(void *block)
{
    lh_real_need();
    if (block)
        end_memory((uintptr_t)block, block_size(block));
    lh_real.free(block);
}

/* Up to where the memory of the old block is what it was. */
static uintptr_t kept_end(const void *block, const void *result, size_t size)
{
    if (!result && size)
        return UINTPTR_MAX; /* no memory: nothing has changed */
    return result == block ? (uintptr_t)block + size : 0;
}

/* In a block that moves they are other locks at the new address. */
LH_EXPORT void *realloc(void *block, size_t size)
{
    lh_real_need();
    struct lh_lock *locks = block ? lh_moving_begin(block, block_size(block)) : NULL;
    void *result = lh_real.realloc(block, size);
    if (__builtin_expect(locks != NULL, 0))
        lh_moving_end(locks, kept_end(block, result, size));
    return result;
}

LH_EXPORT int munmap(void *start, size_t size)
{
    lh_real_need();
    if (size)
        end_memory((uintptr_t)start, size);
    return lh_real.munmap(start, size);
}

LH_EXPORT int dlclose(void *handle)
{
    lh_real_need();
    int result = lh_real.dlclose(handle);
    struct lh_self *self = lh_enter();
    if (self) {
        lh_modules_refresh();
        lh_leave(self);
    }
    return result;
}
