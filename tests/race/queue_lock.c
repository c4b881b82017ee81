/*
 * A queue lock made of atomic operations (Mellor-Crummey and Scott, 1991): who has the lock writes
 * what it guards, and the next one comes the moment that it is let in. All that the first one wrote
 * was looked at again by then: what is looked at later is compared with what came after it.
 */
#include "pair.h"

#define ROUNDS 100000
#define VALUES 12

struct waiting {
    struct waiting *next;
    int waits;
};

static struct waiting *last;
long values[VALUES];

/* Rather by looking often: who yields comes late. */
static void pass_time(int *times)
{
    if (++*times % 1000 == 0)
        sched_yield();
}

static void enter(struct waiting *me)
{
    struct waiting *before = __atomic_exchange_n(&last, me, __ATOMIC_ACQ_REL);

    int times = 0;

    if (!before)
        return;
    __atomic_store_n(&before->next, me, __ATOMIC_RELEASE);
    while (__atomic_load_n(&me->waits, __ATOMIC_ACQUIRE))
        pass_time(&times);
}

static void leave(struct waiting *me)
{
    struct waiting *expected = me, *next = __atomic_load_n(&me->next, __ATOMIC_ACQUIRE);
    int times = 0;

    if (!next &&
        __atomic_compare_exchange_n(&last, &expected, NULL, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        return;
    while (!(next = __atomic_load_n(&me->next, __ATOMIC_ACQUIRE)))
        pass_time(&times);
    __atomic_store_n(&next->waits, 0, __ATOMIC_RELEASE);
}

RACY static void change_all(void)
{
    for (int i = 0; i < VALUES; i++)
        values[i]++;
}

static void *work(void *unused)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct waiting me = {NULL, 1};
        enter(&me);
        change_all();
        leave(&me);
    }
    return unused;
}

int main(void)
{
    pthread_t one, other;

    CHECK(pthread_create(&one, NULL, work, NULL) == 0);
    CHECK(pthread_create(&other, NULL, work, NULL) == 0);
    CHECK(pthread_join(one, NULL) == 0);
    CHECK(pthread_join(other, NULL) == 0);
    for (int i = 0; i < VALUES; i++)
        CHECK(values[i] == 2 * ROUNDS);
    return 0;
}
