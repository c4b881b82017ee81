/*
 * A thread returns early and keeps the mutex; the main thread wants it after that.
 *
 * Expected: it hangs, and that is a stall, beside held-at-thread-exit which is why. With -DFIXED
 * the mutex is released: nothing.
 */
#include <unistd.h>

#include "handshake.h"

static pthread_mutex_t stock = PTHREAD_MUTEX_INITIALIZER;
static int stock_is_empty = 1;

static void *take(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&stock); /* @take */
#ifndef FIXED
    if (stock_is_empty)
        return NULL;
#endif
    pthread_mutex_unlock(&stock);
    return NULL;
}

int main(void)
{
#ifndef FIXED
    printf("pid %d\n", (int)getpid());
    fflush(stdout);
#endif
    finish_thread(start_thread(take, NULL));
    pthread_mutex_lock(&stock); /* @count */
    stock_is_empty = 0;
    pthread_mutex_unlock(&stock);
    puts("counted");
    return 0;
}
