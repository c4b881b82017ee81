/*
 * Cases of the micro benchmark: one thing that a program does with locks, over and over. The tables
 * lie beside the code of the cases; main.c runs one of them and prints what it took.
 */
#ifndef LH_BENCH_MICRO_H
#define LH_BENCH_MICRO_H

#include <stdbool.h>
#include <stddef.h>

/* A function that the compiler leaves as it is. */
#ifdef __clang__
#define MICRO_KEPT __attribute__((noinline))
#else
#define MICRO_KEPT __attribute__((noinline, noclone))
#endif

struct micro_case {
    const char *name;
    const char *what;                             /* one operation, in words */
    unsigned threads;                             /* that run `work` side by side */
    void (*prepare)(const struct micro_case *it); /* may be NULL */
    void (*work)(const struct micro_case *it, unsigned thread, size_t count);
    size_t size;   /* of what is prepared, where the case comes in sizes */
    size_t least;  /* operations of one thread below which a round makes no sense; 0: 1 */
    bool together; /* all threads make one operation between them, instead of one each */
};

/* Each ends with a case without a name. */
extern const struct micro_case floor_cases[], mutex_cases[], lock_cases[], wait_cases[],
    place_cases[], number_cases[];

/* calloc() or the end. */
void *micro_zeroed(size_t count, size_t size);
/* The end, unless the call worked. */
void micro_must(int error, const char *what);
/* glibc takes a cheaper path while there never was a second thread: start one, and wait for it. */
void micro_start_thread(void);

#endif
