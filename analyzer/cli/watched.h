/*
 * The processes of a run that record, by their traces. For watch.c.
 */
#ifndef LH_CLI_WATCHED_H
#define LH_CLI_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "circle.h"
#include "hang.h"

struct lh_watched {
    struct lh_hang *hang;
    struct lh_circle circle;
    bool told;    /* that it hangs */
    bool hinted;  /* that it may hang: once, for all that it does later */
    bool circled; /* that some of its threads do */
    bool killed;  /* the run took too long */
};

struct lh_watched_list {
    struct lh_watched
        *items; /* those that run; in the order of their start among those found at once */
    size_t n, room;
    const char *directory, *template;
    uint32_t pid;         /* of the program */
    uint64_t since;       /* ns since the epoch: older traces are not of this run */
    struct lh_map *known; /* paths that were looked at */
    char **paths;
    size_t n_paths, paths_room;
    uint32_t *pids; /* of this run, also of processes that have ended */
    size_t n_pids, pids_room;
};

/* One of directory and template is NULL. Returns 0 or -ENOMEM. */
int lh_watched_init(struct lh_watched_list *list, const char *directory, const char *template);
void lh_watched_done(struct lh_watched_list *list);

/* Find the traces that came since the last time. */
void lh_watched_find(struct lh_watched_list *list);
void lh_watched_remove(struct lh_watched_list *list, size_t i);

#endif
