#include "progress.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE UINT64_C(1000000000) /* ns until it is shown */
#define INTERVAL UINT64_C(100000000)  /* between two states of it */
#define WIDTH    30

static struct {
    bool asked, wanted; /* is there somebody who could see it */
    bool shown;
    uint64_t next; /* ns */
    const char *what;
    size_t done, total;
} progress;

static uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static bool is_wanted(void)
{
    const char *terminal = getenv("TERM");

    return isatty(STDERR_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

static void show(void)
{
    static const char full[] = "##############################";
    size_t filled = progress.total ? WIDTH * progress.done / progress.total : 0;

    char count[64] = "";

    if (progress.total > 1)
        snprintf(count, sizeof(count), " %zu of %zu", progress.done, progress.total);
    /* One write: no half of it is ever on the screen. */
    fprintf(stderr, "\r\033[K[%-*.*s] %s%s", WIDTH, (int)filled, full, progress.what, count);
    fflush(stderr);
    progress.shown = true;
}

/* Standard error has no buffer, so a state of the line is written only now and then. */
static void update(void)
{
    uint64_t now;

    if (!progress.wanted)
        return;
    now = clock_ns();
    if (now < progress.next)
        return;
    progress.next = now + INTERVAL;
    show();
}

void lh_progress_begin(const char *what, size_t total)
{
    if (!progress.asked) {
        progress.asked = true;
        progress.wanted = is_wanted();
        progress.next = clock_ns() + PATIENCE;
    }
    progress.what = what;
    progress.done = 0;
    progress.total = total;
    update();
}

void lh_progress_step(void)
{
    progress.done++;
    update();
}

void lh_progress_hide(void)
{
    if (!progress.shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress.shown = false;
}

void lh_progress_end(void)
{
    lh_progress_hide();
    progress.asked = progress.wanted = false;
}
