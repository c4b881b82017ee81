/*
 * Functions that are left by longjmp() leave the stacks of later accesses as they are.
 * EXPECT proven write_after_jumps read_after_jumps
 */
#include <setjmp.h>

#include "pair.h"

int data[4];
static __thread jmp_buf back;

RACY static void deep(int depth)
{
    data[depth & 1 ? 0 : 1] += 0;
    if (depth == 0)
        longjmp(back, 1);
    if (depth > 0)
        deep(depth - 1);
    data[2]++;
}

RACY static void jump_often(void)
{
    for (volatile int i = 0; i < 1000; i++) {
        if (setjmp(back) == 0)
            deep(20);
    }
}

RACY static int dive(int depth)
{
    return depth ? dive(depth - 1) + data[2] : data[2];
}

RACY static void write_after_jumps(void)
{
    data[3] = 1;
}

RACY static void read_after_jumps(void)
{
    CHECK(data[3] >= 0);
}

static void first(void)
{
    jump_often();
    CHECK(dive(100000) == 0);
    write_after_jumps();
}

static void second(void)
{
    read_after_jumps();
}

int main(void)
{
    pair(first, second);
    return 0;
}
