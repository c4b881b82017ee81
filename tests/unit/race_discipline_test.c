/* The discipline of locks, fed with accesses by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "accesses.h"
#include "discipline.h"
#include "locksets.h"
#include "trace.h"

enum { NO_LOCKS, MUTEX_1, MUTEX_2, READ_1, SETS };
enum { FIRST_LOCK = 1, SECOND_LOCK = 2 };

static uint64_t first_uid; /* locks that have come and gone before */

/* ---- what the discipline asks for: here the number of an access is that of its set of locks ----
 */

static const struct lh_trace_dep_held locks[SETS] = {
    [MUTEX_1] = {.lock = FIRST_LOCK, .mode = LH_MODE_EXCLUSIVE},
    [MUTEX_2] = {.lock = SECOND_LOCK, .mode = LH_MODE_EXCLUSIVE},
    [READ_1] = {.lock = FIRST_LOCK, .mode = LH_MODE_SHARED},
};

const struct lh_lockset *lh_lockset_of(uint32_t number)
{
    static union {
        struct lh_lockset set;
        char room[sizeof(struct lh_lockset) + sizeof(struct lh_trace_dep_held)];
    } sets[SETS];
    static struct lh_instance instances[SETS];
    struct lh_lockset *set = &sets[number].set;

    set->count = number != NO_LOCKS;
    set->held[0] = locks[number];
    set->instances = &instances[number];
    set->instances->uid = first_uid + locks[number].lock;
    return set;
}

const struct lh_place *lh_access_place(uint32_t number)
{
    static struct lh_place places[SETS];

    places[number].lockset = number;
    return &places[number];
}

/* ---- accesses ---- */

static uint32_t clock_now;

static uint64_t word_of(uint32_t slot, uint32_t flags)
{
    return (uint64_t)++clock_now << LH_WORD_CLOCK | (uint64_t)slot << LH_WORD_SLOT | flags |
           LH_WORD_BYTES;
}

static uint64_t reads(struct lh_discipline *discipline, uint32_t slot, uint32_t set)
{
    uint64_t word = word_of(slot, 0);

    lh_discipline_count(discipline, word, set, set);
    return word;
}

static uint64_t writes(struct lh_discipline *discipline, uint32_t slot, uint32_t set)
{
    uint64_t word = word_of(slot, LH_WORD_WRITE);

    lh_discipline_count(discipline, word, set, set);
    return word;
}

static void write_often(struct lh_discipline *discipline, uint32_t set)
{
    for (int i = 0; i < 20; i++)
        writes(discipline, i % 2 ? 1 : 2, set);
}

static struct lh_discipline *begin(void)
{
    struct lh_discipline *first = NULL;

    assert_non_null(lh_discipline_begin(&first, word_of(1, LH_WORD_WRITE)));
    return first;
}

static void breach(struct lh_discipline *discipline, uint64_t earlier, uint32_t earlier_set,
                   uint64_t later, uint32_t later_set)
{
    lh_discipline_breach(discipline, (struct lh_breach){.earlier = earlier,
                                                        .later = later,
                                                        .earlier_access = earlier_set,
                                                        .later_access = later_set});
}

/* What is told of it now: a doubt, or -1 when nothing is. */
static int told(struct lh_discipline *discipline)
{
    struct lh_finding found = {0};

    if (!lh_discipline_is_broken(discipline, &found))
        return -1;
    assert_int_equal(found.kind, LH_RACE_SUSPECT);
    return (int)found.doubt;
}

/* A write under the mutex by thread 1, and after it one without by thread 2. */
static void break_it(struct lh_discipline *discipline, uint32_t odd_set)
{
    uint64_t earlier = writes(discipline, 1, MUTEX_1);
    uint64_t later = writes(discipline, 2, odd_set);

    breach(discipline, earlier, MUTEX_1, later, odd_set);
}

/* ---- tests ---- */

static void one_access_without_the_lock_of_many_is_told_once(void **state)
{
    struct lh_discipline *discipline = begin();

    (void)state;
    write_often(discipline, MUTEX_1);
    assert_int_equal(told(discipline), -1);
    break_it(discipline, NO_LOCKS);
    assert_int_equal(told(discipline), LH_DOUBT_NONE);
    assert_int_equal(told(discipline), -1);
    lh_discipline_free(discipline);
}

static void guard_shows_as_the_lock_that_had_its_number_last(void **state)
{
    struct lh_discipline *discipline = begin();
    struct lh_trace_race race = {0};

    (void)state;
    first_uid = 100;
    write_often(discipline, MUTEX_1);
    discipline->race = &race;
    writes(discipline, 1, MUTEX_1);
    assert_int_equal(race.guard, FIRST_LOCK);
    assert_int_equal(race.guard_uid, 100 + FIRST_LOCK);
    /* Another lock gets the number; the memory is not its matter. */
    first_uid = 200;
    writes(discipline, 1, NO_LOCKS);
    assert_int_equal(race.guard_uid, 100 + FIRST_LOCK);
    /* It is, after all. */
    writes(discipline, 2, MUTEX_1);
    assert_int_equal(race.guard, FIRST_LOCK);
    assert_int_equal(race.guard_uid, 200 + FIRST_LOCK);
    discipline->race = NULL;
    lh_discipline_free(discipline);
}

static void few_accesses_make_no_discipline(void **state)
{
    struct lh_discipline *discipline = begin();

    (void)state;
    for (uint32_t i = 0; i < LH_DISCIPLINE_LEAST - 2; i++)
        writes(discipline, 1 + i % 2, MUTEX_1);
    break_it(discipline, NO_LOCKS);
    assert_int_equal(told(discipline), -1);
    lh_discipline_free(discipline);
}

static void a_lock_that_many_accesses_lack_is_no_guard(void **state)
{
    struct lh_discipline *discipline = begin();

    (void)state;
    write_often(discipline, MUTEX_1);
    for (int i = 0; i < 5; i++)
        break_it(discipline, NO_LOCKS);
    assert_int_equal(told(discipline), -1);
    lh_discipline_free(discipline);
}

static void a_lock_that_one_thread_alone_holds_is_doubted(void **state)
{
    struct lh_discipline *discipline = begin();

    (void)state;
    for (int i = 0; i < 20; i++)
        writes(discipline, 1, MUTEX_1);
    break_it(discipline, NO_LOCKS);
    assert_int_equal(told(discipline), LH_DOUBT_LONE_GUARD);
    lh_discipline_free(discipline);
}

static void the_first_owner_counts_among_the_holders(void **state)
{
    struct lh_discipline *discipline = begin();

    (void)state;
    lh_discipline_inherit(discipline, word_of(3, LH_WORD_WRITE), MUTEX_1);
    for (int i = 0; i < 20; i++)
        writes(discipline, 1, MUTEX_1);
    break_it(discipline, NO_LOCKS);
    assert_int_equal(told(discipline), LH_DOUBT_NONE);
    lh_discipline_free(discipline);
}

static void a_lock_that_several_hold_is_the_guard_though_one_holds_another_more_often(void **state)
{
    struct lh_discipline *discipline = begin();

    (void)state;
    for (int i = 0; i < 10; i++)
        reads(discipline, 1, MUTEX_2);
    writes(discipline, 1, MUTEX_1);
    writes(discipline, 2, MUTEX_1);
    assert_int_equal(lh_discipline_guard(discipline)->lock, FIRST_LOCK);
    lh_discipline_free(discipline);
}

static void a_lock_that_writes_lack_is_doubted(void **state)
{
    struct lh_discipline *discipline = begin();
    uint64_t earlier, later;

    (void)state;
    for (int i = 0; i < 60; i++)
        reads(discipline, i % 2 ? 1 : 2, MUTEX_1);
    writes(discipline, 1, NO_LOCKS);
    writes(discipline, 1, MUTEX_1);
    earlier = reads(discipline, 1, MUTEX_1);
    later = writes(discipline, 2, NO_LOCKS);
    breach(discipline, earlier, MUTEX_1, later, NO_LOCKS);
    assert_int_equal(told(discipline), LH_DOUBT_READ_GUARD);
    lh_discipline_free(discipline);
}

static void a_lock_that_all_reads_hold_is_meant_for_the_only_write(void **state)
{
    struct lh_discipline *discipline = begin();
    uint64_t earlier, later;

    (void)state;
    for (int i = 0; i < 20; i++)
        reads(discipline, i % 2 ? 1 : 2, MUTEX_1);
    earlier = reads(discipline, 1, MUTEX_1);
    later = writes(discipline, 2, NO_LOCKS);
    breach(discipline, earlier, MUTEX_1, later, NO_LOCKS);
    assert_int_equal(told(discipline), LH_DOUBT_NONE);
    lh_discipline_free(discipline);
}

static void what_is_written_once_may_be_read_without_the_lock(void **state)
{
    struct lh_discipline *discipline = begin();
    uint64_t earlier = writes(discipline, 1, MUTEX_1), later;

    (void)state;
    for (int i = 0; i < 20; i++)
        reads(discipline, i % 2 ? 1 : 2, MUTEX_1);
    later = reads(discipline, 2, NO_LOCKS);
    breach(discipline, earlier, MUTEX_1, later, NO_LOCKS);
    assert_int_equal(told(discipline), LH_DOUBT_READ_GUARD);
    writes(discipline, 1, MUTEX_1);
    assert_int_equal(told(discipline), LH_DOUBT_NONE);
    lh_discipline_free(discipline);
}

static void another_lock_is_a_move_until_the_first_is_seen_again(void **state)
{
    struct lh_discipline *discipline = begin();

    (void)state;
    write_often(discipline, MUTEX_1);
    break_it(discipline, MUTEX_2);
    assert_int_equal(told(discipline), LH_DOUBT_MOVED);
    writes(discipline, 2, MUTEX_1);
    assert_int_equal(told(discipline), -1);
    writes(discipline, 1, MUTEX_1);
    assert_int_equal(told(discipline), LH_DOUBT_NONE);
    lh_discipline_free(discipline);
}

static void held_for_reading_a_lock_guards_no_write(void **state)
{
    (void)state;
    assert_true(lh_discipline_holds(word_of(1, 0), READ_1, FIRST_LOCK));
    assert_false(lh_discipline_holds(word_of(1, LH_WORD_WRITE), READ_1, FIRST_LOCK));
    assert_true(lh_discipline_holds(word_of(1, LH_WORD_WRITE), MUTEX_1, FIRST_LOCK));
    assert_false(lh_discipline_holds(word_of(1, LH_WORD_WRITE), MUTEX_1, SECOND_LOCK));
}

static void initialization_by_the_first_owner_breaks_nothing(void **state)
{
    struct lh_discipline *discipline = begin();
    uint64_t early = word_of(1, LH_WORD_WRITE | LH_WORD_EARLY);

    (void)state;
    write_often(discipline, MUTEX_1);
    breach(discipline, early, NO_LOCKS, writes(discipline, 2, MUTEX_1), MUTEX_1);
    assert_int_equal(told(discipline), -1);
    breach(discipline, early, MUTEX_2, writes(discipline, 2, MUTEX_1), MUTEX_1);
    assert_int_equal(told(discipline), -1);
    breach(discipline, early, MUTEX_1, writes(discipline, 2, NO_LOCKS), NO_LOCKS);
    assert_int_equal(told(discipline), LH_DOUBT_NONE);
    lh_discipline_free(discipline);
}

static void a_write_without_the_lock_may_begin_a_new_use(void **state)
{
    struct lh_discipline *discipline = begin();

    (void)state;
    write_often(discipline, MUTEX_1);
    assert_true(discipline->anew == 0);
    writes(discipline, 2, MUTEX_1);
    uint64_t first = writes(discipline, 2, NO_LOCKS);
    writes(discipline, 2, NO_LOCKS);
    assert_true(discipline->anew == first);
    assert_false(discipline->anew_is_read);
    lh_discipline_free(discipline);
}

static void what_was_told_of_a_new_use_is_withdrawn_unless_the_lock_was_seen_again(void **state)
{
    struct lh_finding found;
    struct lh_former former;

    (void)state;
    for (int seen_again = 0; seen_again < 2; seen_again++) {
        struct lh_discipline *discipline = begin(), *first = discipline;
        write_often(discipline, MUTEX_1);
        break_it(discipline, NO_LOCKS);
        assert_int_equal(told(discipline), LH_DOUBT_NONE);
        if (seen_again)
            writes(discipline, 1, MUTEX_1);
        assert_int_equal(lh_discipline_end(&first, discipline, &found, &former), !seen_again);
        assert_null(first);
    }
}

/* Of two breaches it is the one that was told that counts when the memory begins anew. */
static void what_was_not_told_is_not_withdrawn(void **state)
{
    struct lh_discipline *discipline = begin(), *first = discipline;
    struct lh_finding found;
    struct lh_former former;

    (void)state;
    write_often(discipline, MUTEX_1);
    uint64_t odd = writes(discipline, 1, NO_LOCKS);
    breach(discipline, odd, NO_LOCKS, writes(discipline, 2, MUTEX_1), MUTEX_1);
    assert_int_equal(told(discipline), LH_DOUBT_NONE);
    break_it(discipline, NO_LOCKS);
    assert_false(lh_discipline_end(&first, discipline, &found, &former));
    assert_true(found.earlier == odd);
}

/* The two uses may be one: that of a variable which is never given to another. */
static void a_breach_between_two_uses_under_one_lock_is_told_with_a_doubt(void **state)
{
    struct lh_finding found;

    (void)state;
    for (uint32_t next = MUTEX_1; next <= MUTEX_2; next++) {
        struct lh_discipline *discipline = begin(), *first = discipline;
        struct lh_former former;
        writes(discipline, 1, MUTEX_1);
        writes(discipline, 2, MUTEX_1);
        break_it(discipline, NO_LOCKS);
        assert_false(lh_discipline_is_broken(discipline, &found));
        assert_false(lh_discipline_end(&first, discipline, &found, &former));
        discipline = begin();
        discipline->former = former;
        write_often(discipline, next);
        if (next == MUTEX_1)
            assert_int_equal(told(discipline), LH_DOUBT_ANEW);
        assert_false(lh_discipline_is_broken(discipline, &found));
        lh_discipline_free(discipline);
    }
}

static void reads_that_are_told_together_count_as_if_told_one_by_one(void **state)
{
    struct lh_discipline *together = begin(), *singly = begin();
    const struct lh_recent *recent = &together->recent[0];

    (void)state;
    for (int i = 0; i < 30; i++)
        reads(singly, 1, READ_1);
    uint64_t last = word_of(1, 0);
    lh_discipline_repeat(together, last, READ_1, 30);
    assert_int_equal(together->reads, singly->reads);
    assert_int_equal(together->writes, 0);
    assert_int_equal(together->guards[0].lock, singly->guards[0].lock);
    assert_int_equal(together->guards[0].reads, 30);
    assert_int_equal(singly->guards[0].reads, 30);
    assert_true(recent->word == last && recent->access == READ_1);
    lh_discipline_free(together);
    lh_discipline_free(singly);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_access_without_the_lock_of_many_is_told_once),
        cmocka_unit_test(guard_shows_as_the_lock_that_had_its_number_last),
        cmocka_unit_test(few_accesses_make_no_discipline),
        cmocka_unit_test(a_lock_that_many_accesses_lack_is_no_guard),
        cmocka_unit_test(a_lock_that_one_thread_alone_holds_is_doubted),
        cmocka_unit_test(the_first_owner_counts_among_the_holders),
        cmocka_unit_test(a_lock_that_several_hold_is_the_guard_though_one_holds_another_more_often),
        cmocka_unit_test(a_lock_that_writes_lack_is_doubted),
        cmocka_unit_test(a_lock_that_all_reads_hold_is_meant_for_the_only_write),
        cmocka_unit_test(what_is_written_once_may_be_read_without_the_lock),
        cmocka_unit_test(another_lock_is_a_move_until_the_first_is_seen_again),
        cmocka_unit_test(held_for_reading_a_lock_guards_no_write),
        cmocka_unit_test(initialization_by_the_first_owner_breaks_nothing),
        cmocka_unit_test(a_write_without_the_lock_may_begin_a_new_use),
        cmocka_unit_test(what_was_told_of_a_new_use_is_withdrawn_unless_the_lock_was_seen_again),
        cmocka_unit_test(what_was_not_told_is_not_withdrawn),
        cmocka_unit_test(a_breach_between_two_uses_under_one_lock_is_told_with_a_doubt),
        cmocka_unit_test(reads_that_are_told_together_count_as_if_told_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
