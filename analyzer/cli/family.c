#include "family.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

#define ROUNDS 20 /* of looking for who was started meanwhile */

/* All processes there are. */
struct census {
    struct person {
        uint32_t pid, parent;
        bool ours;
    } * items;
    size_t n, room;
};

static bool count_in(uint32_t pid, void *data)
{
    struct census *census = data;
    struct lh_proc_stat stat;
    struct lh_proc *proc;

    if (lh_proc_open(pid, &proc) < 0)
        return true;
    if (lh_proc_own_stat(proc, &stat) == 0 &&
        lh_grow(&census->items, &census->room, census->n + 1, sizeof(*census->items)) == 0)
        census->items[census->n++] = (struct person){pid, stat.parent, false};
    lh_proc_close(proc);
    return true;
}

static bool descends(const struct census *census, uint32_t root, uint32_t parent)
{
    if (parent == root)
        return true;
    for (size_t i = 0; i < census->n; i++) {
        if (census->items[i].pid == parent)
            return census->items[i].ours;
    }
    return false;
}

static void mark_ours(struct census *census, uint32_t root)
{
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < census->n; i++) {
            struct person *person = &census->items[i];

            if (person->ours || !descends(census, root, person->parent))
                continue;
            person->ours = more = true;
        }
    }
}

static bool has(const struct lh_family *family, uint32_t pid)
{
    for (size_t i = 0; i < family->n; i++) {
        if (family->pids[i] == pid)
            return true;
    }
    return false;
}

/* The number may have been given to another process since the census: the parent tells. */
static bool is_same(const struct lh_proc *proc, const struct person *person)
{
    struct lh_proc_stat stat;

    return lh_proc_own_stat(proc, &stat) == 0 && stat.parent == person->parent;
}

static bool add(struct lh_family *family, const struct person *person)
{
    struct lh_proc *proc;

    if (lh_grow(&family->members, &family->members_room, family->n + 1, sizeof(*family->members)) <
            0 ||
        lh_grow(&family->pids, &family->pids_room, family->n + 1, sizeof(*family->pids)) < 0 ||
        lh_proc_open(person->pid, &proc) < 0)
        return false;
    if (!is_same(proc, person)) {
        lh_proc_close(proc);
        return false;
    }
    lh_proc_signal(proc, SIGSTOP);
    family->pids[family->n] = person->pid;
    family->members[family->n++] = proc;
    return true;
}

/* Returns whether there was anybody new. */
static bool add_all(struct lh_family *family, uint32_t root)
{
    struct census census = {0};
    bool any = false;

    lh_proc_each(count_in, &census);
    mark_ours(&census, root);
    for (size_t i = 0; i < census.n; i++) {
        const struct person *person = &census.items[i];

        if ((person->ours || person->pid == root) && !has(family, person->pid))
            any = add(family, person) || any;
    }
    free(census.items);
    return any;
}

void lh_family_stop(struct lh_family *ret, pid_t pid)
{
    memset(ret, 0, sizeof(*ret));
    for (int round = 0; round < ROUNDS && add_all(ret, (uint32_t)pid); round++)
        ;
}

void lh_family_kill(const struct lh_family *family)
{
    for (size_t i = 0; i < family->n; i++)
        lh_proc_signal(family->members[i], SIGKILL);
}

bool lh_family_is_dead(const struct lh_family *family)
{
    for (size_t i = 0; i < family->n; i++) {
        if (!lh_proc_is_dead(family->members[i]))
            return false;
    }
    return true;
}

void lh_family_free(struct lh_family *family)
{
    for (size_t i = 0; i < family->n; i++)
        lh_proc_close(family->members[i]);
    free(family->members);
    free(family->pids);
    memset(family, 0, sizeof(*family));
}
