#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fingerprint.h"
#include "model_builder.h"
#include "plain_name.h"
#include "site.h"

static void rotations_of_a_cycle_have_one_hash(void **state)
{
    uint64_t a[] = {3, 1, 2, 1}, b[] = {1, 3, 1, 2}, other[] = {3, 2, 1, 1};

    (void)state;
    assert_true(lh_hash_cycle(a, 4) == lh_hash_cycle(b, 4));
    assert_true(lh_hash_cycle(a, 4) != lh_hash_cycle(other, 4));
}

static void repetition_of_a_cycle_has_the_hash_of_one_turn(void **state)
{
    uint64_t five[] = {7, 7, 7, 7, 7}, pairs[] = {1, 2, 1, 2}, turned[] = {2, 1};

    (void)state;
    assert_true(lh_hash_cycle(five, 5) == lh_hash_cycle(five, 1));
    assert_true(lh_hash_cycle(pairs, 4) == lh_hash_cycle(turned, 2));
    assert_true(lh_hash_cycle(pairs, 3) != lh_hash_cycle(turned, 2));
    assert_true(lh_hash_cycle(NULL, 0) == lh_hash_cycle(NULL, 0));
}

static void every_rotation_agrees(void **state)
{
    uint64_t row[14];

    (void)state;
    for (uint64_t bits = 0; bits < 128; bits++) {
        for (int i = 0; i < 14; i++)
            row[i] = bits >> (i % 7) & 1;
        for (int i = 1; i < 7; i++)
            assert_true(lh_hash_cycle(row, 7) == lh_hash_cycle(row + i, 7));
    }
}

/* An inversion of a and c in two functions; `turn`: the threads come in the other order. */
static void print_of(const char *one, const char *two, bool turn, char ret[17])
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, turn ? "c" : "a"), c = mb_mutex(b, turn ? "a" : "c");

    if (turn)
        mb_mutex(b, "another lock, so that numbers and addresses differ");
    MB_DEP(b, mb_thread(b), AT(c, turn ? two : one), AT(a, turn ? two : one));
    MB_DEP(b, mb_thread(b), AT(a, turn ? one : two), AT(c, turn ? one : two));
    struct lh_findings *findings = mb_inversions(b, NULL);
    assert_int_equal(findings->n_items, 1);
    strcpy(ret, findings->items[0].fingerprint);
    mb_free(b);
}

static void fingerprint_is_16_hexadecimal_digits(void **state)
{
    char print[17];

    (void)state;
    print_of("one", "two", false, print);
    assert_int_equal(strlen(print), 16);
    assert_int_equal(strspn(print, "0123456789abcdef"), 16);
}

static void fingerprint_does_not_depend_on_who_comes_first(void **state)
{
    char print[17], turned[17];

    (void)state;
    print_of("one", "two", false, print);
    print_of("one", "two", true, turned);
    assert_string_equal(print, turned);
}

static void fingerprint_depends_on_the_functions_names(void **state)
{
    char print[17], other[17];

    (void)state;
    print_of("one", "two", false, print);
    print_of("one", "three", false, other);
    assert_string_not_equal(print, other);
    print_of("one.constprop.0", "two.part.3", false, other);
    assert_string_equal(print, other);
}

static void assert_module(const char *path, const char *expected)
{
    char *plain = lh_plain_module(path);

    assert_string_equal(plain, expected);
    free(plain);
}

static void modules_lose_their_versions(void **state)
{
    (void)state;
    assert_module("/usr/lib/x86_64-linux-gnu/libfoo.so.1.2.3", "libfoo.so");
    assert_module("/opt/libfoo.so", "libfoo.so");
    assert_module("libfoo-1.2.so.0.7200.4", "libfoo.so");
    assert_module("libgomp-a34b3233.so.1.0.0", "libgomp.so");
    assert_module("_bank.cpython-311-x86_64-linux-gnu.so", "_bank.so");
    assert_module("_bank.abi3.so", "_bank.so");
    assert_module("libsodium-client.so.2", "libsodium-client.so");
    assert_module("libabc-fed.so", "libabc-fed.so");
    assert_module("/usr/bin/python3.11", "python3.11");
    assert_module("a.sorted", "a.sorted");
    assert_module(".so", ".so");
    assert_module("-1.so", "-1.so");
    assert_module("", "");
}

/* Which place that is depends on which thread came first. */
static void fingerprint_ignores_where_a_lock_was_first_used(void **state)
{
    struct mb *b = mb_new();
    char before[17], after[17];
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(c));
    struct lh_class *class = &mb_process(b)->classes[mb_lock_at(b, a)->class_id];
    struct lh_finding *finding = &mb_inversions(b, NULL)->items[0];
    lh_fingerprint(finding, before);
    class->key = "mutex of somewhere else";
    lh_fingerprint(finding, after);
    assert_string_not_equal(before, after);
    class->first_used = true;
    lh_fingerprint(finding, before);
    class->key = "mutex of yet another place";
    lh_fingerprint(finding, after);
    assert_string_equal(before, after);
    mb_free(b);
}

static void fingerprint_ignores_lines_and_offsets(void **state)
{
    struct mb *b = mb_new();
    char before[17], after[17];
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");

    (void)state;
    MB_DEP(b, mb_thread(b), X(c), X(a));
    MB_DEP(b, mb_thread(b), X(a), X(c));
    struct lh_finding *finding = &mb_inversions(b, NULL)->items[0];
    lh_fingerprint(finding, before);
    mb_process(b)->stacks[1].frames[0].line += 100;
    mb_process(b)->stacks[1].frames[0].offset += 100;
    mb_lock_at(b, a)->addr += 4096;
    lh_fingerprint(finding, after);
    assert_string_equal(before, after);
    finding->kind = LH_KIND_DEADLOCK;
    lh_fingerprint(finding, after);
    assert_string_not_equal(before, after);
    mb_free(b);
}

static void kinds_without_a_cycle_do_not_depend_on_the_order_of_threads(void **state)
{
    struct mb *b = mb_new();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c");
    struct lh_participant both[2] = {{.thread = 1, .has_wants = true, .wants = {.lock = a}},
                                     {.thread = 2, .has_wants = true, .wants = {.lock = c}}};
    struct lh_participant turned[2] = {both[1], both[0]};
    struct lh_finding finding = {
        .kind = LH_KIND_STALL, .process = mb_process(b), .participants = both, .n_participants = 2};
    char one[17], other[17];

    (void)state;
    lh_fingerprint(&finding, one);
    finding.participants = turned;
    lh_fingerprint(&finding, other);
    assert_string_equal(one, other);
    mb_free(b);
}

/* ---- the place that fingerprints and messages name ---- */

static uint32_t stack_of(struct mb *b, const char *const *functions, const char *const *modules,
                         size_t n)
{
    static struct lh_frame frames[8];
    uint32_t id = mb_stack(b, functions[0], modules[0]);

    for (size_t i = 0; i < n; i++)
        frames[i] = (struct lh_frame){.function = functions[i], .module = modules[i]};
    mb_process(b)->stacks[id].frames = frames;
    mb_process(b)->stacks[id].n_frames = n;
    return id;
}

static void site_is_the_first_frame_of_the_programs_own(void **state)
{
    struct mb *b = mb_new();
    const char *functions[] = {"pthread_mutex_lock",
                               "mtx_lock",
                               "__gthread_mutex_lock",
                               "std::mutex::lock()",
                               "void std::lock<std::mutex, std::mutex>(std::mutex&, std::mutex&)",
                               "Bank::transfer(std::string const&)"};
    const char *modules[] = {"/x/liblockhound.so",
                             "/lib/x86_64-linux-gnu/libc.so.6",
                             "/bin/p",
                             "/usr/lib/libstdc++.so.6",
                             "/bin/p",
                             "/bin/p"};

    (void)state;
    uint32_t stack = stack_of(b, functions, modules, 6);
    assert_string_equal(lh_site_function(mb_process(b), stack), functions[5]);
    mb_free(b);
}

static void site_falls_back_to_the_first_frame(void **state)
{
    struct mb *b = mb_new();
    const char *functions[] = {"exit", "__libc_start_main"};
    const char *modules[] = {"/lib/libc-2.31.so", "/lib/ld-linux-x86-64.so.2"};

    (void)state;
    uint32_t stack = stack_of(b, functions, modules, 2);
    assert_string_equal(lh_site_function(mb_process(b), stack), "exit");
    assert_null(lh_site_frame(mb_process(b), 999));
    assert_string_equal(lh_site_function(mb_process(b), 999), "?");
    mb_free(b);
}

static void own_libraries_named_like_the_runtime_are_the_programs(void **state)
{
    struct mb *b = mb_new();
    const char *functions[] = {"stdx::run()"};
    const char *modules[] = {"/opt/libc-client.so.1"};

    (void)state;
    uint32_t stack = stack_of(b, functions, modules, 1);
    assert_string_equal(lh_site_function(mb_process(b), stack), "stdx::run()");
    mb_free(b);
}

static void site_without_names_is_module_and_offset(void **state)
{
    struct mb *b = mb_new();
    uint32_t stack = mb_stack(b, NULL, "/opt/lib/libfoo.so.1");

    (void)state;
    mb_process(b)->stacks[stack].frames[0].offset = 0x1234;
    assert_string_equal(lh_site_text(mb_model(b)->pool, mb_process(b), stack),
                        "libfoo.so.1+0x1234");
    assert_string_equal(lh_site_function(mb_process(b), stack), "libfoo.so.1");
    mb_free(b);
}

static void names_of_functions_are_the_same_from_every_compiler(void **state)
{
    static const struct {
        const char *name, *plain;
    } names[] = {
        {"transfer", "transfer"},
        {"transfer.constprop.0", "transfer"},
        {"transfer() [clone .isra.0]", "transfer"},
        {"transfer(int, std::vector<int>&)", "transfer"},
        {"bank::account::lock() const", "bank::account::lock"},
        {"bank::account::lock[abi:cxx11]()", "bank::account::lock"},
        {"int shop::(anonymous namespace)::move<int, double>(int, double)",
         "shop::(anonymous namespace)::move"},
        {"shop::(anonymous namespace)::move<int, double>", "shop::(anonymous namespace)::move"},
        {"(anonymous namespace)::f()", "(anonymous namespace)::f"},
        {"std::vector<std::pair<int, long> > shelf<int>::all()", "shelf::all"},
        {"decltype ({parm#1}()) shop::clerk::with<main::{lambda()#1}>(main::{lambda()#1})",
         "shop::clerk::with"},
        {"auto shop::clerk::with<main()::<lambda()> >(<lambda()>)", "shop::clerk::with"},
        {"main::{lambda()#2}::operator()() const", "main::operator()"},
        {"main::$_0::operator()() const", "main::operator()"},
        {"main::operator()", "main::operator()"},
        {"main()::<lambda()>::operator()() const::{lambda(int)#1}::operator()(int) const",
         "main::operator()::operator()"},
        {"ring::operator<<(ring&, int)", "ring::operator<<"},
        {"bool operator< <int>(ring<int> const&, int)", "operator<"},
        {"ring::operator->() const", "ring::operator->"},
        {"ring<(order)3>::turn()", "ring::turn"},
        {"operators::run(int)", "operators::run"},
        {"<bank::Account as core::ops::drop::Drop>::drop",
         "<bank::Account as core::ops::drop::Drop>::drop"},
        {"bank::main::{{closure}}", "bank::main"},
        {"", ""},
        {"(", ""},
        {"f<", "f"},
        {"a::::b", "a::b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *plain = lh_plain_name(names[i].name);
        if (!plain || strcmp(plain, names[i].plain) != 0)
            fail_msg("%s became %s, not %s", names[i].name, plain, names[i].plain);
        free(plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_functions_are_the_same_from_every_compiler),
        cmocka_unit_test(rotations_of_a_cycle_have_one_hash),
        cmocka_unit_test(repetition_of_a_cycle_has_the_hash_of_one_turn),
        cmocka_unit_test(every_rotation_agrees),
        cmocka_unit_test(fingerprint_is_16_hexadecimal_digits),
        cmocka_unit_test(fingerprint_does_not_depend_on_who_comes_first),
        cmocka_unit_test(fingerprint_depends_on_the_functions_names),
        cmocka_unit_test(modules_lose_their_versions),
        cmocka_unit_test(fingerprint_ignores_where_a_lock_was_first_used),
        cmocka_unit_test(fingerprint_ignores_lines_and_offsets),
        cmocka_unit_test(kinds_without_a_cycle_do_not_depend_on_the_order_of_threads),
        cmocka_unit_test(site_is_the_first_frame_of_the_programs_own),
        cmocka_unit_test(site_falls_back_to_the_first_frame),
        cmocka_unit_test(own_libraries_named_like_the_runtime_are_the_programs),
        cmocka_unit_test(site_without_names_is_module_and_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
