/*
 * Parents lock their child and children lock their parent: a cycle of lock classes. But no family
 * does both, so no two locks are ever taken in both orders.
 *
 * Expected: nothing, and nothing filtered.
 */
#include "handshake.h"

struct person {
    pthread_mutex_t lock;
    const char *name;
};

static struct person *parents[2], *children[2];

static struct person *parent_new(const char *name)
{
    struct person *person = malloc(sizeof(*person));

    if (!person)
        exit(2);
    pthread_mutex_init(&person->lock, NULL);
    person->name = name;
    return person;
}

static struct person *child_new(const char *name)
{
    struct person *person = malloc(sizeof(*person));

    if (!person)
        exit(2);
    pthread_mutex_init(&person->lock, NULL);
    person->name = name;
    return person;
}

static void lock_pair(struct person *first, struct person *second)
{
    pthread_mutex_lock(&first->lock);
    pthread_mutex_lock(&second->lock);
    pthread_mutex_unlock(&second->lock);
    pthread_mutex_unlock(&first->lock);
}

static void *parent_first(void *unused)
{
    (void)unused;
    lock_pair(parents[0], children[0]);
    return NULL;
}

static void *child_first(void *unused)
{
    (void)unused;
    lock_pair(children[1], parents[1]);
    return NULL;
}

int main(void)
{
    parents[0] = parent_new("Ada");
    parents[1] = parent_new("Bea");
    children[0] = child_new("Cid");
    children[1] = child_new("Dan");
    run_both(parent_first, child_first);
    for (int i = 0; i < 2; i++) {
        printf("%s, %s\n", parents[i]->name, children[i]->name);
        free(parents[i]);
        free(children[i]);
    }
    return 0;
}
