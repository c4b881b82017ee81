#include "watched.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "map.h"
#include "pool.h"
#include "reader.h"
#include "traces.h"

/* A trace that was not there the last time. */
struct arrival {
    char *path;
    struct lh_trace_header header;
};

int lh_watched_init(struct lh_watched_list *list, const char *directory, const char *template)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    memset(list, 0, sizeof(*list));
    list->directory = directory;
    list->template = template;
    list->since = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    list->known = lh_map_new();
    return list->known ? 0 : -ENOMEM;
}

void lh_watched_done(struct lh_watched_list *list)
{
    while (list->n > 0)
        lh_watched_remove(list, list->n - 1);
    lh_map_free(list->known);
    for (size_t i = 0; i < list->n_paths; i++)
        free(list->paths[i]);
    free(list->items);
    free(list->paths);
    free(list->pids);
    memset(list, 0, sizeof(*list));
}

void lh_watched_remove(struct lh_watched_list *list, size_t i)
{
    lh_hang_free(list->items[i].hang);
    memmove(&list->items[i], &list->items[i + 1], (--list->n - i) * sizeof(*list->items));
}

/* ---- whose traces they are ---- */

static bool is_ours(const struct lh_watched_list *list, const struct lh_trace_header *header)
{
    if (list->directory)
        return true;
    if (header->start_realtime < list->since)
        return false;
    if (header->pid == list->pid || header->ppid == list->pid)
        return true;
    for (size_t i = 0; i < list->n_pids; i++) {
        if (header->pid == list->pids[i] || header->ppid == list->pids[i])
            return true;
    }
    return false;
}

static void remember_pid(struct lh_watched_list *list, uint32_t pid)
{
    if (lh_grow(&list->pids, &list->pids_room, list->n_pids + 1, sizeof(*list->pids)) == 0)
        list->pids[list->n_pids++] = pid;
}

/* Takes the path. Without memory it is looked at again the next time. */
static void remember_path(struct lh_watched_list *list, char *path)
{
    if (lh_grow(&list->paths, &list->paths_room, list->n_paths + 1, sizeof(char *)) < 0 ||
        lh_map_put(list->known, path, strlen(path), list) < 0)
        free(path);
    else
        list->paths[list->n_paths++] = path;
}

/* false: to be looked at again. */
static bool watch(struct lh_watched_list *list, const char *path)
{
    struct lh_hang *hang;
    int r;

    if (lh_grow(&list->items, &list->room, list->n + 1, sizeof(*list->items)) < 0)
        return false;
    r = lh_hang_new(path, &hang);
    if (r == 0)
        list->items[list->n++] = (struct lh_watched){.hang = hang};
    return r != -ENOMEM && r != -EMFILE && r != -ENFILE;
}

static void take_in(struct lh_watched_list *list, const struct arrival *arrival)
{
    const struct lh_trace_header *header = &arrival->header;
    bool ours = is_ours(list, header);

    /* Two patterns may have found it. */
    if (lh_map_get(list->known, arrival->path, strlen(arrival->path))) {
        free(arrival->path);
        return;
    }
    if (ours && list->template)
        remember_pid(list, header->pid);
    if (!ours || watch(list, arrival->path))
        remember_path(list, arrival->path);
    else
        free(arrival->path);
}

/* ---- finding them ---- */

static int compare(const void *a, const void *b)
{
    const struct arrival *left = a, *right = b;

    if (left->header.start_realtime != right->header.start_realtime)
        return left->header.start_realtime < right->header.start_realtime ? -1 : 1;
    return strcmp(left->path, right->path);
}

/* One that its process has not begun yet comes the next time. */
static size_t read_headers(const struct lh_watched_list *list, struct lh_traces *traces,
                           struct arrival *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < traces->n; i++) {
        char *path = traces->paths[i];

        if (lh_map_get(list->known, path, strlen(path)) || lh_reader_peek(path, &ret[n].header) < 0)
            continue;
        ret[n++].path = path;
        traces->paths[i] = NULL;
    }
    return n;
}

void lh_watched_find(struct lh_watched_list *list)
{
    struct lh_traces traces = {0};
    struct arrival *arrivals;
    size_t n;

    if (list->directory)
        lh_traces_add_directory(&traces, list->directory);
    else
        lh_traces_add_template(&traces, list->template);
    arrivals = calloc(traces.n + 1, sizeof(*arrivals));
    if (arrivals) {
        n = read_headers(list, &traces, arrivals);
        /* Parents come before their children. */
        if (n > 1)
            qsort(arrivals, n, sizeof(*arrivals), compare);
        for (size_t i = 0; i < n; i++)
            take_in(list, &arrivals[i]);
    }
    free(arrivals);
    lh_traces_free(&traces);
}
