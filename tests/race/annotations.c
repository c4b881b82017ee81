/*
 * What programs say of themselves is believed.
 * EXPECT proven not_annotated not_annotated_either
 */
#include <stddef.h>

#include "pair.h"

#pragma GCC diagnostic ignored "-Wstrict-prototypes"
void AnnotateHappensBefore(const char *, int, const volatile void *) __attribute__((weak));
void AnnotateHappensAfter(const char *, int, const volatile void *) __attribute__((weak));
void AnnotateBenignRaceSized(const char *, int, const volatile void *, size_t, const char *)
    __attribute__((weak));
void AnnotateIgnoreWritesBegin(const char *, int) __attribute__((weak));
void AnnotateIgnoreWritesEnd(const char *, int) __attribute__((weak));
void __tsan_acquire(void *) __attribute__((weak));
void __tsan_release(void *) __attribute__((weak));
void __tsan_mutex_pre_lock(void *, unsigned) __attribute__((weak));
void __tsan_mutex_post_lock(void *, unsigned, int) __attribute__((weak));
int __tsan_mutex_pre_unlock(void *, unsigned) __attribute__((weak));
void __tsan_mutex_post_unlock(void *, unsigned) __attribute__((weak));

int data[6], tag, own_lock;

RACY static void before(void)
{
    data[0] = 1;
    if (AnnotateHappensBefore)
        AnnotateHappensBefore(__FILE__, __LINE__, &tag);
}

RACY static void after(void)
{
    if (AnnotateHappensAfter)
        AnnotateHappensAfter(__FILE__, __LINE__, &tag);
    data[0]++;
}

RACY static void release(void)
{
    data[1] = 1;
    if (__tsan_release)
        __tsan_release(&data[1]);
}

RACY static void acquire(void)
{
    if (__tsan_acquire)
        __tsan_acquire(&data[1]);
    data[1]++;
}

RACY static void benign(void)
{
    data[2]++;
}

RACY static void ignored(void)
{
    if (AnnotateIgnoreWritesBegin)
        AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
    data[3] = 1;
    if (AnnotateIgnoreWritesEnd)
        AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
}

RACY static void not_ignored(void)
{
    data[3] = 2;
}

RACY static void with_own_lock(void)
{
    if (__tsan_mutex_pre_lock) {
        __tsan_mutex_pre_lock(&own_lock, 0);
        __tsan_mutex_post_lock(&own_lock, 0, 0);
    }
    data[4]++;
    if (__tsan_mutex_pre_unlock) {
        __tsan_mutex_pre_unlock(&own_lock, 0);
        __tsan_mutex_post_unlock(&own_lock, 0);
    }
}

RACY static void not_annotated(void)
{
    data[5] = 1;
}

RACY static void not_annotated_either(void)
{
    data[5] = 2;
}

int main(void)
{
    if (AnnotateBenignRaceSized)
        AnnotateBenignRaceSized(__FILE__, __LINE__, &data[2], sizeof data[2], "a counter");
    pair(before, after);
    pair(release, acquire);
    pair(benign, benign);
    pair(ignored, not_ignored);
    pair(with_own_lock, with_own_lock);
    pair(not_annotated, not_annotated_either);
    return 0;
}
