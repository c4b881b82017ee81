/*
 * The search against an oracle that tries every chain of dependencies and instances, on small
 * random models. A step (lock held, lock wanted) is in a finding exactly if the oracle finds it in
 * a cycle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "model_builder.h"

#define LOCKS   5
#define THREADS 5

static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 1103515245 + 12345;
    return seed / 65536 % n;
}

/* ---- the oracle ---- */

struct step {
    const struct lh_dep *dep;
    uint32_t hold;
    const struct lh_seen *seen;
};

struct oracle {
    struct lh_process *process;
    bool before[64][64];
    bool found[LOCKS + 1][LOCKS + 1];
    uint32_t behind_writers;      /* cycles that need a writer, and have one */
    struct step chain[2 * LOCKS]; /* writers behind the links */
    size_t n;
};

static void close_order(struct oracle *oracle)
{
    struct lh_process *process = oracle->process;

    for (uint32_t id = 1; id < process->n_segments; id++)
        for (uint32_t i = 0; i < process->segments[id].n_parents; i++) {
            uint32_t parent = process->segments[id].parents[i];
            oracle->before[parent][id] = true;
            for (uint32_t a = 1; a < process->n_segments; a++)
                oracle->before[a][id] |= oracle->before[a][parent];
        }
}

static bool is_signal(const struct lh_lock *lock)
{
    return lock->kind == LH_LOCK_SEMAPHORE && (lock->flags & LH_LOCK_SEM_SIGNAL);
}

static bool holds(const struct lh_dep *dep, uint32_t lock)
{
    for (size_t i = 0; i < dep->n_held; i++)
        if (dep->held[i].lock == lock)
            return true;
    return false;
}

static bool holds_wanted(const struct lh_dep *dep)
{
    return holds(dep, dep->wanted.lock);
}

static bool both_read(uint8_t one, uint8_t other)
{
    return one == LH_MODE_SHARED && other == LH_MODE_SHARED;
}

static bool have_gate(const struct lh_process *process, const struct step *a, const struct step *b)
{
    for (size_t i = 0; i < a->dep->n_held; i++)
        for (size_t k = 0; k < b->dep->n_held; k++) {
            const struct lh_held *one = &a->dep->held[i], *other = &b->dep->held[k];
            if (one->lock == other->lock && !is_signal(&process->locks[one->lock]) &&
                !(one->mode == LH_MODE_SHARED && other->mode == LH_MODE_SHARED))
                return true;
        }
    return false;
}

static bool go_together(const struct oracle *oracle, const struct step *a, const struct step *b)
{
    return a->seen->thread != b->seen->thread &&
           !oracle->before[a->seen->segment][b->seen->segment] &&
           !oracle->before[b->seen->segment][a->seen->segment] && !have_gate(oracle->process, a, b);
}

static bool is_link(const struct oracle *oracle, const struct step *a, const struct step *b)
{
    const struct lh_held *held = &b->dep->held[b->hold];

    return a->dep->wanted.lock == held->lock &&
           (!both_read(a->dep->wanted.mode, held->mode) ||
            (oracle->process->locks[held->lock].flags & LH_LOCK_WRITER_FIRST));
}

static bool goes_with_all(const struct oracle *oracle, const struct step *step, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!go_together(oracle, &oracle->chain[i], step))
            return false;
    return true;
}

static bool waits_to_write(const struct lh_dep *dep, uint32_t lock)
{
    return dep->wanted.lock == lock && dep->wanted.mode == LH_MODE_EXCLUSIVE &&
           !(dep->wanted.flags & LH_ATTEMPT_TRY) && !holds_wanted(dep);
}

/* The chain is closed. Is there a writer for each pair of readers from the link `at` on? Those that
 * were found lie behind the links, up to n. */
static bool writers_wait(struct oracle *oracle, size_t at, size_t n)
{
    if (at == oracle->n) {
        oracle->behind_writers += n > oracle->n;
        return true;
    }
    const struct step *a = &oracle->chain[at], *b = &oracle->chain[(at + 1) % oracle->n];
    if (!both_read(a->dep->wanted.mode, b->dep->held[b->hold].mode))
        return writers_wait(oracle, at + 1, n);
    for (size_t d = 1; d < oracle->process->n_deps; d++) {
        const struct lh_dep *dep = &oracle->process->deps[d];
        for (size_t s = 0; s < dep->n_seen && waits_to_write(dep, a->dep->wanted.lock); s++) {
            struct step writer = {dep, 0, &dep->seen[s]};
            oracle->chain[n] = writer;
            if (goes_with_all(oracle, &writer, n) && writers_wait(oracle, at + 1, n + 1))
                return true;
        }
    }
    return false;
}

static void mark(struct oracle *oracle)
{
    for (size_t i = 0; i < oracle->n; i++)
        oracle->found[oracle->chain[i].dep->held[oracle->chain[i].hold].lock]
                     [oracle->chain[i].dep->wanted.lock] = true;
}

static bool was_seen_in(const struct lh_dep *dep, uint32_t thread)
{
    for (size_t i = 0; i < dep->n_seen; i++)
        if (dep->seen[i].thread == thread)
            return true;
    return false;
}

/* All who do this took the semaphore, at the same place, under the lock that they want. */
static bool is_light_switch(const struct lh_process *process, const struct lh_dep *dep,
                            const struct lh_held *held)
{
    for (size_t d = 1; d < process->n_deps; d++) {
        const struct lh_dep *taking = &process->deps[d];
        size_t n = 0;
        if (process->locks[held->lock].kind != LH_LOCK_SEMAPHORE ||
            taking->wanted.lock != held->lock || taking->wanted.stack != held->stack ||
            !holds(taking, dep->wanted.lock))
            continue;
        while (n < dep->n_seen && was_seen_in(taking, dep->seen[n].thread))
            n++;
        if (n == dep->n_seen)
            return true;
    }
    return false;
}

static bool may_block(const struct oracle *oracle, const struct lh_dep *dep, uint32_t hold)
{
    return !holds_wanted(dep) && !(dep->wanted.flags & LH_ATTEMPT_TRY) &&
           !is_signal(&oracle->process->locks[dep->wanted.lock]) &&
           !is_signal(&oracle->process->locks[dep->held[hold].lock]) &&
           !is_light_switch(oracle->process, dep, &dep->held[hold]);
}

static void extend(struct oracle *oracle)
{
    for (size_t d = 1; d < oracle->process->n_deps && oracle->n < LOCKS; d++) {
        const struct lh_dep *dep = &oracle->process->deps[d];
        for (uint32_t hold = 0; hold < dep->n_held; hold++)
            for (size_t s = 0; s < dep->n_seen; s++) {
                struct step step = {dep, hold, &dep->seen[s]};
                bool fits = may_block(oracle, dep, hold) &&
                            (!oracle->n || is_link(oracle, &oracle->chain[oracle->n - 1], &step));
                if (!fits || !goes_with_all(oracle, &step, oracle->n))
                    continue;
                oracle->chain[oracle->n++] = step;
                if (oracle->n > 1 && is_link(oracle, &step, &oracle->chain[0]) &&
                    writers_wait(oracle, 0, oracle->n))
                    mark(oracle);
                extend(oracle);
                oracle->n--;
            }
    }
}

/* ---- random models ---- */

static void make_locks(struct mb *b)
{
    for (uint32_t i = 0; i < LOCKS; i++) {
        char name[16];
        uint32_t flags = below(3) ? 0 : LH_LOCK_WRITER_FIRST;
        snprintf(name, sizeof(name), "lock_%u", i);
        switch (below(5)) {
        case 0:
        case 1:
            mb_lock(b, name, LH_LOCK_RWLOCK, flags);
            break;
        case 2:
            mb_lock(b, name, LH_LOCK_SEMAPHORE,
                    LH_LOCK_SEM_ONE | (below(3) ? 0 : LH_LOCK_SEM_SIGNAL));
            break;
        default:
            mb_mutex(b, name);
        }
    }
}

static struct mb_ref random_ref(struct mb *b, uint32_t lock)
{
    bool reads = mb_lock_at(b, lock)->kind == LH_LOCK_RWLOCK && below(3);
    struct mb_ref ref = reads ? S(lock) : X(lock);

    if (!below(6))
        ref.flags = LH_ATTEMPT_TRY;
    return ref;
}

static void add_dep(struct mb *b, uint32_t thread)
{
    struct mb_ref held[2];
    uint32_t wanted = 1 + below(LOCKS), n = 1 + below(2);
    uint32_t dep;

    if (mb_lock_at(b, wanted)->kind == LH_LOCK_RWLOCK && !below(3)) {
        mb_dep(b, thread, X(wanted), NULL, 0);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        held[i] = random_ref(b, 1 + below(LOCKS));
    if (n == 2 && held[0].lock == held[1].lock)
        n = 1;
    dep = mb_dep(b, thread, random_ref(b, wanted), held, n);
    if (!below(3))
        mb_seen(b, dep, 1 + below((uint32_t)mb_process(b)->n_threads), 1);
}

static struct mb *random_model(void)
{
    struct mb *b = mb_new();

    make_locks(b);
    mb_thread(b);
    for (uint32_t i = 0, deps = 4 + below(9); i < deps; i++) {
        uint32_t threads = (uint32_t)mb_process(b)->n_threads;
        uint32_t one = 1 + below(threads), other = 1 + below(threads);
        if (threads < THREADS && !below(2))
            mb_create(b, one);
        else if (one != other && !below(6))
            mb_join(b, one, other);
        add_dep(b, 1 + below((uint32_t)mb_process(b)->n_threads));
    }
    return b;
}

static void compare(struct mb *b, const struct lh_findings *findings, uint32_t *steps,
                    uint32_t *behind_writers)
{
    struct oracle oracle = {.process = mb_process(b)};
    bool shown[LOCKS + 1][LOCKS + 1] = {{0}};

    for (size_t i = 0; i < findings->n_items; i++) {
        const struct lh_finding *finding = &findings->items[i];
        for (size_t k = 0; k < finding->n_participants; k++) {
            const struct lh_participant *one = &finding->participants[k];
            shown[one->holds[one->cycle_hold].lock][one->wants.lock] = true;
        }
    }
    close_order(&oracle);
    extend(&oracle);
    for (uint32_t from = 1; from <= LOCKS; from++)
        for (uint32_t to = 1; to <= LOCKS; to++) {
            assert_int_equal(shown[from][to], oracle.found[from][to]);
            *steps += shown[from][to];
        }
    *behind_writers += oracle.behind_writers;
}

static void findings_agree_with_an_oracle(void **state)
{
    uint32_t steps = 0, behind_writers = 0;

    (void)state;
    for (seed = 1; seed < 20000; seed += 7) {
        uint32_t kept = seed;
        struct mb *b = random_model();
        struct lh_findings *findings = mb_inversions(b, NULL);
        assert_false(findings->cut);
        compare(b, findings, &steps, &behind_writers);
        mb_free(b);
        seed = kept;
    }
    /* Or else nothing was compared. */
    assert_true(steps > 500);
    assert_true(behind_writers > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_agree_with_an_oracle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
