/*
 * Tells Lockhound's race detector what it cannot see: order that comes from hand-made
 * synchronization, and races that are meant.
 *
 *     LOCKHOUND_HAPPENS_BEFORE(&slot->sequence);     -- all this thread did so far ...
 *     publish(slot);
 *
 *     wait_for(slot);
 *     LOCKHOUND_HAPPENS_AFTER(&slot->sequence);      -- ... is done for who gets here
 *
 * Nothing has to be linked: the functions are weak, and without a detector in the process
 * (Lockhound, or ThreadSanitizer, which has the same functions) each macro is one comparison with
 * zero. Define LOCKHOUND_ANNOTATE_OFF before the include, and the macros are nothing at all.
 *
 * In programs compiled with -fno-pie the linker may settle weak functions for good: link those with
 * $(pkg-config --libs lockhound-race).
 */
#ifndef LOCKHOUND_ANNOTATE_H
#define LOCKHOUND_ANNOTATE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LOCKHOUND_WEAK_ __attribute__((weak))

/* ---- the families that code bases already call; the detector exports them all ---- */

LOCKHOUND_WEAK_ void AnnotateHappensBefore(const char *file, int line, const volatile void *object);
LOCKHOUND_WEAK_ void AnnotateHappensAfter(const char *file, int line, const volatile void *object);
LOCKHOUND_WEAK_ void AnnotateBenignRaceSized(const char *file, int line,
                                             const volatile void *memory, size_t size,
                                             const char *why);
LOCKHOUND_WEAK_ void AnnotateIgnoreReadsBegin(const char *file, int line);
LOCKHOUND_WEAK_ void AnnotateIgnoreReadsEnd(const char *file, int line);
LOCKHOUND_WEAK_ void AnnotateIgnoreWritesBegin(const char *file, int line);
LOCKHOUND_WEAK_ void AnnotateIgnoreWritesEnd(const char *file, int line);

LOCKHOUND_WEAK_ void __tsan_mutex_create(void *lock, unsigned flags);
LOCKHOUND_WEAK_ void __tsan_mutex_destroy(void *lock, unsigned flags);
LOCKHOUND_WEAK_ void __tsan_mutex_pre_lock(void *lock, unsigned flags);
LOCKHOUND_WEAK_ void __tsan_mutex_post_lock(void *lock, unsigned flags, int recursion);
LOCKHOUND_WEAK_ int __tsan_mutex_pre_unlock(void *lock, unsigned flags);
LOCKHOUND_WEAK_ void __tsan_mutex_post_unlock(void *lock, unsigned flags);

#ifdef __cplusplus
}
#endif

#ifdef LOCKHOUND_ANNOTATE_OFF
#define LOCKHOUND_CALL_(function, arguments) ((void)0)
#else
#define LOCKHOUND_CALL_(function, arguments) ((void)(function ? (function arguments, 0) : 0))
#endif

/* ---- order ---- */

/* What this thread has done so far happened before whatever comes after HAPPENS_AFTER(object). */
#define LOCKHOUND_HAPPENS_BEFORE(object) \
    LOCKHOUND_CALL_(AnnotateHappensBefore, (__FILE__, __LINE__, (object)))
#define LOCKHOUND_HAPPENS_AFTER(object) \
    LOCKHOUND_CALL_(AnnotateHappensAfter, (__FILE__, __LINE__, (object)))

/* ---- races that are meant ---- */

/* Races on this variable, or on these bytes, are no news. `why` is for the reader. */
#define LOCKHOUND_BENIGN_RACE(variable, why) \
    LOCKHOUND_BENIGN_RACE_SIZED(&(variable), sizeof(variable), why)
#define LOCKHOUND_BENIGN_RACE_SIZED(memory, size, why) \
    LOCKHOUND_CALL_(AnnotateBenignRaceSized, (__FILE__, __LINE__, (memory), (size), (why)))

/* What this thread reads, writes, or both, between the two does not count. They nest. */
#define LOCKHOUND_IGNORE_READS_BEGIN() \
    LOCKHOUND_CALL_(AnnotateIgnoreReadsBegin, (__FILE__, __LINE__))
#define LOCKHOUND_IGNORE_READS_END() LOCKHOUND_CALL_(AnnotateIgnoreReadsEnd, (__FILE__, __LINE__))
#define LOCKHOUND_IGNORE_WRITES_BEGIN() \
    LOCKHOUND_CALL_(AnnotateIgnoreWritesBegin, (__FILE__, __LINE__))
#define LOCKHOUND_IGNORE_WRITES_END() LOCKHOUND_CALL_(AnnotateIgnoreWritesEnd, (__FILE__, __LINE__))
#define LOCKHOUND_IGNORE_BEGIN()      (LOCKHOUND_IGNORE_READS_BEGIN(), LOCKHOUND_IGNORE_WRITES_BEGIN())
#define LOCKHOUND_IGNORE_END()        (LOCKHOUND_IGNORE_WRITES_END(), LOCKHOUND_IGNORE_READS_END())

/* ---- locks of one's own making ---- */

enum lockhound_mutex_flags {
    LOCKHOUND_MUTEX_STATIC = 1 << 0,    /* CREATE: it is never destroyed */
    LOCKHOUND_MUTEX_RECURSIVE = 1 << 1, /* CREATE */
    LOCKHOUND_MUTEX_READ = 1 << 3,      /* LOCKING and all others: for reading */
    LOCKHOUND_MUTEX_TRY = 1 << 4,       /* LOCKING, LOCKED: does not wait */
    LOCKHOUND_MUTEX_FAILED = 1 << 5,    /* LOCKED, with TRY: it was not to be had */
};

#define LOCKHOUND_MUTEX_CREATE(lock, flags) LOCKHOUND_CALL_(__tsan_mutex_create, ((lock), (flags)))
#define LOCKHOUND_MUTEX_DESTROY(lock, flags) \
    LOCKHOUND_CALL_(__tsan_mutex_destroy, ((lock), (flags)))
/* Around what takes the lock ... */
#define LOCKHOUND_MUTEX_LOCKING(lock, flags) \
    LOCKHOUND_CALL_(__tsan_mutex_pre_lock, ((lock), (flags)))
#define LOCKHOUND_MUTEX_LOCKED(lock, flags) \
    LOCKHOUND_CALL_(__tsan_mutex_post_lock, ((lock), (flags), 0))
/* ... and around what gives it back. */
#define LOCKHOUND_MUTEX_UNLOCKING(lock, flags) \
    LOCKHOUND_CALL_(__tsan_mutex_pre_unlock, ((lock), (flags)))
#define LOCKHOUND_MUTEX_UNLOCKED(lock, flags) \
    LOCKHOUND_CALL_(__tsan_mutex_post_unlock, ((lock), (flags)))

#endif
