/* Wrappers of what ends memory, and with it the locks that lie there. */
#include "memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "export.h"
#include "locks.h"
#include "modules.h"
#include "race.h"
#include "real.h"
#include "self.h"
#include "site.h"

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
    uintptr_t first = start >> 12, last = (start + size - 1) >> 12;

    for (uintptr_t page = first; page <= last; page++) {
        /* Beyond so many pages looking is no cheaper than asking the table. */
        if (lh_page_may_hold_locks(page << 12) || page - first > 256) {
            end_range(start, size);
            return;
        }
    }
}

static void end_block(void *block, struct lh_site site)
{
    size_t size = lh_real.malloc_usable_size ? lh_real.malloc_usable_size(block) : 1;

    if (lh_racing())
        lh_race_memory_ends((uintptr_t)block, size, site.pc);
    end_memory((uintptr_t)block, size);
}

LH_EXPORT void free(void *block)
{
    lh_real_need();
    if (block)
        end_block(block, LH_SITE());
    lh_real.free(block);
}

/*
 * A block that grows may move. Whether it will cannot be known before, and afterwards its old place
 * may be another's: locks in a block that is reallocated count as ended either way.
 */
LH_EXPORT void *realloc(void *block, size_t size)
{
    lh_real_need();
    if (block)
        end_block(block, LH_SITE());
    void *moved = lh_real.realloc(block, size);
    if (moved && lh_racing())
        lh_race_block((uintptr_t)moved, size, LH_SITE().pc);
    return moved;
}

LH_EXPORT int munmap(void *start, size_t size)
{
    lh_real_need();
    if (size && lh_racing())
        lh_race_memory_ends((uintptr_t)start, size, 0);
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
