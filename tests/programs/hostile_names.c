/*
 * An inversion among names that would rather be markup: threads, a semaphore, a source file. It is
 * there to be reported.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static sem_t *semaphore;
static int forwards_is_done; /* atomic: the one after the other, so that it ends */

/* clang-format off */
#line 1 "</script><script>alert(1)</script>\"'&.c"
/* clang-format on */
static void *forwards(void *unused)
{
    pthread_setname_np(pthread_self(), "<b id=injected>");
    pthread_mutex_lock(&mutex);
    sem_wait(semaphore);
    sem_post(semaphore);
    pthread_mutex_unlock(&mutex);
    __atomic_store_n(&forwards_is_done, 1, __ATOMIC_RELEASE); /* pairs with the load in backwards */
    return unused;
}

static void *backwards(void *unused)
{
    pthread_setname_np(pthread_self(), "\"'><img src=x>");
    while (__atomic_load_n(&forwards_is_done, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    sem_wait(semaphore);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    sem_post(semaphore);
    return unused;
}

int main(void)
{
    char name[64];
    pthread_t threads[2];

    snprintf(name, sizeof name, "/<svg onload=alert(2)>%d", (int)getpid());
    semaphore = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
    if (semaphore == SEM_FAILED)
        return 1;
    pthread_create(&threads[0], NULL, forwards, NULL);
    pthread_create(&threads[1], NULL, backwards, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    sem_close(semaphore);
    sem_unlink(name);
    return 0;
}
