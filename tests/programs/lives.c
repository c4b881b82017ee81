/*
 * Mutexes that live briefly, in each way in which they do: lives ROUNDS [kill]. Prints how many
 * there were and how often they were taken; with `kill` the process ends by SIGKILL after that.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 4, AT_ONCE = 1500, MAIL = 8 };

struct object {
    pthread_mutex_t mutex;
    char rest[40];
};

/* The same memory for objects of different kinds. */
union any {
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
    pthread_cond_t cond;
    pthread_spinlock_t spin;
};

static long rounds;
static pthread_barrier_t barrier;
static pthread_mutex_t shared; /* a new one in each round, first used by all threads at once */
static struct object *mail[THREADS][MAIL];
static long locks, taken;

static void count(long more_locks, long more_taken)
{
    __atomic_fetch_add(&locks, more_locks, __ATOMIC_RELAXED);
    __atomic_fetch_add(&taken, more_taken, __ATOMIC_RELAXED);
}

static void take(pthread_mutex_t *mutex)
{
    CHECK(pthread_mutex_lock(mutex) == 0);
    CHECK(pthread_mutex_unlock(mutex) == 0);
}

static void in_a_frame(void)
{
    pthread_mutex_t mutex;

    CHECK(pthread_mutex_init(&mutex, NULL) == 0);
    take(&mutex);
    take(&mutex);
    CHECK(pthread_mutex_destroy(&mutex) == 0);
    count(1, 2);
}

static struct object *new_object(void)
{
    struct object *object = calloc(1, sizeof(*object));

    CHECK(object);
    take(&object->mutex);
    count(1, 1);
    return object;
}

static void in_a_block(void)
{
    free(new_object());
}

/* More than any thread remembers. */
static void many_at_once(void)
{
    static __thread struct object *objects[AT_ONCE];

    for (int i = 0; i < AT_ONCE; i++)
        objects[i] = new_object();
    for (int i = 0; i < AT_ONCE; i++)
        free(objects[i]);
}

static void of_all_kinds(void)
{
    union any *any = calloc(1, sizeof(*any));

    CHECK(any);
    CHECK(pthread_rwlock_init(&any->rwlock, NULL) == 0);
    CHECK(pthread_rwlock_rdlock(&any->rwlock) == 0);
    CHECK(pthread_rwlock_unlock(&any->rwlock) == 0);
    CHECK(pthread_rwlock_destroy(&any->rwlock) == 0);
    CHECK(pthread_mutex_init(&any->mutex, NULL) == 0);
    take(&any->mutex);
    CHECK(pthread_mutex_destroy(&any->mutex) == 0);
    CHECK(pthread_cond_init(&any->cond, NULL) == 0);
    CHECK(pthread_cond_destroy(&any->cond) == 0);
    CHECK(pthread_spin_init(&any->spin, PTHREAD_PROCESS_PRIVATE) == 0);
    CHECK(pthread_spin_lock(&any->spin) == 0);
    CHECK(pthread_spin_unlock(&any->spin) == 0);
    CHECK(pthread_spin_destroy(&any->spin) == 0);
    memset(any, 0, sizeof(*any));
    take(&any->mutex);
    count(2, 2);
    free(any);
}

/* What one thread made the next one ends. */
static void handed_over(long number)
{
    for (int i = 0; i < MAIL; i++)
        mail[number][i] = new_object();
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < MAIL; i++) {
        struct object *object = mail[(number + 1) % THREADS][i];
        take(&object->mutex);
        count(0, 1);
        free(object);
    }
    pthread_barrier_wait(&barrier);
}

static void first_used_by_all(void)
{
    take(&shared);
    count(0, 1);
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) {
        CHECK(pthread_mutex_destroy(&shared) == 0);
        memset(&shared, 0, sizeof(shared));
        count(1, 0);
    }
    pthread_barrier_wait(&barrier);
}

static void *live(void *data)
{
    long number = (long)data;

    for (long i = 0; i < rounds; i++) {
        in_a_frame();
        in_a_block();
        of_all_kinds();
        handed_over(number);
        first_used_by_all();
        if (i % 100 == 0)
            many_at_once();
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    CHECK(argc > 1 && (rounds = atol(argv[1])) > 0);
    CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
    for (long i = 0; i < THREADS; i++)
        threads[i] = start_thread(live, (void *)i);
    for (int i = 0; i < THREADS; i++)
        finish_thread(threads[i]);
    in_a_frame();
    new_object();
    printf("locks %ld taken %ld\n", locks, taken);
    fflush(stdout);
    if (argc > 2)
        kill(getpid(), SIGKILL);
    return 0;
}
