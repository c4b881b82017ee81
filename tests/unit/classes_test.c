#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "pool.h"
#include "symbols/facts_model.h"

static const char *programs; /* the directory */

/* A stack that is symbolized already, of frames "function file line". */
static uint32_t add_frames(struct facts *facts, const struct lh_frame *frames, size_t n)
{
    uint32_t id = facts_add_stack(facts, 0, 0);
    struct lh_stack *stack = &facts->process->stacks[id];

    stack->frames = lh_pool_copy(facts->model->pool, frames, n * sizeof(*frames));
    stack->n_frames = n;
    return id;
}

static uint32_t add_site(struct facts *facts, const char *function, const char *file, int line)
{
    const struct lh_frame frames[] = {
        {.function = "pthread_mutex_init", .module = "/usr/lib/liblockhound.so", .offset = 1},
        {.function = function, .file = file, .line = line, .module = "/opt/bank", .offset = 64},
        {.function = "main", .file = "/src/main.c", .line = 3, .module = "/opt/bank", .offset = 8},
    };

    return add_frames(facts, frames, 3);
}

static const struct lh_lock *lock_at(const struct facts *facts, uint32_t index)
{
    return lh_process_lock(facts->process, index);
}

static const struct lh_class *class_at(const struct facts *facts, uint32_t index)
{
    assert_int_not_equal(lock_at(facts, index)->class_id, 0);
    return lh_process_class(facts->process, index);
}

static void heap_locks_are_classed_by_the_place_of_their_init(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t here = add_site(facts, "account_new", "/src/bank.c", 31);
    uint32_t same_line = add_site(facts, "account_new", "/src/bank.c", 31);
    uint32_t there = add_site(facts, "queue_new", "/src/queue.c", 12);
    uint32_t a = facts_add_lock(facts, LH_LOCK_MUTEX, 0x100, LH_LOCK_INIT_SEEN, here);
    uint32_t b = facts_add_lock(facts, LH_LOCK_MUTEX, 0x200, LH_LOCK_INIT_SEEN, here);
    uint32_t c = facts_add_lock(facts, LH_LOCK_MUTEX, 0x300, LH_LOCK_INIT_SEEN, same_line);
    uint32_t d = facts_add_lock(facts, LH_LOCK_MUTEX, 0x400, LH_LOCK_INIT_SEEN, there);
    uint32_t e = facts_add_lock(facts, LH_LOCK_RWLOCK, 0x500, LH_LOCK_INIT_SEEN, here);

    (void)state;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(class_at(facts, a)->name, "mutex born in account_new (bank.c:31)");
    assert_string_equal(lock_at(facts, a)->name, "mutex 0x100 born in account_new (bank.c:31)");
    assert_ptr_equal(class_at(facts, a), class_at(facts, b));
    assert_ptr_equal(class_at(facts, a), class_at(facts, c));
    assert_int_equal(class_at(facts, a)->n_locks, 3);
    assert_int_equal(class_at(facts, a)->birth_stack, here);
    assert_string_equal(class_at(facts, d)->name, "mutex born in queue_new (queue.c:12)");
    assert_string_equal(class_at(facts, e)->name, "rwlock born in account_new (bank.c:31)");
    assert_int_equal(class_at(facts, e)->kind, LH_LOCK_RWLOCK);
    facts_free(facts);
}

static void a_lock_without_init_is_named_by_its_first_use(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t stack = add_site(facts, "transfer", "/src/bank.c", 40);
    uint32_t lock = facts_add_lock(facts, LH_LOCK_SPIN, 0xabc, 0, stack);

    (void)state;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(class_at(facts, lock)->name,
                        "spin lock first used in transfer (bank.c:40)");
    assert_string_equal(lock_at(facts, lock)->name,
                        "spin lock 0xabc first used in transfer (bank.c:40)");
    facts_free(facts);
}

static void the_runtime_library_is_not_the_place_of_a_birth(void **state)
{
    struct facts *facts = facts_empty();
    const struct lh_frame frames[] = {
        {.function = "pthread_mutex_lock", .module = "/lib/libc.so.6"},
        {.function = "__gthread_mutex_lock", .inlined = true, .module = "/opt/bank"},
        {.function = "std::mutex::lock()", .inlined = true, .module = "/opt/bank"},
        {.function = "Bank::pay(int)", .file = "/b.cc", .line = 9, .module = "/opt/bank"},
    };
    uint32_t stack = add_frames(facts, frames, 4);
    uint32_t lock = facts_add_lock(facts, LH_LOCK_MUTEX, 0x100, 0, stack);

    (void)state;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(class_at(facts, lock)->name, "mutex first used in Bank::pay(int) (b.cc:9)");
    facts_free(facts);
}

static void keys_do_not_change_when_lines_or_addresses_move(void **state)
{
    const char *keys[2];
    struct facts *facts[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        uint32_t stack, lock;

        facts[i] = facts_empty();
        stack = add_site(facts[i], "account_new", i ? "/other/bank.c" : "/src/bank.c", 31 + i);
        lock = facts_add_lock(facts[i], LH_LOCK_MUTEX, i ? 0x100 : 0x200, 0, stack);
        assert_int_equal(lh_model_name_locks(facts[i]->model), 0);
        keys[i] = class_at(facts[i], lock)->key;
    }
    assert_string_equal(keys[0], keys[1]);
    assert_non_null(strstr(keys[0], "account_new"));
    facts_free(facts[0]);
    facts_free(facts[1]);
}

static void classes_of_one_function_have_different_keys_in_the_order_of_their_lines(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t later = add_site(facts, "account_new", "/src/bank.c", 33);
    uint32_t sooner = add_site(facts, "account_new", "/src/bank.c", 32);
    uint32_t a = facts_add_lock(facts, LH_LOCK_MUTEX, 0x100, 0, later);
    uint32_t b = facts_add_lock(facts, LH_LOCK_MUTEX, 0x200, 0, sooner);
    size_t length;

    (void)state;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    length = strlen(class_at(facts, b)->key);
    assert_int_equal(strncmp(class_at(facts, a)->key, class_at(facts, b)->key, length), 0);
    assert_string_equal(class_at(facts, a)->key + length, " #2");
    facts_free(facts);
}

static void without_lines_places_in_one_function_are_told_apart(void **state)
{
    struct facts *facts = facts_empty();
    const struct lh_frame first = {.function = "setup", .module = "/opt/bank", .offset = 0x10};
    const struct lh_frame second = {.function = "setup", .module = "/opt/bank", .offset = 0x20};
    const struct lh_frame stripped = {.module = "/opt/bank", .offset = 0x30};
    uint32_t a = facts_add_lock(facts, LH_LOCK_MUTEX, 1, 0, add_frames(facts, &first, 1));
    uint32_t b = facts_add_lock(facts, LH_LOCK_MUTEX, 2, 0, add_frames(facts, &second, 1));
    uint32_t c = facts_add_lock(facts, LH_LOCK_MUTEX, 3, 0, add_frames(facts, &stripped, 1));

    (void)state;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(class_at(facts, a)->name, "mutex first used in setup (bank+0x10)");
    assert_string_equal(class_at(facts, b)->name, "mutex first used in setup (bank+0x20)");
    assert_string_equal(class_at(facts, c)->name, "mutex first used in bank+0x30");
    facts_free(facts);
}

static void ended_locks_share_the_class_of_the_living(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t stack = add_site(facts, "account_new", "/src/bank.c", 31);
    uint32_t living = facts_add_lock(facts, LH_LOCK_MUTEX, 0x100, LH_LOCK_INIT_SEEN, stack);
    uint32_t ended = facts_add_lock(facts, LH_LOCK_MUTEX, 0,
                                    LH_LOCK_INIT_SEEN | LH_LOCK_AGGREGATE | LH_LOCK_ENDED, stack);

    (void)state;
    facts->process->locks[ended].instances = 10000;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_ptr_equal(class_at(facts, living), class_at(facts, ended));
    assert_int_equal(class_at(facts, living)->n_locks, 10001);
    assert_string_equal(lock_at(facts, ended)->name, "mutex born in account_new (bank.c:31)");
    facts_free(facts);
}

static void a_named_semaphore_keeps_its_name(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t stack = add_site(facts, "opener", "/src/bank.c", 5);
    uint32_t lock = facts_add_lock(facts, LH_LOCK_SEMAPHORE, 0x100, LH_LOCK_NAMED, stack);

    (void)state;
    facts->process->locks[lock].name = "/jobs";
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(lock_at(facts, lock)->name, "/jobs");
    assert_string_equal(class_at(facts, lock)->name, "semaphore \"/jobs\"");
    facts_free(facts);
}

static void locks_of_which_nothing_is_known_have_names_too(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t a = facts_add_lock(facts, LH_LOCK_MUTEX, 0x100, 0, 0);
    uint32_t b = facts_add_lock(facts, 99, 0x200, 0, 1000000);
    uint32_t unused = facts_add_lock(facts, LH_LOCK_MUTEX, 0, 0, 0);

    (void)state;
    facts->process->locks[unused].uid = 0;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(class_at(facts, a)->name, "mutex first used in an unknown place");
    assert_string_equal(lock_at(facts, b)->name, "lock 0x200 first used in an unknown place");
    assert_non_null(facts->process->locks[unused].name);
    assert_int_equal(facts->process->locks[unused].class_id, 0);
    facts_free(facts);
}

static uint32_t add_variable_lock(struct facts *facts, const char *fact, uint8_t kind)
{
    return facts_add_lock(facts, kind, facts_find(facts, "data", fact)->address, 0, 0);
}

static void assert_class_name(struct facts *facts, uint32_t lock, const char *family,
                              const char *fact)
{
    char expected[200];

    snprintf(expected, sizeof(expected), "%s (c_program.c:%d)", family,
             facts_find(facts, "data", fact)->line);
    assert_string_equal(class_at(facts, lock)->name, expected);
}

static void locks_in_variables_are_named_and_classed_by_them(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");
    uint32_t third = add_variable_lock(facts, "accounts_3_lock", LH_LOCK_MUTEX);
    uint32_t zeroth = add_variable_lock(facts, "accounts_0_lock", LH_LOCK_MUTEX);
    uint32_t queue = add_variable_lock(facts, "queue_lock", LH_LOCK_MUTEX);
    uint32_t heap = add_variable_lock(facts, "heap", LH_LOCK_MUTEX);

    (void)state;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(lock_at(facts, third)->name, "accounts[3].lock");
    assert_class_name(facts, third, "accounts[].lock", "accounts_3_lock");
    assert_ptr_equal(class_at(facts, third), class_at(facts, zeroth));
    assert_int_equal(class_at(facts, third)->n_locks, 2);
    assert_string_equal(lock_at(facts, queue)->name, "queue_lock");
    assert_class_name(facts, queue, "queue_lock", "queue_lock");
    assert_string_equal(class_at(facts, heap)->name, "mutex first used in an unknown place");
    facts_free(facts);
}

static void a_variable_without_debug_data_is_named_with_its_program(void **state)
{
    struct facts *facts = facts_run(programs, "c_symbols");
    uint32_t queue = add_variable_lock(facts, "queue_lock", LH_LOCK_MUTEX);
    uint32_t third = add_variable_lock(facts, "accounts_3_lock", LH_LOCK_MUTEX);
    uint32_t zeroth = add_variable_lock(facts, "accounts_0_lock", LH_LOCK_MUTEX);

    (void)state;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(class_at(facts, queue)->name, "queue_lock (c_symbols)");
    assert_string_equal(class_at(facts, third)->name, "accounts (c_program.c)");
    assert_ptr_equal(class_at(facts, third), class_at(facts, zeroth));
    facts_free(facts);
}

static void naming_twice_changes_nothing(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t stack = add_site(facts, "account_new", "/src/bank.c", 31);
    uint32_t lock = facts_add_lock(facts, LH_LOCK_MUTEX, 0x100, LH_LOCK_INIT_SEEN, stack);

    (void)state;
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_int_equal(lh_model_name_locks(facts->model), 0);
    assert_string_equal(lock_at(facts, lock)->name, "mutex 0x100 born in account_new (bank.c:31)");
    assert_int_equal(class_at(facts, lock)->n_locks, 1);
    facts_free(facts);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heap_locks_are_classed_by_the_place_of_their_init),
        cmocka_unit_test(a_lock_without_init_is_named_by_its_first_use),
        cmocka_unit_test(the_runtime_library_is_not_the_place_of_a_birth),
        cmocka_unit_test(keys_do_not_change_when_lines_or_addresses_move),
        cmocka_unit_test(classes_of_one_function_have_different_keys_in_the_order_of_their_lines),
        cmocka_unit_test(without_lines_places_in_one_function_are_told_apart),
        cmocka_unit_test(ended_locks_share_the_class_of_the_living),
        cmocka_unit_test(a_named_semaphore_keeps_its_name),
        cmocka_unit_test(locks_of_which_nothing_is_known_have_names_too),
        cmocka_unit_test(locks_in_variables_are_named_and_classed_by_them),
        cmocka_unit_test(a_variable_without_debug_data_is_named_with_its_program),
        cmocka_unit_test(naming_twice_changes_nothing),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: classes_test DIRECTORY-OF-PROGRAMS\n");
        return 2;
    }
    programs = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
