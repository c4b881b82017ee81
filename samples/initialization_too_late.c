/*
 * initialization_then_threads, the other way about: main sets things up when the thread is already
 * there. That is concurrent.
 *
 * Expected: one lock-order-inversion, between main and its thread.
 */
#include "handshake.h"

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t plugin = PTHREAD_MUTEX_INITIALIZER;
static int is_set_up;

static void set_up(void)
{
    pthread_mutex_lock(&registry); /* @main-registry */
    pthread_mutex_lock(&plugin);   /* @main-plugin */
    pthread_mutex_unlock(&plugin);
    pthread_mutex_unlock(&registry);
}

static void *work(void *unused)
{
    (void)unused;
    await_stage(&is_set_up, 1);
    pthread_mutex_lock(&plugin);   /* @work-plugin */
    pthread_mutex_lock(&registry); /* @work-registry */
    pthread_mutex_unlock(&registry);
    pthread_mutex_unlock(&plugin);
    return NULL;
}

int main(void)
{
    pthread_t thread = start_thread(work, NULL);

    set_up();
    reach_stage(&is_set_up, 1);
    finish_thread(thread);
    puts("done");
    return 0;
}
