/*
 * A list whose readers and writers hold different mutexes. FIXED has one.
 *
 * Expected: one data-race of the list's head, with both locks; with FIXED nothing.
 */
#include "race.h"

struct item {
    struct item *next;
};

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
#ifdef FIXED
#define statistics_lock list_lock
#else
static pthread_mutex_t statistics_lock = PTHREAD_MUTEX_INITIALIZER;
#endif
static struct item *head;

static void *add(void *item)
{
    pthread_mutex_lock(&list_lock);
    ((struct item *)item)->next = head;
    head = item; /* @add */
    pthread_mutex_unlock(&list_lock);
    return NULL;
}

static void *look(void *any)
{
    pthread_mutex_lock(&statistics_lock);
    *(int *)any = head != NULL; /* @look */
    pthread_mutex_unlock(&statistics_lock);
    return NULL;
}

int main(void)
{
    struct item item = {NULL};
    int any = 0;
    pthread_t adder = start_thread(add, &item), looker = start_thread(look, &any);

    finish_thread(adder);
    finish_thread(looker);
    puts("listed");
    return 0;
}
