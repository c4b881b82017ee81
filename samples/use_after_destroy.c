/*
 * A channel is closed, which destroys what it is made of, and used once more: each kind of object.
 *
 * Expected: use-after-destroy at each use, with the destroy call.
 */
#include <errno.h>
#include <semaphore.h>

#include "handshake.h"

static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t list = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static sem_t *slots;
static pthread_spinlock_t top;
static pthread_barrier_t start;

static void set_up(void)
{
    slots = malloc(sizeof(*slots));
    sem_init(slots, 0, 2);
    pthread_spin_init(&top, PTHREAD_PROCESS_PRIVATE);
    pthread_barrier_init(&start, NULL, 1);
    pthread_rwlock_rdlock(&list);
    pthread_rwlock_unlock(&list);
    pthread_rwlock_wrlock(&table);
    pthread_rwlock_unlock(&table);
}

static void close_all(void)
{
    pthread_mutex_destroy(&door);    /* @close-door */
    pthread_rwlock_destroy(&table);  /* @close-table */
    pthread_rwlock_destroy(&list);   /* @close-list */
    pthread_cond_destroy(&news);     /* @close-news */
    sem_destroy(slots);              /* @close-slots */
    pthread_spin_destroy(&top);      /* @close-top */
    pthread_barrier_destroy(&start); /* @close-start */
}

static void *late(void *unused)
{
    if (pthread_mutex_lock(&door) != EINVAL) /* @door */
        exit(2);
    if (pthread_rwlock_wrlock(&table) == 0) /* @table */
        pthread_rwlock_unlock(&table);
    if (pthread_rwlock_rdlock(&list) == 0) /* @list */
        pthread_rwlock_unlock(&list);
    pthread_cond_signal(&news);       /* @news */
    sem_post(slots);                  /* @slots */
    if (pthread_spin_lock(&top) == 0) /* @top */
        pthread_spin_unlock(&top);
    pthread_barrier_wait(&start); /* @start */
    return unused;
}

int main(void)
{
    set_up();
    close_all();
    finish_thread(start_thread(late, NULL));
    free(slots);
    puts("closed");
    return 0;
}
