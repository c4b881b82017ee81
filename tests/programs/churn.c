/*
 * Locks in great number, each allocated, used once inside a lock that lasts, and freed, 10,000 at a
 * time. churn TOTAL [TRACE] prints memory in use and size of the file TRACE (all in KiB), half-way
 * and at the end.
 */
#include <string.h>
#include <sys/stat.h>

#include "check.h"

enum { BATCH = 10000 };

struct item {
    pthread_mutex_t lock;
    long used;
};

static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;
static struct item *items[BATCH];

static void use(struct item *item)
{
    pthread_mutex_lock(&owner);
    pthread_mutex_lock(&item->lock);
    item->used++;
    pthread_mutex_unlock(&item->lock);
    pthread_mutex_unlock(&owner);
}

static void batch(void)
{
    for (int i = 0; i < BATCH; i++) {
        items[i] = malloc(sizeof(*items[i]));
        CHECK(items[i]);
        pthread_mutex_init(&items[i]->lock, NULL);
        items[i]->used = 0;
    }
    for (int i = 0; i < BATCH; i++)
        use(items[i]);
    for (int i = 0; i < BATCH; i++) {
        if (i % 2) /* half of them are never destroyed */
            pthread_mutex_destroy(&items[i]->lock);
        free(items[i]);
    }
}

static long memory_in_use(void)
{
    char line[256];
    long kib = -1;
    FILE *status = fopen("/proc/self/status", "r");

    CHECK(status);
    while (fgets(line, sizeof(line), status)) {
        if (sscanf(line, "VmRSS: %ld kB", &kib) == 1)
            break;
    }
    fclose(status);
    return kib;
}

static void show(const char *when, const char *trace)
{
    struct stat file;

    memset(&file, 0, sizeof(file));
    if (trace)
        CHECK(stat(trace, &file) == 0);
    printf("%s rss %ld size %ld blocks %ld\n", when, memory_in_use(), (long)file.st_size / 1024,
           (long)file.st_blocks / 2);
}

int main(int argc, char **argv)
{
    long batches = argc > 1 ? atol(argv[1]) / BATCH : 0;
    const char *trace = argc > 2 ? argv[2] : NULL;

    CHECK(batches >= 2);
    for (long i = 0; i < batches; i++) {
        if (i == batches / 2)
            show("half", trace);
        batch();
    }
    show("end", trace);
    return 0;
}
