/*
 * Blocks that are freed and used again by others are other blocks; a block that is freed while
 * another thread uses it is a race.
 * EXPECT proven use_block free_block
 * EXPECT proven copy_into read_copy
 */
#include <string.h>

#include "pair.h"

enum { BLOCKS = 2000 };
static long *block;
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

int main(void)
{
    pair(use_many, use_many);
    block = calloc(10, sizeof *block);
    pair(use_block, free_block);
    copy = malloc(64);
    pair(copy_into, read_copy);
    free(copy);
    return 0;
}
