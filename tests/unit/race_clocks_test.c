/* The race detector's vector clocks, against plain ones that take no short cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clocks.h"

enum { THREADS = 6, OBJECTS = 5, WIDTH = THREADS + 1, STEPS = 20000 };

struct plain {
    uint32_t at[WIDTH];
};

static uint32_t room[WIDTH][WIDTH];
static struct lh_clocks threads[WIDTH], objects[OBJECTS];
static struct plain plain_threads[WIDTH], plain_objects[OBJECTS];

static void join(struct plain *to, const struct plain *from)
{
    for (int i = 0; i < WIDTH; i++)
        to->at[i] = from->at[i] > to->at[i] ? from->at[i] : to->at[i];
}

static void tick(uint32_t thread)
{
    threads[thread].at[thread]++;
    plain_threads[thread].at[thread]++;
}

static void begin(void)
{
    memset(room, 0, sizeof room);
    memset(plain_threads, 0, sizeof plain_threads);
    memset(plain_objects, 0, sizeof plain_objects);
    for (int i = 0; i < OBJECTS; i++)
        lh_clocks_free(&objects[i]);
    for (uint32_t i = 1; i < WIDTH; i++) {
        threads[i] = (struct lh_clocks){.at = room[i], .changed = 1};
        tick(i);
    }
}

static void assert_same(uint32_t thread, int object)
{
    assert_memory_equal(threads[thread].at, plain_threads[thread].at, sizeof room[0]);
    for (uint32_t i = 0; i < objects[object].width; i++)
        assert_int_equal(objects[object].at[i], plain_objects[object].at[i]);
    for (uint32_t i = objects[object].width; i < WIDTH; i++)
        assert_int_equal(plain_objects[object].at[i], 0);
}

/* One step of a thread with an object. What releases ticks, as the detector does. */
static void step(uint32_t thread, int object)
{
    switch (rand() % 4) {
    case 0:
        lh_clocks_learn(&threads[thread], thread, &objects[object]);
        join(&plain_threads[thread], &plain_objects[object]);
        break;
    case 1:
        assert_true(lh_clocks_store(&objects[object], &threads[thread], thread, WIDTH));
        plain_objects[object] = plain_threads[thread];
        break;
    case 2:
        assert_true(lh_clocks_add(&objects[object], &threads[thread], thread, WIDTH));
        join(&plain_objects[object], &plain_threads[thread]);
        break;
    default: {
        int from = rand() % OBJECTS;
        assert_true(lh_clocks_join(&objects[object], &objects[from]));
        join(&plain_objects[object], &plain_objects[from]);
        break;
    }
    }
    assert_same(thread, object);
    tick(thread);
}

static void short_cuts_lose_nothing(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 20; seed++) {
        srand(seed);
        begin();
        for (int i = 0; i < STEPS; i++)
            step((uint32_t)(rand() % THREADS) + 1, rand() % OBJECTS);
    }
}

static void what_is_cleared_orders_nothing(void **state)
{
    (void)state;
    begin();
    assert_true(lh_clocks_store(&objects[0], &threads[1], 1, WIDTH));
    lh_clocks_clear(&objects[0]);
    assert_false(lh_clocks_learn(&threads[2], 2, &objects[0]));
    assert_int_equal(threads[2].at[1], 0);
}

static void who_knows_the_last_to_store_learns_nothing_new(void **state)
{
    (void)state;
    begin();
    assert_true(lh_clocks_store(&objects[0], &threads[1], 1, WIDTH));
    assert_true(lh_clocks_learn(&threads[2], 2, &objects[0]));
    assert_false(lh_clocks_learn(&threads[2], 2, &objects[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_cuts_lose_nothing),
        cmocka_unit_test(what_is_cleared_orders_nothing),
        cmocka_unit_test(who_knows_the_last_to_store_learns_nothing_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
