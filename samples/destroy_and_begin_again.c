/*
 * Objects that are destroyed and begin again: by an init call, by a static initializer, in memory
 * that was given back and comes from the heap anew, in a stack frame that is entered again, and in
 * a pool that clears what it hands out.
 *
 * Expected: nothing.
 */
#include <semaphore.h>

#include "handshake.h"

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;

struct channel {
    pthread_mutex_t mutex;
    pthread_rwlock_t table;
    pthread_cond_t news;
    sem_t slots;
    pthread_spinlock_t top;
    pthread_barrier_t start;
};

static void use(struct channel *channel)
{
    pthread_rwlock_rdlock(&channel->table);
    pthread_rwlock_unlock(&channel->table);
    pthread_mutex_lock(&channel->mutex);
    pthread_cond_signal(&channel->news);
    pthread_mutex_unlock(&channel->mutex);
    sem_post(&channel->slots);
    pthread_spin_lock(&channel->top);
    pthread_spin_unlock(&channel->top);
    pthread_barrier_wait(&channel->start);
}

static void finish(struct channel *channel)
{
    pthread_mutex_destroy(&channel->mutex);
    pthread_rwlock_destroy(&channel->table);
    pthread_cond_destroy(&channel->news);
    sem_destroy(&channel->slots);
    pthread_spin_destroy(&channel->top);
    pthread_barrier_destroy(&channel->start);
}

static void begin_rest(struct channel *channel)
{
    sem_init(&channel->slots, 0, 0);
    pthread_spin_init(&channel->top, PTHREAD_PROCESS_PRIVATE);
    pthread_barrier_init(&channel->start, NULL, 1);
}

static void from_heap(void)
{
    struct channel *channel = calloc(1, sizeof(*channel));

    begin_rest(channel);
    use(channel);
    finish(channel);
    free(channel);
}

static void in_frame(void)
{
    struct channel channel = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                              .table = PTHREAD_RWLOCK_INITIALIZER,
                              .news = PTHREAD_COND_INITIALIZER};

    begin_rest(&channel);
    use(&channel);
    finish(&channel);
}

static void from_pool(void)
{
    static struct channel *pool;

    if (!pool)
        pool = malloc(sizeof(*pool));
    memset(pool, 0, sizeof(*pool));
    begin_rest(pool);
    use(pool);
    finish(pool);
}

static void *all(void *unused)
{
    for (int i = 0; i < 20; i++) {
        from_heap();
        in_frame();
        from_pool();
        pthread_mutex_lock(&door);
        pthread_cond_broadcast(&news);
        pthread_mutex_unlock(&door);
        pthread_mutex_destroy(&door);
        pthread_cond_destroy(&news);
        pthread_mutex_init(&door, NULL);
        news = (pthread_cond_t)PTHREAD_COND_INITIALIZER;
    }
    return unused;
}

int main(void)
{
    finish_thread(start_thread(all, NULL));
    puts("begun again");
    return 0;
}
