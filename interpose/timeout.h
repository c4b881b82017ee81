/*
 * Which time limits the C library takes at face value. With others the call fails, or not,
 * depending on details that a wrapper must not guess: it leaves such a call to the library alone.
 */
#ifndef LH_INTERPOSE_TIMEOUT_H
#define LH_INTERPOSE_TIMEOUT_H

#include <stdbool.h>
#include <time.h>

static inline bool lh_usual_time(const struct timespec *limit)
{
    return limit && limit->tv_nsec >= 0 && limit->tv_nsec < 1000000000;
}

static inline bool lh_usual_clock(clockid_t clock, const struct timespec *limit)
{
    return (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && lh_usual_time(limit);
}

#endif
