/*
 * What programs say of themselves: synchronization made by hand, accesses that may race, C++
 * statics. The names are those of Valgrind's and ThreadSanitizer's annotation headers, so that what
 * code bases already contain serves.
 */
#include <stdbool.h>
#include <stddef.h>

#include "check.h"
#include "entry.h"
#include "race.h"
#include "report.h"
#include "watched.h"

/* ---- edges ---- */

static void acquire(const volatile void *object)
{
    if (lh_racing())
        lh_race_acquire((const void *)(uintptr_t)object);
}

static void release(const volatile void *object)
{
    if (lh_racing())
        lh_race_release((const void *)(uintptr_t)object);
}

LH_ENTRY void __tsan_acquire(void *object);
LH_ENTRY void __tsan_acquire(void *object)
{
    acquire(object);
}

LH_ENTRY void __tsan_release(void *object);
LH_ENTRY void __tsan_release(void *object)
{
    release(object);
}

LH_ENTRY void AnnotateHappensBefore(const char *file, int line, const volatile void *object);
LH_ENTRY void AnnotateHappensBefore(const char *file, int line, const volatile void *object)
{
    (void)file, (void)line;
    release(object);
}

LH_ENTRY void AnnotateHappensAfter(const char *file, int line, const volatile void *object);
LH_ENTRY void AnnotateHappensAfter(const char *file, int line, const volatile void *object)
{
    (void)file, (void)line;
    acquire(object);
}

/* ---- locks made by hand ---- */

static void locked(const volatile void *lock, bool shared)
{
    if (lh_racing())
        lh_race_lock_acquired((const void *)(uintptr_t)lock, shared);
}

static void unlocking(const volatile void *lock, bool shared)
{
    if (lh_racing())
        lh_race_lock_releasing((const void *)(uintptr_t)lock, shared);
}

LH_ENTRY void AnnotateRWLockCreate(const char *file, int line, const volatile void *lock);
LH_ENTRY void AnnotateRWLockCreate(const char *file, int line, const volatile void *lock)
{
    (void)file, (void)line, (void)lock;
}

LH_ENTRY void AnnotateRWLockCreateStatic(const char *file, int line, const volatile void *lock);
LH_ENTRY void AnnotateRWLockCreateStatic(const char *file, int line, const volatile void *lock)
{
    (void)file, (void)line, (void)lock;
}

LH_ENTRY void AnnotateRWLockDestroy(const char *file, int line, const volatile void *lock);
LH_ENTRY void AnnotateRWLockDestroy(const char *file, int line, const volatile void *lock)
{
    (void)file, (void)line, (void)lock;
}

LH_ENTRY void AnnotateRWLockAcquired(const char *file, int line, const volatile void *lock,
                                     long writer);
LH_ENTRY void AnnotateRWLockAcquired(const char *file, int line, const volatile void *lock,
                                     long writer)
{
    (void)file, (void)line;
    locked(lock, !writer);
}

LH_ENTRY void AnnotateRWLockReleased(const char *file, int line, const volatile void *lock,
                                     long writer);
LH_ENTRY void AnnotateRWLockReleased(const char *file, int line, const volatile void *lock,
                                     long writer)
{
    (void)file, (void)line;
    unlocking(lock, !writer);
}

/* ThreadSanitizer's, in tsan_interface.h; flags that matter here. */
#define MUTEX_READ_LOCK  (1u << 3)
#define MUTEX_TRY_FAILED (1u << 5)

LH_ENTRY void __tsan_mutex_create(void *lock, unsigned flags);
LH_ENTRY void __tsan_mutex_create(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
}

LH_ENTRY void __tsan_mutex_destroy(void *lock, unsigned flags);
LH_ENTRY void __tsan_mutex_destroy(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
}

/* Between pre and post, the lock's own accesses are not the program's. */
static void ignore_all(int change)
{
    lh_hot.ignore_reads += (uint32_t)change;
    lh_hot.ignore_writes += (uint32_t)change;
}

LH_ENTRY void __tsan_mutex_pre_lock(void *lock, unsigned flags);
LH_ENTRY void __tsan_mutex_pre_lock(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    ignore_all(1);
}

LH_ENTRY void __tsan_mutex_post_lock(void *lock, unsigned flags, int depth);
LH_ENTRY void __tsan_mutex_post_lock(void *lock, unsigned flags, int depth)
{
    (void)depth;
    ignore_all(-1);
    if (!(flags & MUTEX_TRY_FAILED))
        locked(lock, flags & MUTEX_READ_LOCK);
}

LH_ENTRY int __tsan_mutex_pre_unlock(void *lock, unsigned flags);
LH_ENTRY int __tsan_mutex_pre_unlock(void *lock, unsigned flags)
{
    unlocking(lock, flags & MUTEX_READ_LOCK);
    ignore_all(1);
    return 0;
}

LH_ENTRY void __tsan_mutex_post_unlock(void *lock, unsigned flags);
LH_ENTRY void __tsan_mutex_post_unlock(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    ignore_all(-1);
}

#define MUTEX_PAIR(name)                                                \
    LH_ENTRY void __tsan_mutex_pre_##name(void *lock, unsigned flags);  \
    LH_ENTRY void __tsan_mutex_pre_##name(void *lock, unsigned flags)   \
    {                                                                   \
        (void)lock, (void)flags;                                        \
        ignore_all(1);                                                  \
    }                                                                   \
    LH_ENTRY void __tsan_mutex_post_##name(void *lock, unsigned flags); \
    LH_ENTRY void __tsan_mutex_post_##name(void *lock, unsigned flags)  \
    {                                                                   \
        (void)lock, (void)flags;                                        \
        ignore_all(-1);                                                 \
    }
MUTEX_PAIR(signal)

/* Inside a lock's own code the program calls back into code of its own. */
LH_ENTRY void __tsan_mutex_pre_divert(void *lock, unsigned flags);
LH_ENTRY void __tsan_mutex_pre_divert(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    ignore_all(-1);
}

LH_ENTRY void __tsan_mutex_post_divert(void *lock, unsigned flags);
LH_ENTRY void __tsan_mutex_post_divert(void *lock, unsigned flags)
{
    (void)lock, (void)flags;
    ignore_all(1);
}

/* ---- accesses that may race ---- */

#define IGNORE(what, field)                                                \
    LH_ENTRY void AnnotateIgnore##what##Begin(const char *file, int line); \
    LH_ENTRY void AnnotateIgnore##what##Begin(const char *file, int line)  \
    {                                                                      \
        (void)file, (void)line;                                            \
        lh_hot.field++;                                                    \
    }                                                                      \
    LH_ENTRY void AnnotateIgnore##what##End(const char *file, int line);   \
    LH_ENTRY void AnnotateIgnore##what##End(const char *file, int line)    \
    {                                                                      \
        (void)file, (void)line;                                            \
        if (lh_hot.field)                                                  \
            lh_hot.field--;                                                \
    }
IGNORE(Reads, ignore_reads)
IGNORE(Writes, ignore_writes)

LH_ENTRY void AnnotateBenignRaceSized(const char *file, int line, const volatile void *start,
                                      size_t size, const char *why);
LH_ENTRY void AnnotateBenignRaceSized(const char *file, int line, const volatile void *start,
                                      size_t size, const char *why)
{
    (void)file, (void)line, (void)why;
    lh_report_never((uintptr_t)start, size);
}

LH_ENTRY void AnnotateBenignRace(const char *file, int line, const volatile void *start,
                                 const char *why);
LH_ENTRY void AnnotateBenignRace(const char *file, int line, const volatile void *start,
                                 const char *why)
{
    AnnotateBenignRaceSized(file, line, start, 1, why);
}

/* Memory that a pool of the program hands out anew. */
LH_ENTRY void AnnotateNewMemory(const char *file, int line, const volatile void *start,
                                size_t size);
LH_ENTRY void AnnotateNewMemory(const char *file, int line, const volatile void *start, size_t size)
{
    (void)file, (void)line;
    if (lh_racing())
        lh_race_memory_ends((uintptr_t)start, size, 0);
}

LH_ENTRY int RunningOnValgrind(void);
LH_ENTRY int RunningOnValgrind(void)
{
    return 0;
}
