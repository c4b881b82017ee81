/*
 * Loads and unloads two libraries with locks of their own, by turns, from two threads that live all
 * the time. Their locks lie at the same address in turn and are never the same lock.
 */
#include <dlfcn.h>

#include "check.h"
#include "plugin.h"

static pthread_mutex_t host = PTHREAD_MUTEX_INITIALIZER;
static const char *paths[2];
static void *addresses[2];
static int rounds, turn;

static void load_and_work(int which)
{
    void *library = dlopen(paths[which], RTLD_NOW);
    void *(*work)(pthread_mutex_t *);

    if (!library)
        fprintf(stderr, "%s\n", dlerror());
    CHECK(library);
    *(void **)&work = dlsym(library, "plugin_work");
    CHECK(work);
    addresses[which] = work(&host);
    CHECK(dlclose(library) == 0);
}

static void *load_by_turns(void *argument)
{
    int which = (int)(long)argument;

    for (int i = 0; i < rounds; i++) {
        await_stage(&turn, 2 * i + which);
        load_and_work(which);
        reach_stage(&turn, 2 * i + which + 1);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[2];

    CHECK(argc == 4);
    paths[0] = argv[1];
    paths[1] = argv[2];
    rounds = atoi(argv[3]);
    for (int i = 0; i < 2; i++)
        threads[i] = start_thread(load_by_turns, (void *)(long)i);
    for (int i = 0; i < 2; i++)
        finish_thread(threads[i]);
    if (addresses[0] != addresses[1])
        fputs("the libraries lay at different addresses\n", stderr);
    printf("%d rounds\n", rounds);
    return 0;
}
