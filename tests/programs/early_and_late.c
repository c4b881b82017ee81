/*
 * A library that uses locks and threads in its constructor, before main begins, and in its
 * destructor, after main has returned.
 */
#include "early_and_late.h"

#include "check.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int uses;

static void *use_in_thread(void *unused)
{
    pthread_mutex_lock(&lock);
    uses++;
    pthread_mutex_unlock(&lock);
    return unused;
}

int early_uses(void)
{
    return uses;
}

__attribute__((constructor)) static void use_early(void)
{
    use_in_thread(NULL);
    finish_thread(start_thread(use_in_thread, NULL));
}

__attribute__((destructor)) static void use_late(void)
{
    use_in_thread(NULL);
    finish_thread(start_thread(use_in_thread, NULL));
    printf("library destructor, %d uses\n", uses);
}
