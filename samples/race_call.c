/*
 * Two threads copy into one buffer: the accesses happen inside of memcpy() and strcpy().
 *
 * Expected: one data-race of `name`, in the two functions that call.
 */
#include "race.h"

static char name[32], source[32] = "some name that is long enough";
static size_t length = sizeof(name);

static void *copy(void *unused)
{
    (void)unused;
    memcpy(name, source, length); /* @copy */
    return NULL;
}

static void *set(void *unused)
{
    (void)unused;
    strcpy(name, source + length - 12); /* @set */
    return NULL;
}

int main(void)
{
    run_both(copy, set);
    puts("copied");
    return 0;
}
