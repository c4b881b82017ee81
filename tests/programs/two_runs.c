/* Each run takes the two locks in one order: that of its argument, "store" or "replay". */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;

static void *store(void *unused)
{
    pthread_mutex_lock(&table);
    pthread_mutex_lock(&journal);
    pthread_mutex_unlock(&journal);
    pthread_mutex_unlock(&table);
    return unused;
}

static void *replay(void *unused)
{
    pthread_mutex_lock(&journal);
    pthread_mutex_lock(&table);
    pthread_mutex_unlock(&table);
    pthread_mutex_unlock(&journal);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (argc != 2 ||
        pthread_create(&thread, NULL, strcmp(argv[1], "store") == 0 ? store : replay, NULL) != 0)
        return 1;
    pthread_join(thread, NULL);
    puts(argv[1]);
    return 0;
}
