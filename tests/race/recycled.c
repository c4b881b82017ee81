/*
 * Memory that the program itself gives to one use after the other, each of which has its own lock
 * or none; and what looks like it, and is not.
 * EXPECT suspect share_many reset_one
 * EXPECT doubted use_item fill_item
 * EXPECT doubted count_by_one look_unguarded
 * EXPECT doubted use_under_first use_under_second
 * EXPECT doubted read_once publish_once
 */
#include "pair.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, pool_lock = PTHREAD_MUTEX_INITIALIZER,
                       other = PTHREAD_MUTEX_INITIALIZER;

/* As in a slab: nobody calls malloc() or free() for an item. */
struct item {
    long key, uses, time, flags, value;
    struct item *next_free;
};
static struct item *items, *free_items, *linked;
static int round_reached;

RACY static void await_round(int round)
{
    while (__atomic_load_n(&round_reached, __ATOMIC_RELAXED) < round)
        sched_yield();
}

RACY static void end_round(void)
{
    __atomic_fetch_add(&round_reached, 1, __ATOMIC_RELAXED);
}

RACY static void give_back_item(struct item *item)
{
    pthread_mutex_lock(&pool_lock);
    item->next_free = free_items;
    free_items = item;
    pthread_mutex_unlock(&pool_lock);
}

RACY static struct item *take_item(void)
{
    pthread_mutex_lock(&pool_lock);
    struct item *item = free_items;
    free_items = item->next_free;
    pthread_mutex_unlock(&pool_lock);
    return item;
}

RACY static void fill_item(struct item *item, long key)
{
    item->key = key;
    item->uses = 0;
    item->time = key + 1;
    item->flags = 1;
    item->value = key * 2;
}

RACY static void link_item(struct item *item)
{
    pthread_mutex_lock(&mutex);
    linked = item;
    pthread_mutex_unlock(&mutex);
}

RACY static void use_item(void)
{
    for (int i = 0; i < 10; i++) {
        pthread_mutex_lock(&mutex);
        linked->uses++;
        linked->time++;
        linked->value++;
        pthread_mutex_unlock(&mutex);
    }
}

RACY static struct item *unlink_item(void)
{
    pthread_mutex_lock(&mutex);
    struct item *item = linked;
    linked = NULL;
    pthread_mutex_unlock(&mutex);
    return item;
}

/* The two take turns: one has the item made and uses it, the other uses it and gives it back. */
static void make_items(void)
{
    for (int round = 0; round < 20; round++) {
        await_round(2 * round);
        struct item *item = take_item();
        fill_item(item, round);
        link_item(item);
        use_item();
        end_round();
    }
}

static void end_items(void)
{
    for (int round = 0; round < 20; round++) {
        await_round(2 * round + 1);
        use_item();
        use_item();
        give_back_item(unlink_item());
        end_round();
    }
}

/* At the same time, as both wait for each other. */
static void *run(void *function)
{
    (*(void (**)(void))function)();
    return NULL;
}

static void both(void (*one)(void), void (*two)(void))
{
    pthread_t first, second;

    __atomic_store_n(&round_reached, 0, __ATOMIC_RELAXED);
    CHECK(pthread_create(&first, NULL, run, &one) == 0);
    CHECK(pthread_create(&second, NULL, run, &two) == 0);
    CHECK(pthread_join(first, NULL) == 0);
    CHECK(pthread_join(second, NULL) == 0);
}

/* One field alone is no new item: the lock was forgotten. */
static struct item *shared;

RACY static void share_many(void)
{
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&mutex);
        shared->value++;
        pthread_mutex_unlock(&mutex);
    }
}

RACY static void reset_one(void)
{
    shared->value = 0;
}

static void share_first(void)
{
    share_many();
    end_round();
    await_round(2);
    share_many();
}

static void share_and_reset(void)
{
    await_round(1);
    share_many();
    reset_one();
    pthread_mutex_lock(&other);
    pthread_mutex_unlock(&other);
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    end_round();
}

/* A thread that holds its own lock all the time guards nothing by that. */
static long counted;

RACY static void count_by_one(void)
{
    counted++;
}

RACY static void look_unguarded(void)
{
    pthread_mutex_lock(&other);
    pthread_mutex_unlock(&other);
    counted++;
}

static void hold_and_count(void)
{
    pthread_mutex_lock(&mutex);
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&other);
        pthread_mutex_unlock(&other);
        count_by_one();
        pthread_mutex_lock(&other);
        pthread_mutex_unlock(&other);
        if (i == 0) {
            end_round();
            await_round(2);
        }
    }
    end_round();
    pthread_mutex_unlock(&mutex);
}

static void count_between(void)
{
    await_round(1);
    look_unguarded();
    pthread_mutex_lock(&other);
    pthread_mutex_unlock(&other);
    end_round();
    await_round(3);
    look_unguarded();
}

/* From one list with its lock to the other one with its own. */
static long moving;

RACY static void use_under_first(void)
{
    for (int i = 0; i < 20; i++) {
        pthread_mutex_lock(&mutex);
        moving++;
        pthread_mutex_unlock(&mutex);
    }
}

RACY static void use_under_second(void)
{
    pthread_mutex_lock(&other);
    moving++;
    pthread_mutex_unlock(&other);
}

static void move_first(void)
{
    use_under_first();
    end_round();
    await_round(2);
    pthread_mutex_lock(&pool_lock);
    pthread_mutex_unlock(&pool_lock);
    use_under_second();
}

static void move_second(void)
{
    await_round(1);
    use_under_first();
    pthread_mutex_lock(&pool_lock);
    pthread_mutex_unlock(&pool_lock);
    use_under_second();
    end_round();
}

/* What is written once and then shown needs no lock to be read. */
static long fixed_value, *shown;

RACY static void publish_once(void)
{
    fixed_value = 7;
}

RACY static void read_once(void)
{
    CHECK(fixed_value == 7);
}

static void show(void)
{
    pthread_mutex_lock(&mutex);
    fixed_value = 6;
    pthread_mutex_unlock(&mutex);
    end_round();
    await_round(2);
    pthread_mutex_lock(&mutex);
    publish_once();
    shown = &fixed_value;
    for (int i = 0; i < 20; i++) {
        pthread_mutex_unlock(&mutex);
        pthread_mutex_lock(&mutex);
        read_once();
    }
    pthread_mutex_unlock(&mutex);
    end_round();
}

static void see(void)
{
    await_round(1);
    pthread_mutex_lock(&mutex);
    CHECK(fixed_value == 6);
    pthread_mutex_unlock(&mutex);
    end_round();
    await_round(3);
    pthread_mutex_lock(&mutex);
    CHECK(shown == &fixed_value);
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 3; i++) {
        read_once();
        pthread_mutex_lock(&mutex);
        read_once();
        pthread_mutex_unlock(&mutex);
    }
}

int main(void)
{
    items = calloc(4, sizeof *items);
    shared = calloc(1, sizeof *shared);
    CHECK(items && shared);
    give_back_item(items);
    both(make_items, end_items);
    both(share_first, share_and_reset);
    both(hold_and_count, count_between);
    both(move_first, move_second);
    both(show, see);
    free(items);
    free(shared);
    return 0;
}
