/*
 * An event made of a flag and a condition: set() leaves it set for those who come later, clear()
 * takes that back, pulse() wakes those who wait now and leaves nothing.
 *
 * ORDER   SET_FIRST: it is set before anybody waits; WAIT_FIRST: somebody waits before it is set.
 *         Expected of both: nothing.
 *         PULSE_FIRST: it is pulsed before anybody waits. Expected: it hangs, a lost-wakeup.
 */
#include <unistd.h>

#include "handshake.h"

#define SET_FIRST   1
#define WAIT_FIRST  2
#define PULSE_FIRST 3

static struct event {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int is_set;
} door = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
static int stage;

#if ORDER == PULSE_FIRST
static void pulse(struct event *event)
{
    pthread_mutex_lock(&event->mutex);
    pthread_cond_broadcast(&event->changed); /* @pulse */
    event->is_set = 0;
    pthread_mutex_unlock(&event->mutex);
}
#else
static void set(struct event *event)
{
    pthread_mutex_lock(&event->mutex);
    event->is_set = 1;
    pthread_cond_broadcast(&event->changed);
    pthread_mutex_unlock(&event->mutex);
}
#endif

static void clear(struct event *event)
{
    pthread_mutex_lock(&event->mutex);
    event->is_set = 0;
    pthread_mutex_unlock(&event->mutex);
}

static void await(struct event *event)
{
    pthread_mutex_lock(&event->mutex);
    reach_stage(&stage, 2);
    while (!event->is_set)
        pthread_cond_wait(&event->changed, &event->mutex); /* @await */
    pthread_mutex_unlock(&event->mutex);
}

static void *opener(void *unused)
{
    (void)unused;
#if ORDER == SET_FIRST
    set(&door);
#elif ORDER == WAIT_FIRST
    await_stage(&stage, 2);
    set(&door);
#else
    pulse(&door);
#endif
    reach_stage(&stage, 1);
    return NULL;
}

static void *visitor(void *unused)
{
    (void)unused;
    if (ORDER != WAIT_FIRST)
        await_stage(&stage, 1);
    await(&door);
    clear(&door);
    puts("in");
    return NULL;
}

int main(void)
{
#if ORDER == PULSE_FIRST
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    run_both(opener, visitor);
    return 0;
}
