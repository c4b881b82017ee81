#include "settle.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "doubt.h"
#include "hang.h"
#include "pool.h"

#define SECOND   UINT64_C(1000000000)
#define INTERVAL UINT64_C(100000000) /* ns between looks */

struct looked {
    struct lh_hang *hang;
    enum lh_look look;
};

struct lh_settled {
    struct looked *items; /* of processes that run */
    size_t n, room;
};

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

static void rest(uint64_t ns)
{
    struct timespec time = {.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};

    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &time, &time) != 0)
        ;
}

/* A process that ended keeps what its trace says; so does one that is another by now. */
static void add(struct lh_settled *settled, const char *path)
{
    struct lh_hang *hang;

    if (lh_grow(&settled->items, &settled->room, settled->n + 1, sizeof(*settled->items)) < 0 ||
        lh_hang_new(path, &hang) < 0)
        return;
    if (lh_hang_is_writer(hang))
        settled->items[settled->n++] = (struct looked){hang, LH_LOOK_WAITING};
    else
        lh_hang_free(hang);
}

/* Those that wait are looked at again. Returns whether there are any. */
static bool look(struct lh_settled *settled, uint64_t grace)
{
    bool any = false;

    for (size_t i = 0; i < settled->n; i++) {
        struct looked *looked = &settled->items[i];

        if (looked->look == LH_LOOK_WAITING)
            looked->look = lh_hang_look(looked->hang, clock_ns(), grace);
        any = any || looked->look == LH_LOOK_WAITING;
    }
    return any;
}

struct lh_settled *lh_settle(char *const *paths, size_t n, uint64_t grace)
{
    struct lh_settled *settled = grace ? calloc(1, sizeof(*settled)) : NULL;

    if (!settled)
        return NULL;
    for (size_t i = 0; i < n; i++)
        add(settled, paths[i]);
    while (look(settled, grace))
        rest(grace < INTERVAL ? grace : INTERVAL);
    return settled;
}

static struct lh_process *find(const struct lh_model *model, const char *path)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        if (strcmp(model->processes[i]->path, path) == 0)
            return model->processes[i];
    }
    return NULL;
}

void lh_settled_apply(const struct lh_settled *settled, struct lh_model *model)
{
    for (size_t i = 0; settled && i < settled->n; i++) {
        const struct lh_mark *mark = lh_hang_mark(settled->items[i].hang);
        struct lh_process *process = find(model, lh_hang_path(settled->items[i].hang));

        if (process && settled->items[i].look != LH_LOOK_GONE)
            lh_process_mark(model->pool, process, mark->stalled_ns != 0, mark->doubts,
                            mark->doubt_signals);
    }
}

void lh_settled_free(struct lh_settled *settled)
{
    if (!settled)
        return;
    for (size_t i = 0; i < settled->n; i++)
        lh_hang_free(settled->items[i].hang);
    free(settled->items);
    free(settled);
}
