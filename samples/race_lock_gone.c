/*
 * Each request has a mutex of its own, which is destroyed with it: it guards the total, which all
 * requests have in common, from nobody. When the race is found, the mutex is gone.
 *
 * Expected: one data-race; a lock is held by the one, and none by the other.
 */
#include "race.h"

struct request {
    pthread_mutex_t lock;
    int size;
};

static int total, counted;

static void count(const struct request *request)
{
    total += request->size; /* @count */
}

static void serve(int size)
{
    struct request *request = malloc(sizeof(*request));

    if (!request)
        abort();
    request->size = size;
    pthread_mutex_init(&request->lock, NULL);
    pthread_mutex_lock(&request->lock); /* @lock */
    count(request);
    pthread_mutex_unlock(&request->lock);
    pthread_mutex_destroy(&request->lock);
    free(request);
}

static void *first(void *unused)
{
    (void)unused;
    serve(1);
    pass(&counted);
    return NULL;
}

static void *second(void *unused)
{
    (void)unused;
    await_pass(&counted);
    total = 0; /* @reset */
    return NULL;
}

int main(void)
{
    run_both(first, second);
    printf("%d\n", total);
    return 0;
}
