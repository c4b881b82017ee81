/*
 * Parcels go from one thread to the next and are written by both, without a lock of their own: what
 * hands them over orders the two. QUEUE has a mutex and a condition, SEMAPHORE two semaphores,
 * BARRIER rounds.
 *
 * Expected: nothing.
 */
#include <semaphore.h>

#include "race.h"

#define PARCELS 50

static struct parcel {
    int number, weight;
} * place;

#if defined(QUEUE)
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void give(struct parcel *parcel)
{
    pthread_mutex_lock(&lock);
    while (place)
        pthread_cond_wait(&changed, &lock);
    place = parcel;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static struct parcel *take(void)
{
    struct parcel *parcel;

    pthread_mutex_lock(&lock);
    while (!place)
        pthread_cond_wait(&changed, &lock);
    parcel = place;
    place = NULL;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return parcel;
}

static void prepare(void)
{
}
#elif defined(SEMAPHORE)
static sem_t room, filled;

static void give(struct parcel *parcel)
{
    sem_wait(&room);
    place = parcel;
    sem_post(&filled);
}

static struct parcel *take(void)
{
    struct parcel *parcel;

    sem_wait(&filled);
    parcel = place;
    sem_post(&room);
    return parcel;
}

static void prepare(void)
{
    sem_init(&room, 0, 1);
    sem_init(&filled, 0, 0);
}
#else
static pthread_barrier_t both;

static void give(struct parcel *parcel)
{
    place = parcel;
    pthread_barrier_wait(&both);
    pthread_barrier_wait(&both);
}

static struct parcel *take(void)
{
    struct parcel *parcel;

    pthread_barrier_wait(&both);
    parcel = place;
    pthread_barrier_wait(&both);
    return parcel;
}

static void prepare(void)
{
    pthread_barrier_init(&both, NULL, 2);
}
#endif

static void *sender(void *unused)
{
    (void)unused;
    for (int i = 0; i < PARCELS; i++) {
        struct parcel *parcel = malloc(sizeof(*parcel));

        if (!parcel)
            abort();
        parcel->number = i;
        parcel->weight = 2 * i;
        give(parcel);
    }
    return NULL;
}

static void *receiver(void *unused)
{
    int sum = 0;

    (void)unused;
    for (int i = 0; i < PARCELS; i++) {
        struct parcel *parcel = take();

        parcel->weight++;
        sum += parcel->weight - 2 * parcel->number;
        free(parcel);
    }
    printf("%d parcels\n", sum);
    return NULL;
}

int main(void)
{
    prepare();
    run_both(sender, receiver);
    return 0;
}
