/*
 * Two bit-fields side by side are one memory location, two bytes (BYTES) are two.
 *
 * Expected: one data-race; with BYTES nothing.
 */
#include "race.h"

static struct {
#ifdef BYTES
    unsigned char loud, bright;
#else
    unsigned loud : 3;
    unsigned bright : 3;
#endif
} options;

static void *shout(void *unused)
{
    (void)unused;
    options.loud = 1; /* @loud */
    return NULL;
}

static void *shine(void *unused)
{
    (void)unused;
    options.bright = 1; /* @bright */
    return NULL;
}

int main(void)
{
    run_both(shout, shine);
    printf("%d%d\n", options.loud, options.bright);
    return 0;
}
