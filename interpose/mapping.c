/*
 * Wrappers of what maps memory, as far as it ends the memory that was there before. Allocators call
 * these, also while they set themselves up, and a thread may do so inside of dlsym().
 */
/* mmap() and mmap64() are two functions here, not two spellings of one. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "arena.h"
#include "export.h"
#include "memory.h"
#include "misuse_memory.h"
#include "moving.h"
#include "race.h"
#include "real.h"
#include "recorder.h"
#include "self.h"
#include "sys.h"

/* The allocator may have unmapped what was there by itself, and what it freed is marked. */
static void *mapped(void *result, size_t size)
{
    if (result != MAP_FAILED && lh_racing())
        lh_race_memory_ends((uintptr_t)result, lh_whole_pages(size), 0);
    return result;
}

/* Until the call is back, nobody else can have begun to use what is there now. */
static void *mapped_over(void *result, size_t size)
{
    if (mapped(result, size) != MAP_FAILED)
        lh_memory_ended(result, lh_whole_pages(size));
    return result;
}

/* What is held in memory that is mapped over: afterwards it cannot be read any more. */
struct covered {
    struct lh_lock *locks;
    struct lh_freed freed;
};

static void cover(struct covered *covered, const void *start, size_t size)
{
    lh_freed_begin(&covered->freed, false);
    covered->locks = lh_moving_begin(start, lh_whole_pages(size), &covered->freed);
}

/* Keeps errno. */
static void *uncover(struct covered *covered, void *result, size_t size, struct lh_site site)
{
    lh_moving_end(covered->locks, result == MAP_FAILED ? UINTPTR_MAX : 0);
    if (covered->freed.n)
        lh_freed_keep_ended(&covered->freed);
    if (covered->freed.n)
        lh_memory_freed(&covered->freed, site);
    return mapped_over(result, size);
}

/* Looking up the real function may need memory: before that is done, this needs no look. */
static bool is_early(void)
{
    /* Pairs with the release in lh_real_resolve(). */
    return __builtin_expect(!__atomic_load_n(&lh_real_ready, __ATOMIC_ACQUIRE), 0);
}

LH_EXPORT void *mmap(void *start, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (is_early())
        return lh_sys_mmap(start, size, protection, flags, fd, offset);
    if (__builtin_expect(!(flags & MAP_FIXED), 1))
        return mapped(lh_real.mmap(start, size, protection, flags, fd, offset), size);
    struct covered covered;
    cover(&covered, start, size);
    return uncover(&covered, lh_real.mmap(start, size, protection, flags, fd, offset), size,
                   LH_SITE());
}

LH_EXPORT void *mmap64(void *start, size_t size, int protection, int flags, int fd, off64_t offset)
{
    if (is_early())
        return lh_sys_mmap(start, size, protection, flags, fd, offset);
    if (__builtin_expect(!(flags & MAP_FIXED), 1))
        return mapped(lh_real.mmap64(start, size, protection, flags, fd, offset), size);
    struct covered covered;
    cover(&covered, start, size);
    return uncover(&covered, lh_real.mmap64(start, size, protection, flags, fd, offset), size,
                   LH_SITE());
}

/* The locks in what is moved are at a new address now: that is another lock. */
LH_EXPORT void *mremap(void *start, size_t old_size, size_t new_size, int flags, ...)
{
    va_list arguments;
    uintptr_t kept_end = 0;

    /* Not always given; then whatever is there is passed on, and not used there either. */
    va_start(arguments, flags);
    void *target = va_arg(arguments, void *);
    va_end(arguments);
    if (is_early())
        return (void *)lh_syscall(SYS_mremap, start, old_size, new_size, flags, target);
    struct lh_freed unused;

    lh_freed_begin(&unused, false);
    struct lh_lock *locks = lh_moving_begin(start, lh_whole_pages(old_size), &unused);
    void *result = lh_real.mremap(start, old_size, new_size, flags, target);
    if (result == MAP_FAILED)
        kept_end = UINTPTR_MAX;
    else if (result == start)
        kept_end = (uintptr_t)start + lh_whole_pages(new_size);
    lh_moving_end(locks, kept_end);
    return flags & MREMAP_FIXED ? mapped_over(result, new_size) : result;
}

/*
 * Segments of shared memory that are attached: shmdt() is not told how big they are. Written under
 * the recorder lock, and valid at every moment, as a forked child has them attached too.
 */
struct attached {
    uintptr_t start;
    size_t size; /* 0: free; stored last */
    struct attached *next;
};
static struct attached *segments;

static struct attached *find_segment(uintptr_t start)
{
    struct attached *segment = segments;

    while (segment && (segment->start != start || !segment->size))
        segment = segment->next;
    return segment;
}

static struct attached *free_segment(void)
{
    struct attached *segment = segments;

    while (segment && segment->size)
        segment = segment->next;
    return segment;
}

/* Release, here and below: what the child of a fork finds has all that it vouches for. */
static void add_segment(uintptr_t start, size_t size)
{
    struct attached *segment = free_segment();

    if (segment) {
        segment->start = start;
        __atomic_store_n(&segment->size, size, __ATOMIC_RELEASE);
        return;
    }
    segment = lh_arena_alloc(sizeof *segment);
    if (!segment) {
        lh_lost_record(LH_DROP_NO_MEMORY);
        return;
    }
    *segment = (struct attached){start, size, segments};
    __atomic_store_n(&segments, segment, __ATOMIC_RELEASE);
}

/* 0: unknown. */
static size_t take_segment(uintptr_t start)
{
    struct attached *segment = find_segment(start);
    size_t size = segment ? segment->size : 0;

    if (segment)
        __atomic_store_n(&segment->size, 0, __ATOMIC_RELEASE);
    return size;
}

/* 0: unknown. Who may attach a segment may ask for its size too. Keeps errno. */
static size_t segment_size(int id)
{
    struct shmid_ds status;
    int saved = errno;
    size_t size = shmctl(id, IPC_STAT, &status) == 0 ? lh_whole_pages(status.shm_segsz) : 0;

    errno = saved;
    return size;
}

static void note_attached(const void *start, size_t size)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_recorder_lock();
    /* One that was unmapped there in another way. */
    take_segment((uintptr_t)start);
    add_segment((uintptr_t)start, size);
    lh_recorder_unlock();
    lh_leave(self);
}

static size_t note_detached(const void *start)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return 0;
    lh_recorder_lock();
    size_t size = take_segment((uintptr_t)start);
    lh_recorder_unlock();
    lh_leave(self);
    return size;
}

LH_EXPORT void *shmat(int id, const void *start, int flags)
{
    lh_real_need();
    void *result = lh_real.shmat(id, start, flags);
    if (result == MAP_FAILED)
        return result;
    size_t size = segment_size(id);
    note_attached(result, size);
    return flags & SHM_REMAP ? mapped_over(result, size) : result;
}

/* Afterwards the place may be another thread's. */
LH_EXPORT int shmdt(const void *start)
{
    lh_real_need();
    lh_memory_ends(start, note_detached(start), LH_SITE());
    return lh_real.shmdt(start);
}

static void break_moved(uintptr_t from, uintptr_t to)
{
    if (to < from)
        lh_memory_ended((const void *)to, from - to);
}

LH_EXPORT int brk(void *end)
{
    lh_real_need();
    uintptr_t before = (uintptr_t)lh_real.sbrk(0);
    int result = lh_real.brk(end);
    /* Not always to where it was told. */
    break_moved(before, (uintptr_t)lh_real.sbrk(0));
    return result;
}

LH_EXPORT void *sbrk(intptr_t grow)
{
    lh_real_need();
    void *before = lh_real.sbrk(grow);
    if (grow < 0 && before != (void *)-1)
        break_moved((uintptr_t)before, (uintptr_t)before + (uintptr_t)grow);
    return before;
}
