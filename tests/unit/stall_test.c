#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "model_builder.h"

/* ---- scenes ---- */

static void watched(struct mb *b)
{
    mb_process(b)->stalled = true;
    mb_process(b)->state = LH_STATE_RUNNING;
}

static void ended_unwatched(struct mb *b)
{
    mb_process(b)->state = LH_STATE_RUNNING;
}

static struct mb *new_stall(void)
{
    struct mb *b = mb_new();

    watched(b);
    return b;
}

static uint32_t cond(struct mb *b, const char *name)
{
    return mb_lock(b, name, LH_LOCK_COND, 0);
}

static uint32_t semaphore(struct mb *b, const char *name, uint64_t initial)
{
    uint32_t lock = mb_lock(b, name, LH_LOCK_SEMAPHORE,
                            LH_LOCK_INIT_SEEN | (initial == 1 ? LH_LOCK_SEM_ONE : 0));

    mb_lock_at(b, lock)->initial = initial;
    return lock;
}

static uint32_t barrier(struct mb *b, const char *name, uint64_t count)
{
    uint32_t lock = mb_lock(b, name, LH_LOCK_BARRIER, LH_LOCK_INIT_SEEN);

    mb_lock_at(b, lock)->initial = count;
    return lock;
}

/* The thread lives and waits for a condition, its mutex acquired `uses` times until then. */
static void waits_cond(struct mb *b, uint32_t thread, uint32_t cond, uint32_t mutex, uint64_t uses)
{
    struct lh_thread *at = mb_thread_at(b, thread);

    mb_waits(b, thread, AT(cond, "await"));
    at->wait_kind = LH_WAIT_COND;
    at->wait_other = mutex;
    at->wait_uses = uses;
}

static void waits_barrier(struct mb *b, uint32_t thread, uint32_t barrier)
{
    mb_waits(b, thread, AT(barrier, "meet"));
    mb_thread_at(b, thread)->wait_kind = LH_WAIT_BARRIER;
}

static struct lh_wake wake(struct mb *b, uint32_t thread, uint32_t waiters, uint32_t mutex,
                           uint64_t uses)
{
    return (struct lh_wake){
        .thread = thread,
        .stack = mb_stack(b, "notify", "/bin/program"),
        .waiters = waiters,
        .mutex = mutex,
        .uses = uses,
    };
}

static const struct lh_finding *only_finding(struct mb *b, enum lh_kind kind)
{
    struct lh_findings *findings = mb_stalls(b);

    assert_int_equal(findings->n_items, 1);
    assert_string_equal(lh_kind_name(findings->items[0].kind), lh_kind_name(kind));
    assert_non_null(findings->items[0].message);
    assert_null(strchr(findings->items[0].message, '\n'));
    assert_int_equal(strlen(findings->items[0].fingerprint), 16);
    return &findings->items[0];
}

static void expect_none(struct mb *b)
{
    assert_int_equal(mb_stalls(b)->n_items, 0);
    mb_free(b);
}

static const struct lh_participant *part_of(const struct lh_finding *finding, uint32_t thread)
{
    for (size_t i = 0; i < finding->n_participants; i++)
        if (finding->participants[i].thread == thread)
            return &finding->participants[i];
    fail_msg("thread %u is no participant", thread);
    return NULL;
}

static void says(const char *text, const char *part)
{
    if (!text || !strstr(text, part))
        fail_msg("\"%s\" is not in \"%s\"", part, text ? text : "(nothing)");
}

/* A signaller that has ended, a waiter, and the main thread that joins the waiter. */
struct notified {
    struct mb *b;
    uint32_t boss, signaller, waiter, cond, mutex;
    struct lh_waker waker;
};

static struct notified notified(uint64_t signal_uses, uint64_t wait_uses)
{
    struct notified scene = {.b = new_stall()};

    scene.cond = cond(scene.b, "ready");
    scene.mutex = mb_mutex(scene.b, "gate");
    scene.boss = mb_thread(scene.b);
    scene.signaller = mb_thread(scene.b);
    scene.waiter = mb_thread(scene.b);
    mb_waits_to_join(scene.b, scene.boss, scene.waiter);
    waits_cond(scene.b, scene.waiter, scene.cond, scene.mutex, wait_uses);
    scene.waker.count = 1;
    scene.waker.last = scene.waker.unheard =
        wake(scene.b, scene.signaller, 0, scene.mutex, signal_uses);
    return scene;
}

static const struct lh_finding *find_notified(struct notified *scene, enum lh_kind kind)
{
    mb_lock_at(scene->b, scene->cond)->waker = &scene->waker;
    return only_finding(scene->b, kind);
}

/* ---- lost wakeups ---- */

static void signal_right_before_the_wait_is_lost(void **state)
{
    struct notified scene = notified(7, 8);
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_LOST_WAKEUP);

    (void)state;
    assert_int_equal(finding->severity, LH_ERROR);
    assert_int_equal(finding->n_participants, 2);
    assert_int_equal(finding->n_roots, 1);
    assert_int_equal(finding->participants[0].thread, scene.waiter);
    assert_string_equal(finding->participants[0].want_verb, "waits for");
    assert_int_equal(finding->n_locks, 1);
    assert_int_equal(finding->locks[0], scene.cond);
    says(finding->message, "thread 3 waits for ready, which thread 2 signalled in notify");
    says(finding->message, "Both threads wait; this is no deadlock");
    says(finding->message, "nobody is left to signal it");
    says(finding->participants[0].why, "signalled once, by thread 2 in notify");
    says(finding->participants[0].why, "when nobody waited, before this wait began");
    says(finding->participants[0].why, "thread 2 has ended");
    says(finding->remedy, "set a state under gate before it signals");
    mb_free(scene.b);
}

static void signal_between_the_look_and_the_wait_is_lost(void **state)
{
    /* The waiter had the mutex already; the signaller, who had released it before, came without. */
    struct notified scene = notified(8, 8);

    (void)state;
    find_notified(&scene, LH_KIND_LOST_WAKEUP);
    mb_free(scene.b);
}

static void signal_without_any_mutex_is_lost_when_only_the_waiter_used_it(void **state)
{
    struct notified scene = notified(0, 1);

    (void)state;
    scene.waker.last.mutex = LH_NO_LOCK;
    find_notified(&scene, LH_KIND_LOST_WAKEUP);
    mb_free(scene.b);
}

static void signal_without_the_mutex_is_not_called_lost_when_others_used_it(void **state)
{
    struct notified scene = notified(0, 2);

    (void)state;
    scene.waker.last.mutex = LH_NO_LOCK;
    find_notified(&scene, LH_KIND_STALL);
    mb_free(scene.b);
}

static void signal_whose_news_may_have_been_used_up_is_not_lost(void **state)
{
    struct notified scene = notified(7, 9);
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_STALL);

    (void)state;
    says(finding->message, "which nobody signals any more");
    says(finding->participants[0].why, "when nobody waited; thread 2 has ended");
    mb_free(scene.b);
}

static void signal_that_somebody_heard_is_not_lost(void **state)
{
    struct notified scene = notified(7, 8);

    (void)state;
    scene.waker.count = 3;
    scene.waker.last.waiters = 2;
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_STALL);
    says(finding->participants[0].why, "signalled 3 times, last by thread 2");
    says(finding->participants[0].why, "when 2 threads waited");
    mb_free(scene.b);
}

static void own_signal_is_not_lost(void **state)
{
    struct notified scene = notified(8, 8);

    (void)state;
    scene.waker.last.thread = scene.waiter;
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_STALL);
    says(finding->participants[0].why, "by this thread itself in notify");
    mb_free(scene.b);
}

static void signal_with_another_mutex_is_not_called_lost(void **state)
{
    struct notified scene = notified(7, 8);

    (void)state;
    scene.waker.last.mutex = mb_mutex(scene.b, "elsewhere");
    find_notified(&scene, LH_KIND_STALL);
    mb_free(scene.b);
}

static void condition_that_a_third_thread_used_is_not_called_lost(void **state)
{
    struct notified scene = notified(7, 8);
    uint32_t third = mb_thread(scene.b);
    struct lh_deed deed = {.lock = scene.cond, .event = LH_EVENT_COND_WAKE};

    (void)state;
    mb_thread_at(scene.b, third)->deeds = &deed;
    mb_thread_at(scene.b, third)->n_deeds = 1;
    find_notified(&scene, LH_KIND_STALL);
    mb_free(scene.b);
}

static void threads_that_alternate_in_the_wrong_order_are_a_lost_wakeup(void **state)
{
    /* The signaller signals and waits; the waiter comes after that. */
    struct notified scene = notified(1, 2);

    (void)state;
    waits_cond(scene.b, scene.signaller, scene.cond, scene.mutex, 1);
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_LOST_WAKEUP);
    assert_int_equal(finding->n_roots, 2);
    assert_int_equal(finding->participants[0].thread, scene.waiter);
    says(finding->participants[0].why, "thread 2 waits for ready");
    says(part_of(finding, scene.signaller)->why, "by this thread itself");
    mb_free(scene.b);
}

static void starved_producers_are_a_stall(void **state)
{
    struct mb *b = new_stall();
    uint32_t not_full = cond(b, "not_full"), mutex = mb_mutex(b, "buffer");
    struct lh_waker waker = {.count = 40};

    (void)state;
    uint32_t consumer = mb_thread(b);
    for (uint32_t i = 0; i < 3; i++)
        waits_cond(b, mb_thread(b), not_full, mutex, 82 + i);
    /* The first to come after the last signal found room; they wait from the second one on. */
    waker.last = waker.unheard = wake(b, consumer, 0, mutex, 80);
    mb_lock_at(b, not_full)->waker = &waker;
    const struct lh_finding *finding = only_finding(b, LH_KIND_STALL);
    assert_int_equal(finding->n_roots, 3);
    says(finding->remedy, "broadcast");
    mb_free(b);
}

static void woken_thread_may_wait_for_the_mutex(void **state)
{
    struct notified scene = notified(7, 6);

    (void)state;
    scene.waker.last.waiters = 1;
    mb_holds(scene.b, scene.boss, X(scene.mutex));
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_STALL);
    says(part_of(finding, scene.waiter)->why,
         "if that woke it, it waits for gate, held by the main thread, which waits for thread 3");
    mb_free(scene.b);
}

static void condition_that_nobody_signalled_says_so(void **state)
{
    struct mb *b = new_stall();
    uint32_t ready = cond(b, "ready"), mutex = mb_mutex(b, "gate");

    (void)state;
    waits_cond(b, mb_thread(b), ready, mutex, 1);
    const struct lh_finding *finding = only_finding(b, LH_KIND_STALL);
    says(finding->message, "which nobody ever signalled");
    says(finding->message, "It is the only thread");
    assert_string_equal(finding->participants[0].why, "nobody ever signalled it");
    mb_free(b);
}

/* ---- semaphores ---- */

static void semaphore_that_nobody_posted_says_so(void **state)
{
    struct mb *b = new_stall();
    uint32_t done = semaphore(b, "done", 0), boss = mb_thread(b);

    (void)state;
    mb_waits(b, boss, X(done));
    const struct lh_finding *finding = only_finding(b, LH_KIND_STARVED_SEMAPHORE);
    says(finding->message, "which nobody ever posted");
    assert_string_equal(finding->participants[0].why, "value 0, initially 0, never posted");
    says(finding->remedy, "post done where");
    mb_free(b);
}

static void last_post_and_earlier_ones_are_named(void **state)
{
    struct mb *b = new_stall();
    uint32_t room = semaphore(b, "room", 4), boss = mb_thread(b);
    uint32_t last = mb_thread(b), earlier = mb_thread(b);
    struct lh_waker waker = {.count = 3, .last = wake(b, last, 0, 0, 0)};
    struct lh_deed deed = {
        .lock = room, .event = LH_EVENT_SEM_POST, .stack = mb_stack(b, "leave", "/bin/program")};

    (void)state;
    mb_waits(b, boss, X(room));
    mb_waits(b, earlier, X(semaphore(b, "other", 0)));
    mb_thread_at(b, earlier)->deeds = &deed;
    mb_thread_at(b, earlier)->n_deeds = 1;
    mb_lock_at(b, room)->waker = &waker;
    mb_lock_at(b, room)->acquisitions = 7;
    const struct lh_finding *finding = only_finding(b, LH_KIND_STARVED_SEMAPHORE);
    const char *why = part_of(finding, boss)->why;
    says(why, "initially 4, taken 7 times, posted 3 times, last by thread 2 in notify");
    says(why, "thread 2 has ended; before that by thread 3 in leave");
    says(why, "thread 3 waits for other");
    says(finding->remedy, "as often as it is taken");
    mb_free(b);
}

static void place_that_was_not_given_back_is_named(void **state)
{
    struct mb *b = new_stall();
    uint32_t kitchen = semaphore(b, "kitchen", 2), waiter = mb_thread(b), taker = mb_thread(b);
    struct lh_deed deeds[] = {
        {kitchen, mb_stack(b, "enter", "/bin/program"), LH_EVENT_SEM_TAKEN, 9},
        {kitchen, mb_stack(b, "leave", "/bin/program"), LH_EVENT_SEM_POST, 5},
    };

    (void)state;
    mb_waits(b, waiter, X(kitchen));
    mb_thread_at(b, taker)->deeds = deeds;
    mb_thread_at(b, taker)->n_deeds = 2;
    mb_lock_at(b, kitchen)->acquisitions = 2;
    says(only_finding(b, LH_KIND_STARVED_SEMAPHORE)->participants[0].why,
         "taken and not posted since by thread 2 in enter");
    mb_free(b);
}

static void place_that_was_given_back_is_not_held_against_anybody(void **state)
{
    struct mb *b = new_stall();
    uint32_t kitchen = semaphore(b, "kitchen", 2), waiter = mb_thread(b), taker = mb_thread(b);
    struct lh_deed deeds[] = {
        {kitchen, mb_stack(b, "leave", "/bin/program"), LH_EVENT_SEM_POST, 9},
        {kitchen, mb_stack(b, "enter", "/bin/program"), LH_EVENT_SEM_TAKEN, 5},
    };

    (void)state;
    mb_waits(b, waiter, X(kitchen));
    mb_thread_at(b, taker)->deeds = deeds;
    mb_thread_at(b, taker)->n_deeds = 2;
    mb_lock_at(b, kitchen)->acquisitions = 2;
    assert_null(strstr(only_finding(b, LH_KIND_STARVED_SEMAPHORE)->participants[0].why, "enter"));
    mb_free(b);
}

static void semaphore_held_as_a_lock_makes_its_waiters_wait_behind(void **state)
{
    struct mb *b = new_stall();
    uint32_t device = semaphore(b, "device", 1), ready = cond(b, "ready");
    uint32_t holder = mb_thread(b), waiter = mb_thread(b);

    (void)state;
    mb_holds(b, holder, X(device));
    waits_cond(b, holder, ready, LH_NO_LOCK, 0);
    mb_waits(b, waiter, X(device));
    const struct lh_finding *finding = only_finding(b, LH_KIND_STALL);
    assert_int_equal(finding->n_roots, 1);
    says(part_of(finding, waiter)->why, "held by the main thread since work");
    mb_free(b);
}

/* ---- barriers ---- */

static void barrier_says_how_many_are_missing(void **state)
{
    struct mb *b = new_stall();
    uint32_t line = barrier(b, "line", 4);

    (void)state;
    waits_barrier(b, mb_thread(b), line);
    waits_barrier(b, mb_thread(b), line);
    const struct lh_finding *finding = only_finding(b, LH_KIND_STARVED_BARRIER);
    says(finding->message, "waits at line, where 2 of 4 threads arrived");
    says(finding->participants[1].why, "2 of 4 arrived; it waits for 2 more");
    says(finding->remedy, "initialize line in");
    mb_free(b);
}

static void who_came_to_the_barrier_before_is_named(void **state)
{
    struct mb *b = new_stall();
    uint32_t line = barrier(b, "line", 2), waiter = mb_thread(b), elsewhere = mb_thread(b);
    uint32_t gone = mb_thread(b), never = mb_thread(b);
    struct lh_deed deed = {.lock = line, .event = LH_EVENT_BARRIER_LEAVE};

    (void)state;
    waits_barrier(b, waiter, line);
    waits_barrier(b, elsewhere, barrier(b, "finish", 9));
    mb_waits_to_join(b, never, waiter);
    mb_thread_at(b, elsewhere)->deeds = mb_thread_at(b, gone)->deeds = &deed;
    mb_thread_at(b, elsewhere)->n_deeds = mb_thread_at(b, gone)->n_deeds = 1;
    const char *why = part_of(only_finding(b, LH_KIND_STARVED_BARRIER), waiter)->why;
    says(why, "1 of 2 arrived; it waits for one more");
    says(why, "thread 2 came to it before and waits at finish");
    says(why, "thread 3 came to it before and has ended");
    assert_null(strstr(why, "thread 4"));
    mb_free(b);
}

/* ---- locks, joins, once ---- */

static void chain_behind_a_wait_is_told_after_it(void **state)
{
    struct mb *b = new_stall();
    uint32_t a = mb_mutex(b, "a"), ready = cond(b, "ready"),
             once = mb_lock(b, "setup", LH_LOCK_ONCE, 0);
    uint32_t boss = mb_thread(b), second = mb_thread(b), first = mb_thread(b), user = mb_thread(b);

    (void)state;
    mb_waits_to_join(b, boss, second);
    mb_waits(b, second, X(a));
    mb_holds(b, first, X(a));
    mb_holds(b, first, X(once));
    waits_cond(b, first, ready, LH_NO_LOCK, 0);
    mb_waits(b, user, X(once));
    mb_thread_at(b, user)->wait_kind = LH_WAIT_ONCE;
    const struct lh_finding *finding = only_finding(b, LH_KIND_BLOCKING_WHILE_HELD);
    says(finding->message, "keeps a, which thread 2 wants");
    assert_int_equal(finding->n_roots, 1);
    assert_int_equal(finding->participants[0].thread, first);
    says(part_of(finding, second)->why, "held by thread 3 since work");
    says(part_of(finding, second)->why, "which waits for ready");
    says(part_of(finding, boss)->why, "thread 2 has not ended: it waits for a");
    assert_int_equal(part_of(finding, boss)->joins, second);
    assert_false(part_of(finding, boss)->has_wants);
    says(part_of(finding, user)->why, "run by thread 3 since work");
    assert_int_equal(part_of(finding, first)->n_holds, 2);
    mb_free(b);
}

static struct mb *ended_holder(struct lh_misuse *misuse)
{
    struct mb *b = new_stall();
    uint32_t stock = mb_mutex(b, "stock"), boss = mb_thread(b), gone = mb_thread(b);

    mb_waits(b, boss, X(stock));
    *misuse = (struct lh_misuse){
        .kind = LH_MISUSE_HELD_AT_THREAD_EXIT,
        .thread = gone,
        .owner = gone,
        .lock = stock,
        .owner_stack = mb_stack(b, "take", "/bin/program"),
        .depth = 1,
        .count = 1,
    };
    mb_process(b)->misuses = misuse;
    mb_process(b)->n_misuses = 1;
    return b;
}

static void lock_of_an_ended_thread_is_a_stall(void **state)
{
    struct lh_misuse misuse;
    struct mb *b = ended_holder(&misuse);
    const struct lh_finding *finding = only_finding(b, LH_KIND_STALL);

    (void)state;
    says(finding->message, "waits for stock, which thread 2 held when it ended");
    says(finding->participants[0].why, "held by thread 2 since take");
    says(finding->participants[0].why, "has ended without releasing it");
    says(finding->remedy, "release stock, taken in take");
    mb_free(b);
}

/* ---- which kind, which severity, when at all ---- */

static void kinds_of_several_roots_have_an_order(void **state)
{
    struct notified scene = notified(7, 8);
    uint32_t line = barrier(scene.b, "line", 2), done = semaphore(scene.b, "done", 0);
    uint32_t runner = mb_thread(scene.b), taker = mb_thread(scene.b);

    (void)state;
    mb_waits(scene.b, taker, X(done));
    waits_barrier(scene.b, runner, line);
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_LOST_WAKEUP);
    assert_int_equal(finding->n_roots, 3);
    assert_int_equal(finding->participants[1].thread, runner);
    assert_int_equal(finding->participants[2].thread, taker);
    assert_int_equal(finding->participants[3].thread, scene.boss);
    mb_free(scene.b);

    scene = notified(7, 9);
    line = barrier(scene.b, "line", 2);
    runner = mb_thread(scene.b);
    waits_barrier(scene.b, runner, line);
    assert_int_equal(find_notified(&scene, LH_KIND_STARVED_BARRIER)->participants[0].thread,
                     runner);
    mb_free(scene.b);
}

static void deadlock_explains_all_other_waits(void **state)
{
    struct mb *b = new_stall();
    uint32_t a = mb_mutex(b, "a"), c = mb_mutex(b, "c"), ready = cond(b, "ready");
    uint32_t one = mb_thread(b), two = mb_thread(b);

    (void)state;
    mb_holds(b, one, X(a));
    mb_waits(b, one, X(c));
    mb_holds(b, two, X(c));
    mb_waits(b, two, X(a));
    waits_cond(b, mb_thread(b), ready, LH_NO_LOCK, 0);
    assert_int_equal(mb_deadlocks(b)->n_items, 1);
    assert_int_equal(mb_stalls(b)->n_items, 1);
    mb_free(b);
}

static void self_deadlock_explains_all_other_waits(void **state)
{
    struct mb *b = new_stall();
    uint32_t a = mb_mutex(b, "a"), one = mb_thread(b), two = mb_thread(b);

    (void)state;
    mb_holds(b, one, X(a));
    mb_waits(b, one, X(a));
    mb_waits_to_join(b, two, one);
    assert_int_equal(mb_deadlocks(b)->n_items, 1);
    assert_int_equal(mb_stalls(b)->n_items, 1);
    mb_free(b);
}

static void thread_that_runs_or_waits_with_a_limit_keeps_it_from_a_stall(void **state)
{
    struct notified scene = notified(7, 8);

    (void)state;
    mb_thread_at(scene.b, scene.signaller)->live = true;
    expect_none(scene.b);
    scene = notified(7, 8);
    mb_thread_at(scene.b, scene.waiter)->wait_flags = LH_ATTEMPT_TIMED;
    expect_none(scene.b);
}

static void doubt_makes_it_a_note_and_is_named(void **state)
{
    struct notified scene = notified(7, 8);

    (void)state;
    mb_process(scene.b)->stalled = false;
    mb_process(scene.b)->doubt = "its handler of SIGUSR1 may wake a thread";
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_LOST_WAKEUP);
    assert_int_equal(finding->severity, LH_NOTE);
    says(finding->message, "Both threads wait;");
    says(finding->message, "in doubt, as its handler of SIGUSR1 may wake a thread");
    mb_free(scene.b);
}

static void many_threads_are_cut_and_counted(void **state)
{
    struct mb *b = new_stall();
    uint32_t ready = cond(b, "ready");

    (void)state;
    for (int i = 0; i < 200; i++)
        waits_cond(b, mb_thread(b), ready, LH_NO_LOCK, 0);
    const struct lh_finding *finding = only_finding(b, LH_KIND_STALL);
    assert_int_equal(finding->n_participants, 64);
    assert_int_equal(finding->n_locks, 1);
    says(finding->message, "All 200 threads wait (64 of them are shown)");
    mb_free(b);
}

/* ---- nobody watched ---- */

static void recording_that_ended_in_a_stall_is_a_note(void **state)
{
    struct notified scene = notified(7, 8);

    (void)state;
    mb_process(scene.b)->stalled = false;
    const struct lh_finding *finding = find_notified(&scene, LH_KIND_LOST_WAKEUP);
    assert_int_equal(finding->severity, LH_NOTE);
    says(finding->message, "waited when the recording ended");
    says(finding->message, "no thread is left to signal it");
    mb_free(scene.b);
}

static void program_that_ended_in_order_is_silent(void **state)
{
    struct notified scene = notified(7, 8);

    (void)state;
    mb_process(scene.b)->stalled = false;
    mb_process(scene.b)->state = LH_STATE_EXITED;
    expect_none(scene.b);
    scene = notified(7, 8);
    mb_process(scene.b)->stalled = false;
    mb_process(scene.b)->state = LH_STATE_STOPPED;
    expect_none(scene.b);
}

static void unwatched_trace_with_losses_is_silent(void **state)
{
    struct notified scene = notified(7, 8);

    (void)state;
    mb_process(scene.b)->stalled = false;
    mb_process(scene.b)->counters[LH_DROP_REENTRANT] = 1;
    expect_none(scene.b);
    scene = notified(7, 8);
    mb_process(scene.b)->stalled = false;
    mb_process(scene.b)->damaged = true;
    expect_none(scene.b);
}

static void signal_that_may_be_on_its_way_is_silent(void **state)
{
    struct notified scene = notified(7, 6);

    (void)state;
    ended_unwatched(scene.b);
    mb_process(scene.b)->stalled = false;
    scene.waker.last.waiters = 1;
    mb_lock_at(scene.b, scene.cond)->waker = &scene.waker;
    expect_none(scene.b);
    /* The waiter came after that signal: it is not for this wait. */
    scene = notified(7, 9);
    mb_process(scene.b)->stalled = false;
    scene.waker.last.waiters = 1;
    find_notified(&scene, LH_KIND_STALL);
    mb_free(scene.b);
}

static struct mb *unwatched_semaphore(uint64_t initial, uint64_t posts, uint64_t takes,
                                      uint32_t flags)
{
    static struct lh_waker waker;
    struct mb *b = mb_new();
    uint32_t done = semaphore(b, "done", initial);

    ended_unwatched(b);
    mb_waits(b, mb_thread(b), X(done));
    waker.count = posts;
    mb_lock_at(b, done)->waker = posts ? &waker : NULL;
    mb_lock_at(b, done)->acquisitions = takes;
    mb_lock_at(b, done)->flags |= flags;
    return b;
}

static void post_that_may_be_on_its_way_is_silent(void **state)
{
    struct mb *b = unwatched_semaphore(2, 3, 5, 0);

    (void)state;
    only_finding(b, LH_KIND_STARVED_SEMAPHORE);
    mb_free(b);
    expect_none(unwatched_semaphore(2, 4, 5, 0));
    expect_none(unwatched_semaphore(UINT64_MAX, UINT64_MAX, 5, 0));
    /* Its value is not known. */
    expect_none(unwatched_semaphore(1, 0, 1, 0));
    /* Another process may post it. */
    expect_none(unwatched_semaphore(0, 0, 0, LH_LOCK_PSHARED));
}

static void full_barrier_is_silent(void **state)
{
    struct mb *b = mb_new();
    uint32_t line = barrier(b, "line", 2);

    (void)state;
    ended_unwatched(b);
    waits_barrier(b, mb_thread(b), line);
    waits_barrier(b, mb_thread(b), line);
    expect_none(b);
}

static void lock_without_a_holder_is_silent(void **state)
{
    struct lh_misuse misuse;
    struct mb *b = ended_holder(&misuse);

    (void)state;
    mb_process(b)->stalled = false;
    only_finding(b, LH_KIND_STALL);
    mb_free(b);
    b = ended_holder(&misuse);
    mb_process(b)->stalled = false;
    mb_lock_at(b, misuse.lock)->flags |= LH_LOCK_ROBUST;
    expect_none(b);
    b = ended_holder(&misuse);
    mb_process(b)->stalled = false;
    mb_process(b)->n_misuses = 0;
    expect_none(b);
}

static void join_of_an_ended_thread_is_silent(void **state)
{
    struct mb *b = mb_new();
    uint32_t boss = mb_thread(b), gone = mb_thread(b);

    (void)state;
    ended_unwatched(b);
    mb_waits_to_join(b, boss, gone);
    expect_none(b);
}

/* ---- fingerprints ---- */

static void fingerprint_of(uint32_t producers, bool main_first, char ret[17])
{
    struct mb *b = new_stall();
    uint32_t not_full = cond(b, "not_full"), boss = main_first ? mb_thread(b) : 0;
    uint32_t producer = 0;

    for (uint32_t i = 0; i < producers; i++)
        waits_cond(b, producer = mb_thread(b), not_full, LH_NO_LOCK, 0);
    if (!main_first)
        boss = mb_thread(b);
    mb_waits_to_join(b, boss, producer);
    memcpy(ret, only_finding(b, LH_KIND_STALL)->fingerprint, 17);
    mb_free(b);
}

static void fingerprint_depends_on_the_roots_alone(void **state)
{
    char one[17], other[17];

    (void)state;
    fingerprint_of(3, true, one);
    fingerprint_of(2, false, other);
    assert_string_equal(one, other);
    struct notified scene = notified(7, 8);
    assert_string_not_equal(find_notified(&scene, LH_KIND_LOST_WAKEUP)->fingerprint, one);
    mb_free(scene.b);
}

/* ---- damaged and empty ---- */

static void process_without_threads_is_silent(void **state)
{
    struct mb *b = new_stall();

    (void)state;
    expect_none(b);
    b = new_stall();
    mb_thread(b);
    expect_none(b);
}

static void damaged_waits_do_not_crash(void **state)
{
    struct mb *b = new_stall();
    struct lh_waker torn = {.count = 3};
    uint32_t ready = cond(b, "ready"), semaphore_2 = semaphore(b, "s", 2);

    (void)state;
    mb_lock_at(b, ready)->waker = &torn;
    mb_lock_at(b, semaphore_2)->waker = &torn;
    for (uint32_t kind = LH_WAIT_LOCK; kind < LH_WAIT_KINDS; kind++) {
        uint32_t thread = mb_thread(b);
        mb_waits(b, thread, X(ready));
        mb_thread_at(b, thread)->wait_kind = kind;
        mb_thread_at(b, thread)->wait_lock = 4711;
        mb_thread_at(b, thread)->wait_other = UINT32_MAX;
        mb_thread_at(b, thread)->wait_stack = UINT32_MAX;
        thread = mb_thread(b);
        mb_waits(b, thread, X(semaphore_2));
        mb_thread_at(b, thread)->wait_kind = kind;
        thread = mb_thread(b);
        mb_waits(b, thread, X(ready));
        mb_thread_at(b, thread)->wait_kind = kind;
    }
    assert_int_equal(mb_stalls(b)->n_items, 1);
    assert_int_equal(mb_stalls(b)->items[0].n_participants, 3 * (LH_WAIT_KINDS - LH_WAIT_LOCK));
    mb_process(b)->stalled = false;
    mb_stalls(b);
    mb_free(b);
}

/* ---- futexes ---- */

static const struct lh_finding *stall_in_futex(struct mb *b, const char *function)
{
    uint32_t futex = mb_lock(b, "word", LH_LOCK_FUTEX, 0);
    uint32_t thread = mb_thread(b);

    mb_waits(b, thread, AT(futex, function));
    mb_thread_at(b, thread)->wait_kind = LH_WAIT_FUTEX;
    return only_finding(b, LH_KIND_STALL);
}

static void says_of_futex(const char *function, const char *what, const char *verdict)
{
    struct mb *b = new_stall();
    const struct lh_finding *finding = stall_in_futex(b, function);

    says(finding->message, what);
    says(finding->message, verdict);
    mb_free(b);
}

static void lock_made_of_a_futex_is_not_said_to_be_no_deadlock(void **state)
{
    const char *unknown = "who holds a lock made of a futex is not recorded";

    (void)state;
    says_of_futex("take", "a futex, which nobody wakes", unknown);
    says_of_futex("<std::sys::sync::mutex::futex::Mutex>::lock_contended",
                  "a Rust Mutex, which nobody releases", unknown);
    says_of_futex("std::sys::unix::locks::futex_rwlock::RwLock::write_contended",
                  "a Rust RwLock, which nobody releases", unknown);
}

static void wait_for_news_by_a_futex_is_no_deadlock(void **state)
{
    (void)state;
    says_of_futex("<std::sys::sync::condvar::futex::Condvar>::wait", "a Rust Condvar",
                  "this is no deadlock");
    says_of_futex("std::sync::mpsc::Receiver<T>::recv", "a Rust channel, which nobody sends to",
                  "this is no deadlock");
    says_of_futex("std::future<int>::get", "a std::future, which nobody sets",
                  "this is no deadlock");
}

static void unknown_kind_of_wait_is_silent(void **state)
{
    struct notified scene = notified(7, 8);

    (void)state;
    mb_thread_at(scene.b, scene.waiter)->wait_kind = 4711;
    expect_none(scene.b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signal_right_before_the_wait_is_lost),
        cmocka_unit_test(signal_between_the_look_and_the_wait_is_lost),
        cmocka_unit_test(signal_without_any_mutex_is_lost_when_only_the_waiter_used_it),
        cmocka_unit_test(signal_without_the_mutex_is_not_called_lost_when_others_used_it),
        cmocka_unit_test(signal_whose_news_may_have_been_used_up_is_not_lost),
        cmocka_unit_test(signal_that_somebody_heard_is_not_lost),
        cmocka_unit_test(own_signal_is_not_lost),
        cmocka_unit_test(signal_with_another_mutex_is_not_called_lost),
        cmocka_unit_test(condition_that_a_third_thread_used_is_not_called_lost),
        cmocka_unit_test(threads_that_alternate_in_the_wrong_order_are_a_lost_wakeup),
        cmocka_unit_test(starved_producers_are_a_stall),
        cmocka_unit_test(woken_thread_may_wait_for_the_mutex),
        cmocka_unit_test(condition_that_nobody_signalled_says_so),
        cmocka_unit_test(semaphore_that_nobody_posted_says_so),
        cmocka_unit_test(last_post_and_earlier_ones_are_named),
        cmocka_unit_test(place_that_was_not_given_back_is_named),
        cmocka_unit_test(place_that_was_given_back_is_not_held_against_anybody),
        cmocka_unit_test(semaphore_held_as_a_lock_makes_its_waiters_wait_behind),
        cmocka_unit_test(barrier_says_how_many_are_missing),
        cmocka_unit_test(who_came_to_the_barrier_before_is_named),
        cmocka_unit_test(chain_behind_a_wait_is_told_after_it),
        cmocka_unit_test(lock_of_an_ended_thread_is_a_stall),
        cmocka_unit_test(kinds_of_several_roots_have_an_order),
        cmocka_unit_test(deadlock_explains_all_other_waits),
        cmocka_unit_test(self_deadlock_explains_all_other_waits),
        cmocka_unit_test(thread_that_runs_or_waits_with_a_limit_keeps_it_from_a_stall),
        cmocka_unit_test(doubt_makes_it_a_note_and_is_named),
        cmocka_unit_test(many_threads_are_cut_and_counted),
        cmocka_unit_test(recording_that_ended_in_a_stall_is_a_note),
        cmocka_unit_test(program_that_ended_in_order_is_silent),
        cmocka_unit_test(unwatched_trace_with_losses_is_silent),
        cmocka_unit_test(signal_that_may_be_on_its_way_is_silent),
        cmocka_unit_test(post_that_may_be_on_its_way_is_silent),
        cmocka_unit_test(full_barrier_is_silent),
        cmocka_unit_test(lock_without_a_holder_is_silent),
        cmocka_unit_test(join_of_an_ended_thread_is_silent),
        cmocka_unit_test(fingerprint_depends_on_the_roots_alone),
        cmocka_unit_test(process_without_threads_is_silent),
        cmocka_unit_test(damaged_waits_do_not_crash),
        cmocka_unit_test(lock_made_of_a_futex_is_not_said_to_be_no_deadlock),
        cmocka_unit_test(wait_for_news_by_a_futex_is_no_deadlock),
        cmocka_unit_test(unknown_kind_of_wait_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
