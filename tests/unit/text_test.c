/* The report for people: what it says, in which order, and what it keeps out of the terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report_fixture.h"

static char *text_of(const struct fixture *fixture)
{
    return fixture_written(fixture, lh_report_text);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part)) != NULL) {
        count++;
        text += strlen(part);
    }
    return count;
}

/* Each part stands after the one before it. The list ends with NULL. */
static void assert_in_order(const char *text, const char *const *parts)
{
    for (; *parts != NULL; parts++) {
        const char *found = strstr(text, *parts);
        if (found == NULL)
            fail_msg("\"%s\" is missing from:\n%s", *parts, text);
        text = found + strlen(*parts);
    }
}

static void names_that_are_missing_are_told_of_once(void **state)
{
    static const char said[] = "tell the names of functions in\n      /usr/bin/bank\n";
    struct fixture *fixture = fixture_new(16);
    struct lh_finding *finding = fixture_inversion(fixture);
    char *text = text_of(fixture);

    (void)state;
    assert_int_equal(count_of(text, "tell the names"), 0);
    free(text);
    for (size_t i = 0; i < finding->process->n_stacks; i++) {
        struct lh_stack *stack = &fixture->process->stacks[i];
        for (size_t k = 0; k < stack->n_frames; k++) {
            stack->frames[k].function = NULL;
            stack->frames[k].module = "/usr/bin/bank";
        }
    }
    text = text_of(fixture);
    assert_int_equal(count_of(text, said), 1);
    free(text);
    fixture_free(fixture);
}

static void ended_program_tells_who_waited_for_whom(void **state)
{
    struct fixture *fixture = fixture_new(16);
    struct lh_finding *finding = fixture_inversion(fixture);
    struct lh_thread *threads = fixture->process->threads;
    struct lh_held held = finding->participants[0].holds[0];

    (void)state;
    fixture->findings->n_items = 0;
    threads[0].live = threads[1].live = true;
    threads[0].held = &held;
    threads[0].n_held = 1;
    threads[1].wait_kind = LH_WAIT_LOCK;
    threads[1].wait_lock = held.lock;
    threads[1].wait_stack = finding->participants[0].wants.stack;
    char *text = text_of(fixture);
    assert_null(strstr(text, "waited in"));
    free(text);
    fixture->report.run.signal = 2;
    text = text_of(fixture);
    assert_non_null(strstr(text, "thread 2 (worker) waited in withdraw (bank.c:52) for first"));
    assert_non_null(strstr(text, "--timeout SEC"));
    free(text);
    threads[0].n_held = 0; /* nobody has it */
    text = text_of(fixture);
    assert_null(strstr(text, "waited in"));
    free(text);
    fixture_free(fixture);
}

static void finding_comes_first_then_who_holds_and_wants_what(void **state)
{
    struct fixture *fixture = fixture_new(16);
    static const char *const parts[] = {
        "lock-order-inversion (warning): first and second are taken in both orders\n",
        "Thread 1 \"main\" (tid 1001)\n",
        "holds  first\n",
        "#0 deposit   /src/bank.c:31\n",
        "#1 worker    /src/bank.c:80\n",
        "wants  second\n",
        "#0 withdraw  /src/bank.c:52\n",
        "Thread 2 \"worker\" (tid 1002)\n",
        "holds  second\n",
        "wants  first\n",
        "remedy: take first before second in withdraw (bank.c:52)\n",
        "fingerprint: 0123456789abcdef\n",
        "lockhound: 1 finding (1 warning) in ./bank [pid 123]; 2 locks, 2 threads\n",
        NULL,
    };

    (void)state;
    fixture_inversion(fixture);
    char *text = text_of(fixture);
    assert_int_equal(strncmp(text, "lock-order-inversion", 20), 0);
    assert_in_order(text, parts);
    free(text);
    fixture_free(fixture);
}

static void race_says_who_does_what_to_which_memory_under_which_locks(void **state)
{
    struct fixture *fixture = fixture_new(16);
    static const char *const parts[] = {
        "data-race (error): balance is written by two threads at once\n",
        "Thread 2 \"worker\" (tid 1002)\n",
        "writes  8 bytes of balance\n",
        "#0 withdraw  /src/bank.c:52\n",
        "holds  no lock\n",
        "Thread 1 \"main\" (tid 1001)\n",
        "writes  8 bytes of balance\n",
        "#0 deposit   /src/bank.c:31\n",
        "    holds  first\n",
        "#0 deposit   /src/bank.c:30\n",
        "Memory\n    balance\n      8 bytes at 0x404100\n",
        "41,200 of 41,203 writes and all 7 reads hold first\n",
        "Locks\n",
        "seen 3 times more at these places\n",
        NULL,
    };

    (void)state;
    fixture_race(fixture, "balance")->similar = 3;
    char *text = text_of(fixture);
    assert_in_order(text, parts);
    free(text);
    fixture_free(fixture);
}

static void further_race_of_the_same_memory_is_told_in_short(void **state)
{
    struct fixture *fixture = fixture_new(32);

    (void)state;
    fixture_race(fixture, "balance");
    fixture_race(fixture, "balance")->message = "balance is read elsewhere";
    fixture_race(fixture, "number");
    char *text = text_of(fixture);
    assert_int_equal(count_of(text, "  Memory\n"), 2);
    assert_non_null(strstr(text, "[2] data-race (error): balance is read elsewhere\n"));
    assert_int_equal(count_of(text, "fingerprint: "), 3);
    free(text);
    fixture_free(fixture);
}

static void race_in_a_heap_block_shows_where_it_was_allocated(void **state)
{
    struct fixture *fixture = fixture_new(16);
    struct lh_finding *finding = fixture_race(fixture, NULL);
    struct lh_memory memory = *finding->memory;
    const struct lh_block block = {.id = 1,
                                   .thread = 1,
                                   .addr = 0x4040f0,
                                   .size = 64,
                                   .stack = fixture_site(fixture, "make_account", 12)};
    static const char *const parts[] = {
        "writes  8 bytes at 0x404100\n",
        "Memory\n    8 bytes of a block\n      8 bytes at 0x404100\n",
        "#0 make_account  /src/bank.c:12\n",
        NULL,
    };

    (void)state;
    memory.text = "8 bytes of a block";
    memory.block = &block;
    finding->memory = &memory;
    finding->participants[0].access = finding->participants[1].access;
    char *text = text_of(fixture);
    assert_in_order(text, parts);
    free(text);
    fixture_free(fixture);
}

static void no_finding_is_one_line(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_mutex(fixture, "only");
    char *text = text_of(fixture);
    assert_string_equal(text, "lockhound: no findings in ./bank [pid 123]; 1 lock, 0 threads\n");
    free(text);
    fixture_free(fixture);
}

static void an_empty_model_is_reported(void **state)
{
    struct lh_model *model = lh_model_new();
    struct lh_findings *findings = lh_findings_new();
    const struct fixture fixture = {.report = {.model = model, .findings = findings}};

    (void)state;
    char *text = text_of(&fixture);
    assert_string_equal(text, "lockhound: no findings in the program; 0 locks, 0 threads\n");
    free(text);
    lh_findings_free(findings);
    lh_model_free(model);
}

static void recorder_and_thread_start_frames_are_left_out(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    char *text = text_of(fixture);
    assert_null(strstr(text, "liblockhound"));
    assert_null(strstr(text, "pthread_mutex_lock"));
    assert_null(strstr(text, "start_thread"));
    assert_null(strstr(text, "clone3"));
    assert_int_equal(count_of(text, "#0 "), 4);
    assert_int_equal(count_of(text, "#2 "), 0);
    free(text);
    fixture_free(fixture);
}

static void a_stack_of_start_frames_alone_is_shown_as_it_is(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const struct lh_frame frames[] = {
        {.function = "start_thread", .module = "/lib/libc.so.6", .offset = 0x10},
        {.module = "/lib/libc.so.6", .offset = 0x20},
    };

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[0].wants.stack = fixture_stack(fixture, frames, 2);
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "#0 start_thread  libc.so.6+0x10\n"));
    assert_non_null(strstr(text, "#1 ??            libc.so.6+0x20\n"));
    free(text);
    fixture_free(fixture);
}

static void of_the_runtime_only_what_the_program_called_is_shown(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const struct lh_frame frames[] = {
        fixture_frame("__gthread_mutex_lock", "/usr/include/c++/12/gthr.h", 749),
        fixture_frame("std::mutex::lock()", "/usr/include/c++/12/mutex", 100),
        fixture_frame("std::lock_guard<std::mutex>::lock_guard()", "/usr/include/c++/12/mutex",
                      229),
        fixture_frame("Player::play()", "/src/play.cc", 18),
        fixture_frame("std::thread::_State_impl<F>::_M_run()", "/usr/include/c++/12/thread", 210),
        {.module = "/usr/lib/libstdc++.so.6", .offset = 0xd44a2},
        {.function = "start_thread", .module = "/lib/libc.so.6", .offset = 0x10},
    };

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[0].wants.stack = fixture_stack(fixture, frames, 7);
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "#0 std::lock_guard<std::mutex>::lock_guard()\n"));
    assert_non_null(strstr(text, "#1 Player::play()  "));
    assert_null(strstr(text, "gthread"));
    assert_null(strstr(text, "std::mutex::lock"));
    assert_null(strstr(text, "std::thread"));
    assert_null(strstr(text, "libstdc++"));
    free(text);
    fixture_free(fixture);
}

static void a_program_function_named_clone_is_no_start_frame(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const struct lh_frame frames[] = {
        fixture_frame("work", "/src/bank.c", 7),
        fixture_frame("clone", "/src/bank.c", 8),
    };

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[0].wants.stack = fixture_stack(fixture, frames, 2);
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "#1 clone"));
    free(text);
    fixture_free(fixture);
}

static void control_characters_of_names_never_reach_the_terminal(void **state)
{
    struct fixture *fixture = fixture_new(16);
    static const char hostile[] = "\033]0;owned\007\xc2\x9b\xe2\x80\xae\xff\n\r";

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->message = finding->remedy = hostile;
    fixture->process->locks[1].name = hostile;
    fixture->process->threads[1].name = hostile;
    fixture->process->stacks[1].frames[1].function = hostile;
    fixture->process->stacks[1].frames[1].file = hostile;
    fixture->process->argv[0] = hostile;
    fixture->process->damaged = true;
    fixture->process->damage = hostile;
    char *text = text_of(fixture);
    for (const char *letter = text; *letter != '\0'; letter++)
        assert_true(*letter == '\n' || (*letter >= ' ' && *letter <= '~'));
    assert_non_null(strstr(text, "\\x1b]0;owned\\x07\\u{9b}\\u{202e}\\xff\\x0a\\x0d"));
    free(text);
    fixture_free(fixture);
}

static void letters_of_other_languages_are_kept(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    fixture->process->locks[1].name = "z\xc3\xa4hler";
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "holds  z\xc3\xa4hler\n"));
    free(text);
    fixture_free(fixture);
}

static void colour_is_there_only_when_asked_for(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    char *plain = text_of(fixture);
    fixture->report.color = true;
    char *colored = text_of(fixture);
    assert_null(strchr(plain, '\033'));
    assert_non_null(strchr(colored, '\033'));
    free(plain);
    free(colored);
    fixture_free(fixture);
}

static void nameless_threads_are_named_by_number(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_inversion(fixture);
    fixture->process->threads[1].name = "";
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "Thread 1 \"main\" (tid 1001)\n"));
    assert_non_null(strstr(text, "Thread 2 (tid 1002)\n"));
    free(text);
    fixture_free(fixture);
}

static void the_manner_of_an_attempt_is_told(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->timed = true;
    finding->similar = 3;
    finding->participants[0].holds[0].depth = 2;
    finding->participants[0].wants.flags = LH_ATTEMPT_TIMED;
    finding->participants[1].holds[0].flags = LH_ATTEMPT_TRY;
    finding->participants[1].wants.mode = LH_MODE_SHARED;
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "holds  first (2 times over)\n"));
    assert_non_null(strstr(text, "wants  second (timed: gives up after a while)\n"));
    assert_non_null(strstr(text, "holds  second (by trylock)\n"));
    assert_non_null(strstr(text, "wants  first (for reading)\n"));
    assert_non_null(strstr(text, "and 3 more cycles of the same locks and places\n"));
    free(text);
    fixture_free(fixture);
}

static void all_other_held_locks_are_listed(void **state)
{
    struct fixture *fixture = fixture_new(128);
    struct lh_held held[70];

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    uint32_t other = fixture_mutex(fixture, "other");
    for (size_t i = 0; i < 70; i++)
        held[i] = (struct lh_held){.lock = other, .stack = 1, .depth = 1};
    held[69] = finding->participants[0].holds[0];
    finding->participants[0].holds = held;
    finding->participants[0].n_holds = 70;
    finding->participants[0].cycle_hold = 69;
    char *text = text_of(fixture);
    assert_int_equal(count_of(text, "also holds  other"), 69);
    assert_int_equal(count_of(text, "holds  first"), 1);
    free(text);
    fixture_free(fixture);
}

static void deep_stacks_are_cut_in_the_middle_and_say_so(void **state)
{
    struct fixture *fixture = fixture_new(16);
    struct lh_frame frames[100];

    (void)state;
    for (int i = 0; i < 100; i++)
        frames[i] = fixture_frame(i == 0    ? "innermost"
                                  : i == 99 ? "outermost"
                                            : "recurse",
                                  "/src/r.c", i + 1);
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[0].wants.stack = fixture_stack(fixture, frames, 100);
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "#0 innermost"));
    assert_non_null(strstr(text, "#99 outermost"));
    assert_non_null(strstr(text, "... 72 more, which the JSON report has ..."));
    free(text);
    fixture_free(fixture);
}

static void a_place_without_debug_information_is_module_and_offset(void **state)
{
    struct fixture *fixture = fixture_new(16);
    const struct lh_frame frames[] = {
        {.module = "/opt/lib/libpool.so.2", .offset = 0x1234},
        {.offset = 0x7f0000001000},
    };

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[0].wants.stack = fixture_stack(fixture, frames, 2);
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "  libpool.so.2+0x1234\n"));
    assert_non_null(strstr(text, "  0x7f0000001000\n"));
    free(text);
    fixture_free(fixture);
}

static void losses_damage_and_a_cut_search_are_told(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture->process->damaged = true;
    fixture->process->damage = "the last extent is torn";
    fixture->process->counters[LH_DROP_NO_SPACE] = 12;
    fixture->process->counters[LH_COUNT_REPEATS] = 1;
    fixture->process->counters[LH_COUNTERS - 1] = 5;
    fixture->findings->cut = true;
    fixture->findings->cut_text = "the search ended after 1000 steps";
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "the trace bank.trace is damaged: the last extent is torn"));
    assert_non_null(strstr(text, "12 records dropped: the disk was full"));
    assert_non_null(
        strstr(text, "a lock order was seen in more threads than are kept: 1 time left"));
    assert_non_null(
        strstr(text, "5 records dropped: for a reason that this version does not know"));
    assert_non_null(strstr(text, "note: the search ended after 1000 steps\n"));
    assert_false(lh_report_complete(&fixture->report));
    assert_int_equal(lh_report_dropped(&fixture->report), 17);
    free(text);
    fixture_free(fixture);
}

static void filtered_cycles_are_counted_and_shown_on_demand(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    fixture_filtered(fixture, LH_FILTER_GATE_LOCK, 1);
    char *brief = text_of(fixture);
    assert_null(strstr(brief, "Thread"));
    assert_non_null(strstr(brief, "; filtered: 1 gate-lock (--all shows them)\n"));
    fixture->report.all = true;
    char *all = text_of(fixture);
    assert_non_null(strstr(all, "filtered (gate-lock): "));
    assert_non_null(strstr(all, "why not: Two of the threads hold a common lock"));
    assert_non_null(strstr(all, "holds  a\n"));
    assert_null(strstr(all, "--all"));
    free(brief);
    free(all);
    fixture_free(fixture);
}

static void what_several_processes_show_names_them(void **state)
{
    static const uint32_t pids[] = {123, 201, 202, 203, 204, 205, 206, 207, 208, 209};
    struct fixture *fixture = fixture_new(16);
    struct lh_finding *finding = fixture_inversion(fixture);

    (void)state;
    finding->pids = pids;
    finding->n_processes = 3;
    finding->similar = 2;
    char *few = text_of(fixture);
    assert_non_null(strstr(few, "  seen in 3 processes: 123, 201, 202\n"));
    assert_null(strstr(few, " more cycle"));
    finding->n_processes = 10;
    finding->similar = 12;
    char *many = text_of(fixture);
    assert_non_null(strstr(many,
                           "  seen in 10 processes: 123, 201, 202, 203, 204, 205, 206, 207 "
                           "and 2 more\n  and 12 more cycles of the same locks and places\n"));
    finding->pids = NULL;
    char *unnamed = text_of(fixture);
    assert_non_null(strstr(unnamed, "  seen in 10 processes\n"));
    free(few);
    free(many);
    free(unnamed);
    fixture_free(fixture);
}

static void numbers_that_name_nothing_do_no_harm(void **state)
{
    struct fixture *fixture = fixture_new(16);

    (void)state;
    struct lh_finding *finding = fixture_inversion(fixture);
    finding->participants[0].wants.lock = 4000000000;
    finding->participants[0].wants.stack = 4000000000;
    finding->participants[0].thread = 4000000000;
    finding->participants[1].cycle_hold = 4000000000;
    finding->locks[0] = 4000000000;
    finding->message = NULL;
    finding->remedy = NULL;
    char *text = text_of(fixture);
    assert_non_null(strstr(text, "(no stack was recorded)"));
    free(text);
    fixture_free(fixture);
}

static void a_full_disk_is_an_error(void **state)
{
    int r = fixture_on_full_disk(lh_report_text);

    (void)state;
    if (r > 0)
        skip();
    assert_true(r < 0);
}

static void outputs_are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(lh_output_find("text")->write, lh_report_text);
    assert_ptr_equal(lh_output_find("json")->write, lh_report_json);
    assert_null(lh_output_find("yaml"));
}

static void what_threads_did_when_the_time_was_over_is_told(void **state)
{
    struct fixture *fixture = fixture_new(16);
    static const char *const parts[] = {
        "timeout: the run was ended after 2.5 s; this is what its threads did then\n\n",
        "  Thread 2 \"waiter\" (tid 1002)\n",
        "    wants  second\n",
        "#0 withdraw  /src/bank.c:52\n",
        "    holds  first\n",
        "#0 deposit   /src/bank.c:31\n",
        "  Thread 3 \"reader\" (tid 1003)\n",
        "    was   in the system call read\n",
        "    last  release first in audit  /src/bank.c:70\n",
        "  tid 99 \"io\\x1b[2J\", a thread that is not recorded, was in the system call number "
        "9999\n",
        "lockhound: no findings",
        NULL,
    };
    uint32_t first = fixture_mutex(fixture, "first"), second = fixture_mutex(fixture, "second");

    (void)state;
    fixture_timeout(fixture, first, second);
    char *text = text_of(fixture);
    assert_in_order(text, parts);
    free(text);
    fixture_free(fixture);
}

static void a_timeout_of_what_was_not_loaded_is_told(void **state)
{
    struct fixture *fixture = fixture_new(16);
    uint32_t lock = fixture_mutex(fixture, "only");

    (void)state;
    fixture_timeout(fixture, lock, lock);
    fixture->process->path = "another.trace";
    char *text = text_of(fixture);
    assert_int_equal(count_of(text, "a thread that is not recorded"), 3);
    assert_int_equal(count_of(text, "Thread 2"), 0);
    free(text);
    fixture_free(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_are_missing_are_told_of_once),
        cmocka_unit_test(ended_program_tells_who_waited_for_whom),
        cmocka_unit_test(finding_comes_first_then_who_holds_and_wants_what),
        cmocka_unit_test(race_says_who_does_what_to_which_memory_under_which_locks),
        cmocka_unit_test(further_race_of_the_same_memory_is_told_in_short),
        cmocka_unit_test(race_in_a_heap_block_shows_where_it_was_allocated),
        cmocka_unit_test(no_finding_is_one_line),
        cmocka_unit_test(an_empty_model_is_reported),
        cmocka_unit_test(recorder_and_thread_start_frames_are_left_out),
        cmocka_unit_test(a_stack_of_start_frames_alone_is_shown_as_it_is),
        cmocka_unit_test(of_the_runtime_only_what_the_program_called_is_shown),
        cmocka_unit_test(a_program_function_named_clone_is_no_start_frame),
        cmocka_unit_test(control_characters_of_names_never_reach_the_terminal),
        cmocka_unit_test(letters_of_other_languages_are_kept),
        cmocka_unit_test(colour_is_there_only_when_asked_for),
        cmocka_unit_test(nameless_threads_are_named_by_number),
        cmocka_unit_test(the_manner_of_an_attempt_is_told),
        cmocka_unit_test(all_other_held_locks_are_listed),
        cmocka_unit_test(deep_stacks_are_cut_in_the_middle_and_say_so),
        cmocka_unit_test(a_place_without_debug_information_is_module_and_offset),
        cmocka_unit_test(losses_damage_and_a_cut_search_are_told),
        cmocka_unit_test(filtered_cycles_are_counted_and_shown_on_demand),
        cmocka_unit_test(what_several_processes_show_names_them),
        cmocka_unit_test(numbers_that_name_nothing_do_no_harm),
        cmocka_unit_test(what_threads_did_when_the_time_was_over_is_told),
        cmocka_unit_test(a_timeout_of_what_was_not_loaded_is_told),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(outputs_are_found_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
