#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "model_builder.h"
#include "pool.h"

/* A variable of this program, which the analyzer has to name from its debug information. */
static struct {
    long number, balance;
} accounts[3];

/* Two threads, a lock, and a race between two writes. */
struct scene {
    struct mb *b;
    uint32_t main, worker, lock;
    struct lh_race races[4];
    size_t n;
    struct lh_lockset sets[3];
    struct lh_held held[3];
    struct lh_block blocks[2];
    struct lh_module module;
    struct lh_findings *findings;
};

static struct lh_access write_in(const struct scene *scene, uint32_t thread, const char *function)
{
    return (struct lh_access){
        .thread = thread,
        .stack = mb_stack(scene->b, function, "/bin/program"),
        .flags = LH_ACCESS_WRITE,
        .addr = 0x5000,
        .size = 4,
    };
}

static struct lh_access read_in(const struct scene *scene, uint32_t thread, const char *function)
{
    struct lh_access access = write_in(scene, thread, function);

    access.flags = 0;
    return access;
}

static struct lh_race *add_race(struct scene *scene, enum lh_race_kind kind)
{
    struct lh_race *race = &scene->races[scene->n++];

    *race = (struct lh_race){
        .kind = kind,
        .earlier = write_in(scene, scene->main, "deposit"),
        .later = write_in(scene, scene->worker, "audit"),
        .count = 1,
        .reads = 5,
        .writes = 41203,
    };
    return race;
}

static struct scene *new_scene(void)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    assert_non_null(scene);
    scene->b = mb_new();
    scene->main = mb_thread(scene->b);
    scene->worker = mb_thread(scene->b);
    scene->lock = mb_mutex(scene->b, "account.mutex");
    for (size_t i = 1; i < 3; i++) {
        scene->held[i] =
            (struct lh_held){.lock = scene->lock, .stack = 1, .depth = 1, .mode = i == 2};
        scene->sets[i] =
            (struct lh_lockset){.id = (uint32_t)i, .held = &scene->held[i], .n_held = 1};
    }
    return scene;
}

#define EXCLUSIVELY 1 /* locksets */
#define FOR_READING 2

static const struct lh_finding *find(struct scene *scene)
{
    struct lh_process *process = mb_process(scene->b);

    process->races = scene->races;
    process->n_races = scene->n;
    process->locksets = scene->sets;
    process->n_locksets = 3;
    process->blocks = scene->blocks;
    process->n_blocks = 2;
    process->modules = &scene->module;
    process->n_modules = scene->module.path ? 1 : 0;
    scene->findings = lh_findings_new();
    assert_non_null(scene->findings);
    assert_int_equal(lh_find_races(mb_model(scene->b), scene->findings), 0);
    lh_findings_sort(scene->findings);
    return scene->findings->n_items ? &scene->findings->items[0] : NULL;
}

static void end_scene(struct scene *scene)
{
    lh_findings_free(scene->findings);
    mb_free(scene->b);
    free(scene);
}

static void assert_says(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("\"%s\" is missing from: %s", part, text ? text : "(nothing)");
}

static void proven_race_is_an_error_of_two_accesses(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_int_equal(finding->kind, LH_KIND_DATA_RACE);
    assert_int_equal(finding->severity, LH_ERROR);
    assert_int_equal(finding->n_participants, 2);
    assert_ptr_equal(finding->participants[0].access, &race->later);
    assert_ptr_equal(finding->participants[1].access, &race->earlier);
    assert_false(finding->participants[0].has_wants);
    assert_int_equal(finding->participants[0].n_holds, 0);
    assert_string_equal(
        finding->message,
        "4 bytes at 0x5000 are written by thread 2 in audit (work.c:12) and by the main thread in "
        "deposit (work.c:11), and nothing orders the two");
    assert_string_equal(
        finding->remedy,
        "guard audit (work.c:12) and deposit (work.c:11) with one lock, or make both accesses "
        "atomic");
    assert_int_equal(strlen(finding->fingerprint), 16);
    end_scene(scene);
}

static void suspect_race_is_a_warning_of_its_own_kind(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_SUSPECT);
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_int_equal(finding->kind, LH_KIND_INCONSISTENT_LOCKING);
    assert_int_equal(finding->severity, LH_WARNING);
    assert_says(finding->message, "with no lock in common");
    end_scene(scene);
}

static void guard_is_named_with_its_share_and_who_lacks_it_comes_first(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->later.lockset = EXCLUSIVELY;
    race->guard = scene->lock;
    race->guarded_writes = 41200;
    race->guarded_reads = 5;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_ptr_equal(finding->participants[0].access, &race->earlier);
    assert_int_equal(finding->participants[1].n_holds, 1);
    assert_string_equal(finding->memory->guarded,
                        "41,200 of 41,203 writes and all 5 reads hold account.mutex");
    assert_says(finding->message, finding->memory->guarded);
    assert_string_equal(finding->remedy, "hold account.mutex in deposit (work.c:11)");
    assert_int_equal(finding->n_locks, 1);
    end_scene(scene);
}

static void guard_that_has_ended_is_not_named(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->guard_ended = true;
    race->guarded_writes = 41200;
    race->guarded_reads = 5;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_string_equal(finding->memory->guarded,
                        "41,200 of 41,203 writes and all 5 reads hold a lock that has ended");
    assert_says(finding->message, finding->memory->guarded);
    assert_int_equal(finding->memory->guard, LH_NO_LOCK);
    assert_int_equal(finding->n_locks, 0);
    end_scene(scene);
}

static void few_accesses_show_no_guard(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->guard = scene->lock;
    race->guarded_writes = race->writes = 2;
    race->guarded_reads = race->reads = 1;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_int_equal(finding->memory->guard, LH_NO_LOCK);
    assert_null(finding->memory->guarded);
    lh_findings_free(scene->findings);
    race->guarded_writes = 100;
    race->writes = 1000;
    finding = find(scene);
    assert_non_null(finding);
    assert_int_equal(finding->memory->guard, LH_NO_LOCK);
    end_scene(scene);
}

static void writing_under_the_reading_side_is_no_guard(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->earlier = read_in(scene, scene->main, "deposit");
    race->earlier.lockset = FOR_READING;
    race->later.lockset = FOR_READING;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_string_equal(
        finding->remedy,
        "take account.mutex for writing in audit (work.c:12): it is held for reading only");
    end_scene(scene);
}

static void remedy_fits_the_mistake(void **state)
{
    struct scene *scene;

    (void)state;
    scene = new_scene();
    add_race(scene, LH_RACE_PROVEN)->earlier.flags |= LH_ACCESS_ATOMIC;
    assert_string_equal(find(scene)->remedy, "make the access in audit (work.c:12) atomic too");
    end_scene(scene);

    scene = new_scene();
    add_race(scene, LH_RACE_PROVEN)->later.flags |= LH_ACCESS_FREE;
    assert_says(find(scene)->remedy,
                "free it in audit (work.c:12) only when the main thread cannot use it");
    end_scene(scene);

    scene = new_scene();
    add_race(scene, LH_RACE_PROVEN)->later = read_in(scene, scene->worker, "audit");
    mb_thread_at(scene->b, scene->worker)->creator = scene->main;
    assert_says(find(scene)->remedy, "with one lock");
    lh_findings_free(scene->findings);
    mb_thread_at(scene->b, scene->worker)->create_stack = scene->races[0].earlier.stack;
    assert_says(find(scene)->remedy, "write it in deposit (work.c:11) before thread 2 is created");
    end_scene(scene);

    scene = new_scene();
    add_race(scene, LH_RACE_PROVEN)->later.flags |= LH_ACCESS_VTABLE;
    assert_says(find(scene)->remedy, "constructor");
    end_scene(scene);
}

static void lock_of_the_one_is_mentioned_to_the_other(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->later.lockset = EXCLUSIVELY;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_ptr_equal(finding->participants[0].access, &race->earlier);
    assert_string_equal(
        finding->remedy,
        "guard deposit (work.c:11) and audit (work.c:12) with one lock, perhaps account.mutex, "
        "which audit (work.c:12) holds, or make both accesses atomic");
    end_scene(scene);
}

static void two_different_locks_are_named(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    scene->held[2].lock = mb_mutex(scene->b, "other.mutex");
    scene->held[2].mode = LH_MODE_EXCLUSIVE;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->later.lockset = 1;
    race->earlier.lockset = 2;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_string_equal(
        finding->remedy,
        "hold one and the same lock: audit (work.c:12) holds account.mutex, deposit "
        "(work.c:11) holds other.mutex");
    assert_int_equal(finding->n_locks, 2);
    end_scene(scene);
}

static void heap_block_is_told_with_offset_and_allocation(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    scene->blocks[1] =
        (struct lh_block){.id = 1,
                          .thread = 1,
                          .stack = mb_stack(scene->b, "make_account", "/bin/program"),
                          .addr = 0x5000 - 16,
                          .size = 64};
    race->block = 1;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_ptr_equal(finding->memory->block, &scene->blocks[1]);
    assert_says(finding->message,
                "4 bytes at offset 16 of the block of 64 bytes that the main "
                "thread allocated in make_account (work.c:13) are written by thread 2");
    end_scene(scene);
}

static void only_the_bytes_in_common_count(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->earlier.addr = 0x4ff8;
    race->earlier.size = 10;
    race->later.size = 16;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_int_equal(finding->memory->addr, 0x5000);
    assert_int_equal(finding->memory->size, 2);
    end_scene(scene);
}

static void ranges_at_the_end_of_memory_do_no_harm(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->later.addr = race->earlier.addr = UINT64_MAX - 1;
    race->later.size = UINT64_MAX;
    race->count = 0;
    race->earlier.thread = race->later.thread = UINT32_MAX;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_int_equal(finding->similar, 0);
    end_scene(scene);
}

static int first_module(struct dl_phdr_info *info, size_t size, void *module)
{
    (void)size;
    *(struct lh_module *)module = (struct lh_module){
        .bias = info->dlpi_addr,
        .start = info->dlpi_addr,
        .end = info->dlpi_addr + (1u << 24),
        .epoch_end = UINT32_MAX,
        .path = realpath("/proc/self/exe", NULL),
    };
    return 1;
}

static void variable_is_named_down_to_the_member(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    dl_iterate_phdr(first_module, &scene->module);
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->later.addr = race->earlier.addr = (uintptr_t)&accounts[2].balance;
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_string_equal(finding->memory->name, "accounts[2].balance");
    assert_string_equal(finding->memory->family, "accounts[].balance");
    assert_says(finding->message, "accounts[2].balance (races_test.c:");
    free((char *)scene->module.path);
    end_scene(scene);
}

static void elements_of_one_array_are_one_finding(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    dl_iterate_phdr(first_module, &scene->module);
    for (size_t i = 0; i < 3; i++) {
        struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
        race->later.addr = race->earlier.addr = (uintptr_t)&accounts[i].balance;
        race->count = 10;
    }
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->later.addr = race->earlier.addr = (uintptr_t)&accounts[0].number;
    find(scene);
    assert_int_equal(scene->findings->n_items, 2);
    assert_int_equal(scene->findings->items[0].similar, 29);
    assert_int_equal(scene->findings->items[1].similar, 0);
    assert_string_not_equal(scene->findings->items[0].fingerprint,
                            scene->findings->items[1].fingerprint);
    free((char *)scene->module.path);
    end_scene(scene);
}

static void lines_tell_findings_apart_but_not_their_fingerprints(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_PROVEN);
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->later.stack = mb_stack(scene->b, "audit", "/bin/other"); /* another stack: line 7 of it */
    struct lh_frame *frame = mb_process(scene->b)->stacks[race->later.stack].frames;
    frame->line = 7;
    find(scene);
    assert_int_equal(scene->findings->n_items, 2);
    assert_string_equal(scene->findings->items[0].fingerprint,
                        scene->findings->items[1].fingerprint);
    end_scene(scene);
}

static void which_access_came_first_does_not_matter(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_PROVEN);
    struct lh_race *race = add_race(scene, LH_RACE_PROVEN);
    race->earlier = scene->races[0].later;
    race->later = scene->races[0].earlier;
    find(scene);
    assert_int_equal(scene->findings->n_items, 1);
    assert_int_equal(scene->findings->items[0].similar, 1);
    end_scene(scene);
}

static void a_write_is_shown_rather_than_a_read_of_the_same_line(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_PROVEN)->later.flags = 0;
    add_race(scene, LH_RACE_PROVEN);
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_int_equal(scene->findings->n_items, 1);
    assert_int_equal(finding->participants[0].access->flags, LH_ACCESS_WRITE);
    end_scene(scene);
}

static void suspicion_of_what_is_proven_is_left_out(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_SUSPECT);
    add_race(scene, LH_RACE_PROVEN);
    find(scene);
    assert_int_equal(scene->findings->n_items, 1);
    assert_int_equal(scene->findings->items[0].kind, LH_KIND_DATA_RACE);
    end_scene(scene);
}

static void expect_filtered(struct scene *scene, enum lh_filter filter)
{
    assert_null(find(scene));
    assert_int_equal(scene->findings->filtered_count[filter], 1);
    assert_int_equal(scene->findings->n_filtered, 1);
    assert_int_equal(scene->findings->filtered[0].filter, filter);
    assert_says(scene->findings->filtered[0].message, "with no lock in common");
    end_scene(scene);
}

static void doubtful_suspicion_is_filtered_by_its_reason(void **state)
{
    const enum lh_filter filters[] = {
        [LH_DOUBT_LONE_GUARD] = LH_FILTER_LONE_GUARD,
        [LH_DOUBT_READ_GUARD] = LH_FILTER_READ_GUARD,
        [LH_DOUBT_ANEW] = LH_FILTER_RECYCLED,
        [LH_DOUBT_MOVED] = LH_FILTER_MOVED_ON,
        [LH_DOUBT_LAST] = LH_FILTER_LAST_USE,
    };

    (void)state;
    for (uint32_t doubt = LH_DOUBT_LONE_GUARD; doubt <= LH_DOUBT_LAST; doubt++) {
        struct scene *scene = new_scene();
        add_race(scene, LH_RACE_SUSPECT)->doubt = doubt;
        expect_filtered(scene, filters[doubt]);
    }
}

/* Each list has its lock, and elements go from one to the other and back. */
static void another_lock_of_the_same_class_is_a_move(void **state)
{
    struct scene *scene = new_scene();
    struct lh_race *race = add_race(scene, LH_RACE_SUSPECT);

    (void)state;
    scene->held[FOR_READING] =
        (struct lh_held){.lock = mb_mutex(scene->b, "account.mutex"), .stack = 1, .depth = 1};
    race->earlier.lockset = EXCLUSIVELY;
    race->later.lockset = FOR_READING;
    race->guard = scene->lock;
    expect_filtered(scene, LH_FILTER_MOVED_ON);
}

static void a_lock_of_another_class_is_no_move(void **state)
{
    struct scene *scene = new_scene();
    struct lh_race *race = add_race(scene, LH_RACE_SUSPECT);

    (void)state;
    scene->held[FOR_READING] =
        (struct lh_held){.lock = mb_mutex(scene->b, "log.mutex"), .stack = 1, .depth = 1};
    race->earlier.lockset = EXCLUSIVELY;
    race->later.lockset = FOR_READING;
    race->guard = scene->lock;
    assert_non_null(find(scene));
    end_scene(scene);
}

static void suspicion_that_was_mostly_taken_back_is_recycled_memory(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_SUSPECT)->count = 3;
    struct lh_race *anew = add_race(scene, LH_RACE_SUSPECT);
    anew->doubt = LH_DOUBT_ANEW;
    anew->count = 3;
    expect_filtered(scene, LH_FILTER_RECYCLED);
}

static void suspicion_that_was_seldom_taken_back_stays(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_SUSPECT)->count = 4;
    struct lh_race *anew = add_race(scene, LH_RACE_SUSPECT);
    anew->doubt = LH_DOUBT_ANEW;
    anew->count = 3;
    assert_non_null(find(scene));
    assert_int_equal(scene->findings->n_filtered, 0);
    end_scene(scene);
}

static void suspicion_that_was_taken_back_altogether_is_none(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_SUSPECT)->count = 0;
    assert_null(find(scene));
    assert_int_equal(scene->findings->n_filtered, 0);
    end_scene(scene);
}

static void memory_on_a_stack_is_named_by_its_thread(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, LH_RACE_PROVEN)->block = 1;
    scene->blocks[1] = (struct lh_block){
        .id = 1, .thread = scene->main, .kind = LH_BLOCK_STACK, .addr = 0x4000, .size = 0x2000};
    const struct lh_finding *finding = find(scene);
    assert_non_null(finding);
    assert_null(finding->memory->block);
    assert_string_equal(finding->memory->text, "4 bytes at 0x5000 on the stack of the main thread");
    end_scene(scene);
}

static void kind_of_a_newer_version_is_left_out(void **state)
{
    struct scene *scene = new_scene();

    (void)state;
    add_race(scene, (enum lh_race_kind)4711);
    assert_null(find(scene));
    end_scene(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proven_race_is_an_error_of_two_accesses),
        cmocka_unit_test(suspect_race_is_a_warning_of_its_own_kind),
        cmocka_unit_test(guard_is_named_with_its_share_and_who_lacks_it_comes_first),
        cmocka_unit_test(guard_that_has_ended_is_not_named),
        cmocka_unit_test(few_accesses_show_no_guard),
        cmocka_unit_test(writing_under_the_reading_side_is_no_guard),
        cmocka_unit_test(remedy_fits_the_mistake),
        cmocka_unit_test(lock_of_the_one_is_mentioned_to_the_other),
        cmocka_unit_test(two_different_locks_are_named),
        cmocka_unit_test(heap_block_is_told_with_offset_and_allocation),
        cmocka_unit_test(only_the_bytes_in_common_count),
        cmocka_unit_test(ranges_at_the_end_of_memory_do_no_harm),
        cmocka_unit_test(variable_is_named_down_to_the_member),
        cmocka_unit_test(elements_of_one_array_are_one_finding),
        cmocka_unit_test(lines_tell_findings_apart_but_not_their_fingerprints),
        cmocka_unit_test(which_access_came_first_does_not_matter),
        cmocka_unit_test(a_write_is_shown_rather_than_a_read_of_the_same_line),
        cmocka_unit_test(suspicion_of_what_is_proven_is_left_out),
        cmocka_unit_test(doubtful_suspicion_is_filtered_by_its_reason),
        cmocka_unit_test(another_lock_of_the_same_class_is_a_move),
        cmocka_unit_test(a_lock_of_another_class_is_no_move),
        cmocka_unit_test(suspicion_that_was_mostly_taken_back_is_recycled_memory),
        cmocka_unit_test(suspicion_that_was_seldom_taken_back_stays),
        cmocka_unit_test(suspicion_that_was_taken_back_altogether_is_none),
        cmocka_unit_test(memory_on_a_stack_is_named_by_its_thread),
        cmocka_unit_test(kind_of_a_newer_version_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
