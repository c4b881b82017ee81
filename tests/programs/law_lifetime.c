/*
 * Locks before main (in a library's constructor), in destructors of thread-specific data, in atexit
 * handlers, in destructors after main, and while main has left by pthread_exit.
 */
#include "early_and_late.h"

#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_key_t key;
static int destructors;

static void use(void)
{
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
}

/* Sets its value again until the system gives up: the last calls come after everybody else's. */
static void destroy_specific(void *value)
{
    long round = (long)value;

    pthread_mutex_lock(&lock);
    destructors++;
    pthread_mutex_unlock(&lock);
    if (round < 4)
        pthread_setspecific(key, (void *)(round + 1));
}

static void *with_specific(void *unused)
{
    pthread_setspecific(key, (void *)1L);
    use();
    pthread_exit(unused);
}

static void at_exit(void)
{
    use();
    finish_thread(start_thread(with_specific, NULL));
    printf("atexit, %d destructors\n", destructors);
}

static pthread_t main_thread;

static void *after_main(void *unused)
{
    pthread_join(main_thread, NULL);
    use();
    puts("main thread is gone");
    exit(5);
    return unused;
}

int main(void)
{
    pthread_t thread;

    CHECK(pthread_key_create(&key, destroy_specific) == 0);
    CHECK(atexit(at_exit) == 0);
    printf("main, %d early uses\n", early_uses());
    finish_thread(start_thread(with_specific, NULL));
    printf("thread, %d destructors\n", destructors);
    main_thread = pthread_self();
    thread = start_thread(after_main, NULL);
    pthread_detach(thread);
    pthread_exit(NULL);
}
