/*
 * Settings are made by who needs them first. The first look at the pointer is without the lock, and
 * without anything else: who sees the pointer need not see what it points to. ONCE and
 * ACQUIRE_RELEASE do it right.
 *
 * Expected: two data-races, of the pointer and of the heap block; with ONCE or ACQUIRE_RELEASE
 * nothing.
 */
#include "race.h"

struct settings {
    int version, port;
};

static struct settings *settings;
static int made;

static struct settings *make_settings(void)
{
    struct settings *new = malloc(sizeof(*new)); /* @allocate */

    if (!new)
        abort();
    new->version = 1;
    new->port = 80; /* @fill */
    return new;
}

#if defined(ONCE)
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make(void)
{
    settings = make_settings();
}

static struct settings *get_settings(void)
{
    pthread_once(&once, make);
    return settings;
}
#elif defined(ACQUIRE_RELEASE)
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct settings *get_settings(void)
{
    struct settings *seen = __atomic_load_n(&settings, __ATOMIC_ACQUIRE);

    if (seen)
        return seen;
    pthread_mutex_lock(&lock);
    if (!settings)
        __atomic_store_n(&settings, make_settings(), __ATOMIC_RELEASE);
    pthread_mutex_unlock(&lock);
    return settings;
}
#else
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct settings *get_settings(void)
{
    if (settings) /* @look */
        return settings;
    pthread_mutex_lock(&lock);
    if (!settings)
        settings = make_settings(); /* @publish */
    pthread_mutex_unlock(&lock);
    return settings;
}
#endif

static int port_of(const struct settings *from)
{
    return from->port; /* @use */
}

static void *first(void *port)
{
    *(int *)port = port_of(get_settings());
    pass(&made);
    return NULL;
}

static void *second(void *port)
{
    await_pass(&made);
    *(int *)port = port_of(get_settings());
    return NULL;
}

int main(void)
{
    int ports[2];
    pthread_t one = start_thread(first, &ports[0]), two = start_thread(second, &ports[1]);

    finish_thread(one);
    finish_thread(two);
    printf("%d %d\n", ports[0], ports[1]);
    free(settings);
    return 0;
}
