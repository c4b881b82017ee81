#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model_builder.h"

#define SIGNAL(lock) ((struct mb_ref){(lock), LH_MODE_EXCLUSIVE, LH_ATTEMPT_SIGNAL, "put"})

struct scene {
    struct mb *b;
    uint32_t outer, inner, filled, waiter, signaller;
};

/* One wait that keeps the outer lock. */
static struct scene new_scene(void)
{
    struct scene scene = {.b = mb_new()};

    scene.outer = mb_mutex(scene.b, "outer");
    scene.inner = mb_mutex(scene.b, "inner");
    scene.filled = mb_lock(scene.b, "filled", LH_LOCK_COND, 0);
    scene.waiter = mb_thread(scene.b);
    scene.signaller = mb_thread(scene.b);
    MB_DEP(scene.b, scene.waiter, X(scene.filled), X(scene.outer));
    return scene;
}

static void set_signals(const struct scene *scene, uint64_t count)
{
    mb_process(scene->b)->locks[scene->filled].acquisitions_shared = count;
}

static size_t count_findings(struct scene *scene, char message[256])
{
    struct lh_findings *findings = lh_findings_new();

    assert_non_null(findings);
    assert_int_equal(lh_find_lockouts(mb_model(scene->b), findings), 0);
    size_t n = findings->n_items;
    if (n && message)
        strncpy(message, findings->items[0].message, 255);
    if (n) {
        assert_int_equal(findings->items[0].kind, LH_KIND_BLOCKING_WHILE_HELD);
        assert_int_equal(findings->items[0].severity, LH_WARNING);
        assert_int_equal(findings->items[0].participants[0].thread, scene->waiter);
        assert_int_equal(findings->items[0].participants[1].thread, scene->signaller);
    }
    lh_findings_free(findings);
    mb_free(scene->b);
    return n;
}

static void wait_that_keeps_what_every_signal_needs_is_reported(void **state)
{
    struct scene scene = new_scene();
    char message[256] = "";

    (void)state;
    MB_DEP(scene.b, scene.signaller, SIGNAL(scene.filled), X(scene.outer), X(scene.inner));
    set_signals(&scene, 1);
    assert_int_equal(count_findings(&scene, message), 1);
    assert_non_null(strstr(message, "waits for filled and keeps outer"));
}

static void one_signal_without_the_lock_is_enough(void **state)
{
    struct scene scene = new_scene();

    (void)state;
    MB_DEP(scene.b, scene.signaller, SIGNAL(scene.filled), X(scene.outer));
    MB_DEP(scene.b, scene.signaller, SIGNAL(scene.filled), X(scene.inner));
    set_signals(&scene, 2);
    assert_int_equal(count_findings(&scene, NULL), 0);
}

static void signal_with_no_lock_at_all_is_counted(void **state)
{
    struct scene scene = new_scene();

    (void)state;
    MB_DEP(scene.b, scene.signaller, SIGNAL(scene.filled), X(scene.outer));
    set_signals(&scene, 2);
    assert_int_equal(count_findings(&scene, NULL), 0);
}

static void condition_that_nobody_signalled_is_silent(void **state)
{
    struct scene scene = new_scene();

    (void)state;
    assert_int_equal(count_findings(&scene, NULL), 0);
}

static void signals_of_the_waiter_itself_wake_nobody(void **state)
{
    struct scene scene = new_scene();

    (void)state;
    MB_DEP(scene.b, scene.waiter, SIGNAL(scene.filled), X(scene.outer));
    set_signals(&scene, 1);
    assert_int_equal(count_findings(&scene, NULL), 0);
}

static void signal_that_was_before_the_waiter_began_is_silent(void **state)
{
    struct mb *b = mb_new();
    uint32_t signaller = mb_thread(b);
    struct scene scene = {.b = b, .outer = mb_mutex(b, "outer"), .signaller = signaller};

    (void)state;
    scene.filled = mb_lock(b, "filled", LH_LOCK_COND, 0);
    MB_DEP(b, signaller, SIGNAL(scene.filled), X(scene.outer));
    scene.waiter = mb_create(b, signaller);
    MB_DEP(b, scene.waiter, X(scene.filled), X(scene.outer));
    set_signals(&scene, 1);
    assert_int_equal(count_findings(&scene, NULL), 0);
}

static void readers_do_not_lock_each_other_out(void **state)
{
    struct mb *b = mb_new();
    struct scene scene = {.b = b, .waiter = mb_thread(b), .signaller = mb_thread(b)};

    (void)state;
    scene.outer = mb_lock(b, "outer", LH_LOCK_RWLOCK, 0);
    scene.filled = mb_lock(b, "filled", LH_LOCK_COND, 0);
    MB_DEP(b, scene.waiter, X(scene.filled), S(scene.outer));
    MB_DEP(b, scene.signaller, SIGNAL(scene.filled), S(scene.outer));
    set_signals(&scene, 1);
    assert_int_equal(count_findings(&scene, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_that_keeps_what_every_signal_needs_is_reported),
        cmocka_unit_test(one_signal_without_the_lock_is_enough),
        cmocka_unit_test(signal_with_no_lock_at_all_is_counted),
        cmocka_unit_test(condition_that_nobody_signalled_is_silent),
        cmocka_unit_test(signals_of_the_waiter_itself_wake_nobody),
        cmocka_unit_test(signal_that_was_before_the_waiter_began_is_silent),
        cmocka_unit_test(readers_do_not_lock_each_other_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
