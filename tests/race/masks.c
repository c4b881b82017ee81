/*
 * Neighbours in one word are no race; bit-fields that share their bytes are one location.
 * EXPECT proven set_bit_a set_bit_b
 * EXPECT proven write_wide write_last
 * EXPECT proven write_crossing write_next
 * EXPECT proven fill_range read_in_range
 */
#include <stdint.h>
#include <string.h>

#include "pair.h"

struct {
    char a, b;
    short c;
    int d;
} __attribute__((aligned(8))) fields;

struct {
    unsigned a : 3, b : 5;
} bits;

struct {
    unsigned a : 8;
    unsigned : 0;
    unsigned b : 8;
} apart;

union {
    uint64_t all;
    char bytes[8];
} wide;

char crossing[24] __attribute__((aligned(8)));
struct {
    long values[16];
} big, other;

RACY static void write_a_and_c(void)
{
    fields.a = 1;
    fields.c = 2;
}

RACY static void write_b_and_d(void)
{
    fields.b = 1;
    fields.d = 2;
}

RACY static void set_bit_a(void)
{
    bits.a = 1;
}

RACY static void set_bit_b(void)
{
    bits.b = 1;
}

RACY static void set_apart_a(void)
{
    apart.a = 1;
}

RACY static void set_apart_b(void)
{
    apart.b = 1;
}

RACY static void write_wide(void)
{
    wide.all = 1;
}

RACY static void write_last(void)
{
    wide.bytes[7] = 1;
}

RACY static void write_crossing(void)
{
    struct {
        uint32_t value;
    } __attribute__((packed)) *at = (void *)(crossing + 6);
    at->value = 1;
}

RACY static void write_next(void)
{
    crossing[9] = 1;
}

RACY static void write_after(void)
{
    crossing[10] = 1;
}

RACY static void fill_range(void)
{
    big = other;
}

RACY static void read_in_range(void)
{
    CHECK(big.values[7] == 0);
}

int main(void)
{
    pair(write_a_and_c, write_b_and_d);
    pair(set_bit_a, set_bit_b);
    pair(set_apart_a, set_apart_b);
    pair(write_wide, write_last);
    pair(write_crossing, write_next);
    pair(write_crossing, write_after);
    pair(fill_range, read_in_range);
    return 0;
}
