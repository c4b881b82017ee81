/*
 * PRELOAD freeing_operators.c
 *
 * What operator delete gives back, where it is one that calls free(): the end of the block is told
 * by both, and must count once. It comes from whoever deletes, not from the operator.
 *
 * EXPECT proven deletes writes_deleted
 * EXPECT proven deletes_many writes_one_of_many
 */
#include "pair.h"

struct Block {
    long value[6];
    ~Block()
    {
        asm volatile("" ::: "memory");
    }
};

static Block *block, *many;

RACY static void deletes(void)
{
    delete block;
}

/* On purpose: nothing else has had the memory since. */
RACY static void writes_deleted(void)
{
    *(volatile long *)&block->value[3] = 1;
}

RACY static void deletes_many(void)
{
    delete[] many;
}

RACY static void writes_one_of_many(void)
{
    *(volatile long *)&many[2].value[3] = 1;
}

/* The memory of one that is gone is another's: no race. */
static void *uses_again(void *argument)
{
    Block *own = new Block;
    own->value[3] = 1;
    delete own;
    return argument;
}

int main()
{
    block = new Block;
    many = new Block[4];
    pair(deletes, writes_deleted);
    pair(deletes_many, writes_one_of_many);
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, uses_again, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    return 0;
}
