/*
 * Every way of so many calls through three functions, whose frames differ in size, to a lock that
 * is taken and kept: in order, and once more in another order, where each way comes after one that
 * differs elsewhere. At last a wrong unlock, so that a report tells what is held. Prints the ways,
 * innermost function first.
 */
#include <alloca.h>
#include <string.h>

#include "check.h"

#define NOINLINE __attribute__((noinline))

enum { DEPTH = 4, WAYS = 3 * 3 * 3 * 3 };

static void go_on(const char *way);

static NOINLINE void red(const char *way)
{
    go_on(way);
    __asm__ volatile("");
}

static NOINLINE void green(const char *way)
{
    char room[200];

    /* Kept on the stack: the frame is bigger than that of red(). */
    __asm__ volatile("" : : "r"(room) : "memory");
    go_on(way);
    __asm__ volatile("");
}

static NOINLINE void blue(const char *way)
{
    char *room = alloca(16 * strlen(way));

    __asm__ volatile("" : : "r"(room) : "memory");
    go_on(way);
    __asm__ volatile("");
}

static NOINLINE void go_on(const char *way)
{
    static void (*const functions[])(const char *) = {red, green, blue};

    if (*way) {
        functions[*way - '0'](way + 1);
    } else {
        pthread_mutex_t *mutex = malloc(sizeof *mutex);
        CHECK(mutex && pthread_mutex_init(mutex, NULL) == 0 && pthread_mutex_lock(mutex) == 0);
    }
    __asm__ volatile("");
}

static void describe(int number, char way[DEPTH + 1])
{
    for (int i = 0; i < DEPTH; i++, number /= 3)
        way[i] = (char)('0' + number % 3);
    way[DEPTH] = '\0';
}

static void show(const char *way)
{
    static const char *const names[] = {"red", "green", "blue"};

    for (int i = DEPTH; i-- > 0;)
        printf("%s%c", names[way[i] - '0'], i ? ' ' : '\n');
}

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;

static void take_both(pthread_mutex_t *first, pthread_mutex_t *second)
{
    CHECK(pthread_mutex_lock(first) == 0 && pthread_mutex_lock(second) == 0);
    CHECK(pthread_mutex_unlock(second) == 0 && pthread_mutex_unlock(first) == 0);
}

static void *other_order(void *stage)
{
    await_stage(stage, 1);
    take_both(&b, &a);
    return NULL;
}

int main(void)
{
    char way[DEPTH + 1];
    int stage = 0;
    pthread_t other = start_thread(other_order, &stage);

    for (int i = 0; i < 2 * WAYS; i++) {
        /* 32 has no divisor in common with the number of ways: the second round meets each. */
        describe(i < WAYS ? i : i * 32 % WAYS, way);
        go_on(way);
        show(way);
    }
    take_both(&a, &b);
    reach_stage(&stage, 1);
    finish_thread(other);
    return 0;
}
