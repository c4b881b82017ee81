/*
 * One exercise for every row of interpose/hooks.def: it calls the function by its public name,
 * checks what the manual promises, and says what the shim must have recorded of it. A row without
 * an exercise does not link.
 *
 * The evidence is a list "what kind count, what kind count", counted in the whole trace of the run;
 * evidence.c prints what there is, and "processes - N" is the number of traces. It names only what
 * no other call of the exercise can cause; it is empty where the wrapper leaves no mark of its own.
 */
#ifndef TESTS_HOOKS_EXERCISE_H
#define TESTS_HOOKS_EXERCISE_H

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct exercise {
    void (*run)(void);
    const char *evidence;
};

#define EXERCISE(function, recorded)                                        \
    static void run_##function(void);                                       \
    const struct exercise exercise_##function = {run_##function, recorded}; \
    static void run_##function(void)

#define HOOK(function, version, family, required) extern const struct exercise exercise_##function;
#include "../../interpose/hooks.def"
#undef HOOK

/* What must hold; ends the program with a line that says where it does not. */
#define CHECK(condition) exercise_check(!!(condition), #condition, __FILE__, __LINE__)
void exercise_check(int holds, const char *condition, const char *file, int line);

/* The library that the exercise of dlclose loads. */
const char *exercise_plugin(void);

/* Run a function in a thread of its own and wait until it has ended, without calling any hooked
 * function but pthread_create and pthread_join. */
void exercise_in_thread(void (*function)(void *), void *argument);

/* A moment that is over, and one that is a minute away, of a clock. */
struct timespec exercise_past(void);
struct timespec exercise_soon(clockid_t clock);

#endif
