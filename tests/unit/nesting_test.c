#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model_builder.h"

/* Two calls in one function. */
#define HOLD(lock)  AT(lock, "transfer")
#define WANT(lock)  AT(lock, "transfer.part.0")
#define TRIED(lock) ((struct mb_ref){(lock), LH_MODE_EXCLUSIVE, LH_ATTEMPT_TRY, "transfer.part.0"})

struct accounts {
    struct mb *b;
    uint32_t lock[6]; /* addresses and ages go up */
    uint32_t gate;
    uint32_t one, two;
};

static struct accounts new_accounts(void)
{
    struct accounts accounts = {.b = mb_new()};

    for (int i = 0; i < 6; i++)
        accounts.lock[i] = mb_mutex(accounts.b, "accounts[].lock");
    accounts.gate = mb_mutex(accounts.b, "gate");
    accounts.one = mb_thread(accounts.b);
    accounts.two = mb_thread(accounts.b);
    return accounts;
}

static size_t count_notes(struct accounts *accounts)
{
    struct lh_findings *findings = mb_inversions(accounts->b, NULL);
    size_t before = findings->n_items;

    mb_nesting(accounts->b);
    return findings->n_items - before;
}

static void expect_notes(struct accounts *accounts, size_t n)
{
    assert_int_equal(count_notes(accounts), n);
    mb_free(accounts->b);
}

static void both_directions_by_two_threads_are_noted(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, a.two, WANT(a.lock[2]), HOLD(a.lock[3]));
    assert_int_equal(count_notes(&a), 1);
    const struct lh_finding *note = &mb_inversions(a.b, NULL)->items[0];
    assert_int_equal(note->kind, LH_KIND_LOCK_ORDER_INVERSION);
    assert_int_equal(note->severity, LH_NOTE);
    assert_int_equal(note->n_participants, 2);
    assert_int_equal(note->n_locks, 4);
    assert_non_null(strstr(note->message, "accounts[].lock"));
    assert_non_null(strstr(note->message, "no visible order"));
    assert_non_null(note->remedy);
    assert_int_equal(strlen(note->fingerprint), 16);
    mb_free(a.b);
}

static void nests_in_two_functions_are_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, AT(a.lock[1], "update"), AT(a.lock[0], "begin"));
    MB_DEP(a.b, a.two, AT(a.lock[2], "update"), AT(a.lock[3], "begin"));
    expect_notes(&a, 0);
}

static void other_directions_at_other_calls_are_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, a.two, AT(a.lock[2], "audit.part.0"), AT(a.lock[3], "audit"));
    expect_notes(&a, 0);
}

static void calls_of_a_wrapper_are_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, X(a.lock[1]), X(a.lock[0]));
    MB_DEP(a.b, a.two, X(a.lock[2]), X(a.lock[3]));
    expect_notes(&a, 0);
}

static void one_direction_is_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, a.two, WANT(a.lock[3]), HOLD(a.lock[2]));
    expect_notes(&a, 0);
}

static void order_by_age_against_addresses_is_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    mb_lock_at(a.b, a.lock[3])->addr = 0x10;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, a.two, WANT(a.lock[3]), HOLD(a.lock[2]));
    expect_notes(&a, 0);
}

static void one_thread_is_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, a.one, WANT(a.lock[2]), HOLD(a.lock[3]));
    expect_notes(&a, 0);
}

static void gate_is_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), X(a.gate), HOLD(a.lock[0]));
    MB_DEP(a.b, a.two, WANT(a.lock[2]), X(a.gate), HOLD(a.lock[3]));
    expect_notes(&a, 0);
}

static void trylock_is_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, a.two, TRIED(a.lock[2]), HOLD(a.lock[3]));
    expect_notes(&a, 0);
}

static void places_ordered_by_create_are_silent(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, mb_create(a.b, a.one), WANT(a.lock[2]), HOLD(a.lock[3]));
    expect_notes(&a, 0);
}

static void class_with_a_cycle_is_not_noted_too(void **state)
{
    struct accounts a = new_accounts();

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, a.two, WANT(a.lock[0]), HOLD(a.lock[1]));
    expect_notes(&a, 0);
}

static void other_classes_do_not_count(void **state)
{
    struct accounts a = new_accounts();
    uint32_t other = mb_mutex(a.b, "other");

    (void)state;
    MB_DEP(a.b, a.one, WANT(a.lock[1]), HOLD(a.lock[0]));
    MB_DEP(a.b, a.two, WANT(a.lock[0]), HOLD(other));
    expect_notes(&a, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_directions_by_two_threads_are_noted),
        cmocka_unit_test(nests_in_two_functions_are_silent),
        cmocka_unit_test(other_directions_at_other_calls_are_silent),
        cmocka_unit_test(calls_of_a_wrapper_are_silent),
        cmocka_unit_test(one_direction_is_silent),
        cmocka_unit_test(order_by_age_against_addresses_is_silent),
        cmocka_unit_test(one_thread_is_silent),
        cmocka_unit_test(gate_is_silent),
        cmocka_unit_test(trylock_is_silent),
        cmocka_unit_test(places_ordered_by_create_are_silent),
        cmocka_unit_test(class_with_a_cycle_is_not_noted_too),
        cmocka_unit_test(other_classes_do_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
