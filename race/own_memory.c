#include "own_memory.h"

#include <link.h>
#include <pthread.h>
#include <stddef.h>

#include "contexts.h"
#include "hot.h"
#include "lock.h"
#include "pool.h"
#include "slots.h"
#include "watched.h"

#define STATIC_MOST ((uintptr_t)1 << 20) /* bytes of thread-local variables below the pointer */

/* ---- frames ---- */

/* The owner goes on meanwhile: nothing but the range of the two pointers is certain. */
static size_t depth_of(const struct lh_hot *hot, const struct lh_frame **ret_first)
{
    const struct lh_frame *first = __atomic_load_n(&hot->frames, __ATOMIC_RELAXED);
    const struct lh_frame *end = __atomic_load_n(&hot->frame, __ATOMIC_RELAXED);

    *ret_first = first;
    return end > first && (size_t)(end - first) <= LH_FRAMES ? (size_t)(end - first) : 0;
}

/*
 * Where the frame ends: behind the return address, which is known. Above it may lie frames of
 * functions that are not instrumented, up to where the next one begins that is.
 */
static uintptr_t end_of(uintptr_t addr, uintptr_t limit, uintptr_t pc)
{
    uintptr_t at = (addr + sizeof(uintptr_t) - 1) & ~(uintptr_t)(sizeof(uintptr_t) - 1);

    for (; at < limit; at += sizeof at) {
        if (*(const volatile uintptr_t *)at == pc)
            return at + sizeof at;
    }
    return 0;
}

static bool find_frame(const struct lh_hot *hot, const struct lh_self *owner, uintptr_t addr,
                       struct lh_trace_block *ret)
{
    const struct lh_frame *frames;
    size_t count = depth_of(hot, &frames), i = count;

    /* A frame begins where the stack pointer was when the function said that it was entered. */
    while (i > 0 && frames[i - 1].sp <= addr)
        i--;
    if (i == count || frames[i].sp < owner->stack_low)
        return false;
    struct lh_frame frame = frames[i];
    /* The first function of a thread takes the place of who called it (thread_op.c). */
    uintptr_t limit = owner->stack_high + 2 * sizeof(uintptr_t);
    if (i > 0 && frames[i - 1].sp < limit)
        limit = frames[i - 1].sp;
    uintptr_t end = end_of(addr, limit, frame.pc);
    if (!end)
        return false;
    ret->addr = frame.sp;
    ret->size = end - frame.sp;
    ret->code = frame.function;
    ret->pc = i + 1 < count ? frames[i + 1].pc : 0;
    return true;
}

/* Under the race lock: it does not end meanwhile. */
static const struct lh_hot *hot_of(uint32_t uid)
{
    for (uint32_t slot = 1; slot <= lh_race_slots(); slot++) {
        const struct lh_race_thread *thread = lh_race_thread_of(slot);
        if (thread->hot && lh_slot_owner(thread) == uid)
            return thread->hot;
    }
    return NULL;
}

bool lh_own_frame(const struct lh_self *owner, uintptr_t addr, struct lh_trace_block *ret)
{
    bool found = false;

    lh_race_lock();
    const struct lh_hot *hot = hot_of(owner->uid);
    if (hot)
        found = find_frame(hot, owner, addr, ret);
    lh_race_unlock();
    ret->kind = LH_BLOCK_FRAME;
    ret->thread = owner->uid;
    return found;
}

/* ---- thread-local variables ---- */

/*
 * Those of the modules that were there from the beginning lie at the same distance from each
 * thread's pointer; so does lh_hot. Gives the address that has the same part in the calling thread.
 */
static uintptr_t same_here(uintptr_t addr, uint32_t *ret_uid)
{
    uintptr_t here = (uintptr_t)&lh_hot, end = (uintptr_t)pthread_self(), found = 0;

    lh_race_lock();
    for (uint32_t slot = 1; slot <= lh_race_slots() && !found; slot++) {
        const struct lh_race_thread *thread = lh_race_thread_of(slot);
        uintptr_t mine = addr - (uintptr_t)thread->hot + here;
        if (thread->hot && mine < end && mine >= end - STATIC_MOST) {
            *ret_uid = lh_slot_owner(thread);
            found = mine;
        }
    }
    lh_race_unlock();
    return found;
}

struct search {
    uintptr_t addr; /* in the calling thread */
    struct lh_trace_block *block;
};

static size_t size_of_variables(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            return info->dlpi_phdr[i].p_memsz;
    }
    return 0;
}

static uintptr_t code_of(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD && header->p_flags & PF_X)
            return info->dlpi_addr + header->p_vaddr;
    }
    return 0;
}

static int look_at_module(struct dl_phdr_info *info, size_t size, void *data)
{
    struct search *search = data;

    if (size < offsetof(struct dl_phdr_info, dlpi_tls_data) + sizeof info->dlpi_tls_data ||
        !info->dlpi_tls_data)
        return 0;
    uintptr_t start = (uintptr_t)info->dlpi_tls_data;
    size_t extent = size_of_variables(info);
    if (search->addr - start >= extent)
        return 0;
    search->block->addr = start;
    search->block->size = extent;
    search->block->code = code_of(info);
    return 1;
}

bool lh_own_variables(uintptr_t addr, struct lh_trace_block *ret)
{
    uint32_t uid = LH_NO_THREAD;
    struct search search = {same_here(addr, &uid), ret};

    if (!search.addr || !dl_iterate_phdr(look_at_module, &search))
        return false;
    ret->addr += addr - search.addr;
    ret->kind = LH_BLOCK_TLS;
    ret->thread = uid;
    return true;
}
