/*
 * A lock that should have been held, found though the run's timing ordered all accesses.
 * EXPECT suspect count_guarded count_unguarded
 */
#include "pair.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, queue_lock = PTHREAD_MUTEX_INITIALIZER;
long total, other, box_at, handed;
struct {
    int guarded, own;
} neighbours;
struct item {
    long value, turns;
} item;

RACY static void count_guarded(void)
{
    pthread_mutex_lock(&mutex);
    total++;
    pthread_mutex_unlock(&mutex);
}

RACY static void count_unguarded(void)
{
    total++;
}

/* The accesses are ordered, by a lock that has nothing to do with them. */
static void turn(int number)
{
    pthread_mutex_lock(&queue_lock);
    other++;
    pthread_mutex_unlock(&queue_lock);
    (void)number;
}

static void guarded_many(void)
{
    for (int i = 0; i < 50; i++)
        count_guarded();
    turn(0);
}

static void guarded_then_not(void)
{
    turn(1);
    for (int i = 0; i < 50; i++)
        count_guarded();
    count_unguarded();
    turn(1);
}

/* ... and back, so that the other thread meets it. */
static void guarded_again(void)
{
    turn(0);
    count_guarded();
}

/* Set up without the lock before anybody else knows of it, then always used with it. */
RACY static void publish(void)
{
    item.value = 1;
    item.turns = 2;
    pthread_mutex_lock(&mutex);
    box_at = 1;
    pthread_mutex_unlock(&mutex);
}

RACY static void use_published(void)
{
    for (int i = 0; i < 30; i++) {
        pthread_mutex_lock(&mutex);
        CHECK(box_at == 1);
        item.value++;
        CHECK(item.turns == 2);
        pthread_mutex_unlock(&mutex);
    }
}

/* Handed on through a locked queue, used without the lock by whoever has it. */
RACY static void own_for_a_while(void)
{
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&queue_lock);
        other++;
        pthread_mutex_unlock(&queue_lock);
        handed++;
        pthread_mutex_lock(&queue_lock);
        other++;
        pthread_mutex_unlock(&queue_lock);
    }
}

/* In the same word: one field with the lock, one handed on. */
RACY static void use_neighbours(void)
{
    for (int i = 0; i < 30; i++) {
        pthread_mutex_lock(&mutex);
        neighbours.guarded++;
        pthread_mutex_unlock(&mutex);
    }
    neighbours.own++;
    turn(0);
}

static void use_neighbours_later(void)
{
    turn(0);
    use_neighbours();
}

int main(void)
{
    pair(guarded_many, guarded_then_not);
    pair(guarded_again, guarded_again);
    pair(publish, use_published);
    pair(own_for_a_while, own_for_a_while);
    pair(use_neighbours, use_neighbours_later);
    return 0;
}
