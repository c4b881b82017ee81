#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model_builder.h"

struct scene {
    struct mb *b;
    uint32_t lock, doer, owner;
    struct lh_misuse misuse;
    struct lh_findings *findings;
};

static struct scene new_scene(enum lh_misuse_kind kind)
{
    struct scene scene = {.b = mb_new()};

    scene.lock = mb_mutex(scene.b, "door");
    scene.doer = mb_thread(scene.b);
    scene.owner = mb_thread(scene.b);
    scene.misuse = (struct lh_misuse){
        .kind = kind,
        .thread = scene.doer,
        .owner = scene.owner,
        .lock = scene.lock,
        .stack = mb_stack(scene.b, "guest", "/bin/program"),
        .owner_stack = mb_stack(scene.b, "porter", "/bin/program"),
        .depth = 1,
        .count = 1,
    };
    return scene;
}

static const struct lh_finding *find(struct scene *scene)
{
    struct lh_process *process = mb_process(scene->b);

    process->misuses = &scene->misuse;
    process->n_misuses = 1;
    scene->findings = lh_findings_new();
    assert_non_null(scene->findings);
    assert_int_equal(lh_find_misuses(mb_model(scene->b), scene->findings), 0);
    process->misuses = NULL;
    process->n_misuses = 0;
    return scene->findings->n_items ? &scene->findings->items[0] : NULL;
}

static void end_scene(struct scene *scene)
{
    lh_findings_free(scene->findings);
    mb_free(scene->b);
}

static void unlock_by_another_thread_names_both_and_both_places(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_UNLOCK_NOT_OWNER);
    const struct lh_finding *finding = find(&scene);

    (void)state;
    assert_non_null(finding);
    assert_int_equal(finding->kind, LH_KIND_UNLOCK_NOT_OWNER);
    assert_int_equal(finding->severity, LH_ERROR);
    assert_int_equal(finding->n_participants, 2);
    assert_int_equal(finding->participants[0].thread, scene.doer);
    assert_int_equal(finding->participants[0].wants.stack, scene.misuse.stack);
    assert_int_equal(finding->participants[1].thread, scene.owner);
    assert_int_equal(finding->participants[1].holds[0].stack, scene.misuse.owner_stack);
    assert_false(finding->participants[1].has_wants);
    assert_non_null(strstr(finding->message, "unlocks door, which thread 2 has locked"));
    assert_non_null(strstr(finding->remedy, "porter"));
    assert_int_equal(strlen(finding->fingerprint), 16);
    end_scene(&scene);
}

static void what_a_program_is_known_to_do_on_purpose_is_filtered(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_HELD_AT_THREAD_EXIT);

    (void)state;
    mb_thread_at(scene.b, scene.owner)->name = "VM Thread";
    assert_non_null(find(&scene));
    lh_findings_free(scene.findings);
    scene.misuse.owner_stack = mb_stack(scene.b, "Mutex::lock()", "/usr/lib/jvm/libjvm.so");
    assert_null(find(&scene));
    assert_int_equal(scene.findings->filtered_count[LH_FILTER_BY_DESIGN], 1);
    assert_non_null(scene.findings->filtered[0].message);
    lh_findings_free(scene.findings);
    mb_thread_at(scene.b, scene.owner)->name = "Thread-0";
    assert_non_null(find(&scene));
    end_scene(&scene);
}

static void unlock_of_a_free_lock_has_one_thread(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_UNLOCK_NOT_LOCKED);

    (void)state;
    scene.misuse.owner = LH_NO_THREAD;
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->kind, LH_KIND_UNLOCK_NOT_LOCKED);
    assert_int_equal(finding->n_participants, 1);
    assert_non_null(strstr(finding->message, "which is not locked"));
    end_scene(&scene);
}

static void thread_end_shows_what_was_kept_and_wants_nothing(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_UNBALANCED_RECURSIVE);

    (void)state;
    scene.misuse.stack = LH_NO_STACK;
    scene.misuse.depth = 2;
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->kind, LH_KIND_UNBALANCED_RECURSIVE);
    assert_int_equal(finding->n_participants, 1);
    assert_false(finding->participants[0].has_wants);
    assert_int_equal(finding->participants[0].holds[0].lock, scene.lock);
    assert_non_null(strstr(finding->message, "2 times less than acquired"));
    end_scene(&scene);
}

static void own_lock_that_is_destroyed_is_one_thread_s_fault(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_DESTROY_WHILE_HELD);

    (void)state;
    scene.misuse.owner = scene.doer;
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->n_participants, 1);
    assert_int_equal(finding->participants[0].n_holds, 1);
    assert_true(finding->participants[0].has_wants);
    assert_non_null(strstr(finding->message, "which it holds"));
    end_scene(&scene);
}

static void repetitions_are_counted(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_UNLOCK_NOT_OWNER);

    (void)state;
    scene.misuse.count = 41;
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->similar, 40);
    end_scene(&scene);
}

static void kind_of_a_newer_version_is_left_out(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_UNLOCK_NOT_OWNER);

    (void)state;
    scene.misuse.kind = 4711;
    assert_null(find(&scene));
    end_scene(&scene);
}

static void acquisitions_of_a_recursive_mutex_are_shown_one_by_one(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_UNBALANCED_RECURSIVE);
    const uint32_t stacks[] = {mb_stack(scene.b, "root", "/bin/program"),
                               mb_stack(scene.b, "left", "/bin/program"),
                               mb_stack(scene.b, "right", "/bin/program")};

    (void)state;
    scene.misuse.stack = LH_NO_STACK;
    scene.misuse.stacks = stacks;
    scene.misuse.n_stacks = 3;
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->n_participants, 1);
    assert_int_equal(finding->participants[0].n_holds, 3);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(finding->participants[0].holds[i].stack, stacks[i]);
    assert_non_null(strstr(finding->message, "acquired 3 times, released twice"));
    end_scene(&scene);
}

static void use_after_destroy_has_the_destroy_call(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_USE_AFTER_DESTROY);

    (void)state;
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->kind, LH_KIND_USE_AFTER_DESTROY);
    assert_int_equal(finding->severity, LH_ERROR);
    assert_int_equal(finding->n_participants, 2);
    assert_string_equal(finding->participants[1].want_verb, "destroyed");
    assert_int_equal(finding->participants[1].wants.stack, scene.misuse.owner_stack);
    assert_int_equal(finding->participants[1].n_holds, 0);
    assert_non_null(strstr(finding->message, "after thread 2 destroyed it"));
    end_scene(&scene);
}

static void destroyed_object_that_looks_new_is_a_warning(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_USE_AFTER_DESTROY_AS_NEW);

    (void)state;
    assert_int_equal(find(&scene)->severity, LH_WARNING);
    end_scene(&scene);
}

static void own_lock_that_is_freed_is_a_warning_until_somebody_waits(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_FREED_WHILE_HELD);

    (void)state;
    scene.misuse.owner = scene.doer;
    assert_int_equal(find(&scene)->severity, LH_WARNING);
    assert_int_equal(scene.findings->items[0].n_participants, 1);
    lh_findings_free(scene.findings);
    scene.misuse.other = scene.owner;
    scene.misuse.stacks = &scene.misuse.owner_stack;
    scene.misuse.n_stacks = 1;
    const struct lh_finding *finding = find(&scene);
    assert_int_equal(finding->severity, LH_ERROR);
    assert_int_equal(finding->n_participants, 2);
    assert_int_equal(finding->participants[1].thread, scene.owner);
    assert_non_null(strstr(finding->message, "thread 2 waits for it"));
    end_scene(&scene);
}

static void lock_of_another_that_is_freed_is_an_error(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_FREED_WHILE_HELD);

    (void)state;
    const struct lh_finding *finding = find(&scene);
    assert_int_equal(finding->severity, LH_ERROR);
    assert_int_equal(finding->n_participants, 2);
    assert_int_equal(finding->participants[1].n_holds, 1);
    end_scene(&scene);
}

static void two_mutexes_are_named_with_their_condition(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_COND_TWO_MUTEXES);

    (void)state;
    scene.misuse.other = mb_lock(scene.b, "news", LH_LOCK_COND, 0);
    scene.misuse.owner_lock = mb_mutex(scene.b, "window");
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->n_locks, 3);
    assert_int_equal(finding->participants[0].wants.lock, scene.lock);
    assert_int_equal(finding->participants[1].wants.lock, scene.misuse.owner_lock);
    assert_non_null(strstr(finding->message, "waits for news with door while thread 2 waits"));
    assert_non_null(strstr(finding->message, "with window"));
    end_scene(&scene);
}

static void numbers_that_name_nothing_are_survived(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < 64; kind++) {
        struct scene scene = new_scene((enum lh_misuse_kind)kind);
        scene.misuse.thread = 4711;
        scene.misuse.owner = 4712;
        scene.misuse.lock = scene.misuse.other = scene.misuse.owner_lock = 4713;
        scene.misuse.stack = scene.misuse.owner_stack = 4714;
        find(&scene);
        end_scene(&scene);
    }
}

static void join_of_itself_has_no_lock(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_JOIN_SELF);

    (void)state;
    scene.misuse.lock = LH_NO_LOCK;
    scene.misuse.owner = LH_NO_THREAD;
    scene.misuse.other = scene.doer;
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->kind, LH_KIND_SELF_DEADLOCK);
    assert_int_equal(finding->n_locks, 0);
    assert_int_equal(finding->participants[0].joins, scene.doer);
    assert_false(finding->participants[0].has_wants);
    end_scene(&scene);
}

static void join_with_a_lock_is_wrong_only_if_the_other_wants_it(void **state)
{
    struct scene scene = new_scene(LH_MISUSE_JOIN_WHILE_HELD);
    uint32_t gate = mb_mutex(scene.b, "gate");

    (void)state;
    scene.misuse.other = scene.owner;
    scene.misuse.owner = scene.doer;
    MB_DEP(scene.b, scene.owner, X(gate), X(scene.lock));
    assert_null(find(&scene));
    lh_findings_free(scene.findings);
    MB_DEP(scene.b, scene.owner, X(scene.lock), X(gate));
    const struct lh_finding *finding = find(&scene);
    assert_non_null(finding);
    assert_int_equal(finding->kind, LH_KIND_BLOCKING_WHILE_HELD);
    assert_int_equal(finding->severity, LH_WARNING);
    end_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acquisitions_of_a_recursive_mutex_are_shown_one_by_one),
        cmocka_unit_test(use_after_destroy_has_the_destroy_call),
        cmocka_unit_test(destroyed_object_that_looks_new_is_a_warning),
        cmocka_unit_test(own_lock_that_is_freed_is_a_warning_until_somebody_waits),
        cmocka_unit_test(lock_of_another_that_is_freed_is_an_error),
        cmocka_unit_test(two_mutexes_are_named_with_their_condition),
        cmocka_unit_test(numbers_that_name_nothing_are_survived),
        cmocka_unit_test(join_of_itself_has_no_lock),
        cmocka_unit_test(join_with_a_lock_is_wrong_only_if_the_other_wants_it),
        cmocka_unit_test(unlock_by_another_thread_names_both_and_both_places),
        cmocka_unit_test(what_a_program_is_known_to_do_on_purpose_is_filtered),
        cmocka_unit_test(unlock_of_a_free_lock_has_one_thread),
        cmocka_unit_test(thread_end_shows_what_was_kept_and_wants_nothing),
        cmocka_unit_test(own_lock_that_is_destroyed_is_one_thread_s_fault),
        cmocka_unit_test(repetitions_are_counted),
        cmocka_unit_test(kind_of_a_newer_version_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
