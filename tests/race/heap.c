/*
 * Blocks that are freed and used again by others are other blocks; a block that is freed while
 * another thread uses it is a race, and so is one that another thread uses after that; and a block
 * whose address is passed on without an order.
 * EXPECT proven use_block free_block
 * EXPECT proven copy_into read_copy
 * EXPECT proven free_early use_late
 * EXPECT proven grow_early use_outgrown
 * EXPECT proven allocate_fresh use_fresh
 */
#include <malloc.h>
#include <string.h>

#include "pair.h"

enum { BLOCKS = 2000, PIECES = 200 };
static long *block, *outgrown;
static void *pieces[PIECES];
char text[32] = "what is copied";
static char *copy;

/* The allocator orders nothing here, but each block is a new one. */
RACY static void use_many(void)
{
    for (int i = 0; i < BLOCKS; i++) {
        long *one = malloc(16 + (size_t)(i % 50) * 8);
        one[0] = one[1] = i;
        if (i % 3 == 0)
            one = realloc(one, 1000);
        free(one);
    }
}

RACY static void use_block(void)
{
    block[3] = 1;
}

RACY static void free_block(void)
{
    free(block);
}

RACY static void copy_into(void)
{
    memcpy(copy, text, strlen(text));
}

RACY static void read_copy(void)
{
    CHECK(copy[5] == 'i');
}

RACY static void free_early(void)
{
    free(block);
}

RACY static void use_late(void)
{
    ((volatile long *)block)[1] = 2;
}

RACY static void grow_early(void)
{
    block = realloc(block, 100000);
}

RACY static void use_outgrown(void)
{
    ((volatile long *)outgrown)[2] = 2;
}

RACY static void allocate_fresh(void)
{
    __atomic_store_n(&block, malloc(200), __ATOMIC_RELAXED);
}

RACY static void use_fresh(void)
{
    __atomic_load_n(&block, __ATOMIC_RELAXED)[3] = 1;
}

/* The pieces that one thread frees are one block that another one allocates. */
RACY static void free_pieces(void)
{
    for (int i = 0; i < PIECES; i++)
        free(pieces[i]);
}

RACY static void allocate_whole(void)
{
    char *whole = malloc(PIECES * 500);
    memset(whole, 1, PIECES * 500);
    whole = realloc(whole, PIECES * 550);
    memset(whole, 2, malloc_usable_size(whole));
    free(whole);
}

int main(void)
{
    CHECK(mallopt(M_ARENA_MAX, 1) == 1);
    pair(use_many, use_many);
    block = calloc(10, sizeof *block);
    pair(use_block, free_block);
    copy = malloc(64);
    pair(copy_into, read_copy);
    free(copy);
    block = malloc(50);
    pair(free_early, use_late);
    outgrown = block = malloc(700);
    free(malloc(50));
    pair(grow_early, use_outgrown);
    free(block);
    pair(allocate_fresh, use_fresh);
    free(block);
    for (int i = 0; i < PIECES; i++)
        pieces[i] = malloc(600);
    void *last = malloc(50);
    pair(free_pieces, allocate_whole);
    free(last);
    return 0;
}
