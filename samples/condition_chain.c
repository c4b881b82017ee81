/*
 * A bucket chain of LINKS threads. Each waits until its place is filled, then fills the place of
 * the one before it. Nobody fills the last place.
 *
 * Expected: it hangs, and that is a stall: all of them wait for conditions that nobody ever
 * signalled. With -DFIXED the main thread fills the last place: nothing.
 */
#include <unistd.h>

#include "handshake.h"

static struct place {
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    int is_full;
} places[LINKS];

static void fill(struct place *place)
{
    pthread_mutex_lock(&place->mutex);
    place->is_full = 1;
    pthread_cond_signal(&place->filled);
    pthread_mutex_unlock(&place->mutex);
}

static void *pass_on(void *argument)
{
    long number = (long)argument;
    struct place *mine = &places[number];

    pthread_mutex_lock(&mine->mutex);
    while (!mine->is_full)
        pthread_cond_wait(&mine->filled, &mine->mutex); /* @wait */
    pthread_mutex_unlock(&mine->mutex);
    if (number > 0)
        fill(&places[number - 1]);
    return NULL;
}

int main(void)
{
    pthread_t threads[LINKS];

    for (int i = 0; i < LINKS; i++) {
        pthread_mutex_init(&places[i].mutex, NULL);
        pthread_cond_init(&places[i].filled, NULL);
    }
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    for (long i = 0; i < LINKS; i++)
        threads[i] = start_thread(pass_on, (void *)i);
#ifdef FIXED
    fill(&places[LINKS - 1]);
#endif
    for (int i = 0; i < LINKS; i++)
        finish_thread(threads[i]);
    puts("passed on");
    return 0;
}
