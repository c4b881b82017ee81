/*
 * Thousands of threads, one after the other, take two locks in one order; once, a thread takes them
 * in the other order. The argument says when:
 *
 *     beside   its only partner ran beside it, and was joined before it began: an inversion
 *     later    the same, but its partner comes after it
 *     three    the same as beside with a circle of three locks, each order in threads of its own
 *     both     both orders are usual: one after the other for long, then beside each other
 *     after    all others were joined before it was created: nothing
 *     tree     the others create and join others in turn, and all is joined: nothing
 *     waves    hundreds at a time, all joined: nothing
 */
#include <string.h>

#include "check.h"

enum { MANY = 2000, WAVE = 200, DEPTH = 6 };

static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER,
                       c = PTHREAD_MUTEX_INITIALIZER;
static int stage;

static void *usual(void *unused)
{
    take_in_order(&a, &b);
    return unused;
}

static void *usual_then_c(void *unused)
{
    take_in_order(&b, &c);
    return unused;
}

static void *rare(void *unused)
{
    await_stage(&stage, 1);
    take_in_order(&b, &a);
    reach_stage(&stage, 2);
    return unused;
}

static void *rare_from_c(void *unused)
{
    await_stage(&stage, 1);
    take_in_order(&c, &a);
    return unused;
}

static void many(void *(*function)(void *))
{
    for (int i = 0; i < MANY; i++)
        finish_thread(start_thread(function, NULL));
}

static void beside(void)
{
    many(usual);
    pthread_t thread = start_thread(rare, NULL);
    finish_thread(start_thread(usual, NULL));
    many(usual_then_c); /* so that the last usual one is not the last thread */
    reach_stage(&stage, 1);
    finish_thread(thread);
}

static void later(void)
{
    many(usual);
    pthread_t thread = start_thread(rare, NULL);
    reach_stage(&stage, 1);
    await_stage(&stage, 2);
    finish_thread(start_thread(usual, NULL));
    finish_thread(thread);
}

static void three(void)
{
    many(usual);
    many(usual_then_c);
    pthread_t thread = start_thread(rare_from_c, NULL);
    pthread_t one = start_thread(usual, NULL), other = start_thread(usual_then_c, NULL);
    finish_thread(one);
    finish_thread(other);
    reach_stage(&stage, 1);
    finish_thread(thread);
}

static void *usual_first(void *number)
{
    take_in_order(&a, &b);
    reach_stage(&stage, (int)(long)number);
    return NULL;
}

static void *opposite_second(void *number)
{
    await_stage(&stage, (int)(long)number);
    take_in_order(&b, &a);
    return NULL;
}

static void both(void)
{
    for (long i = 1; i <= MANY; i++) {
        finish_thread(start_thread(usual_first, (void *)i));
        finish_thread(start_thread(opposite_second, (void *)i));
    }
    for (long i = MANY + 1; i <= 2 * MANY; i++) {
        pthread_t one = start_thread(usual_first, (void *)i);
        pthread_t other = start_thread(opposite_second, (void *)i);
        finish_thread(one);
        finish_thread(other);
    }
}

static void after(void)
{
    many(usual);
    reach_stage(&stage, 1);
    finish_thread(start_thread(rare, NULL));
}

static void *branch(void *depth)
{
    long left = (long)depth;
    pthread_t threads[3];

    usual(NULL);
    for (int i = 0; left && i < 3; i++)
        threads[i] = start_thread(branch, (void *)(left - 1));
    usual(NULL);
    for (int i = 0; left && i < 3; i++)
        finish_thread(threads[i]);
    return usual(NULL);
}

static void tree(void)
{
    branch((void *)(long)DEPTH);
    after();
    branch((void *)(long)DEPTH);
}

static void waves(void)
{
    pthread_t threads[WAVE];

    for (int wave = 0; wave < MANY / WAVE; wave++) {
        for (int i = 0; i < WAVE; i++)
            threads[i] = start_thread(usual, NULL);
        for (int i = 0; i < WAVE; i++)
            finish_thread(threads[i]);
    }
    reach_stage(&stage, 1);
    rare(NULL);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*function)(void);
    } cases[] = {
        {"beside", beside}, {"later", later}, {"three", three}, {"both", both},
        {"after", after},   {"tree", tree},   {"waves", waves},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (argc > 1 && strcmp(argv[1], cases[i].name) == 0) {
            cases[i].function();
            puts("taken");
            return 0;
        }
    }
    return 2;
}
