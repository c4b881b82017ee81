#include "descriptors.h"

#include "calls.h"

/* Places of edges that are no addresses of memory. */
#define PLACES        ((uint64_t)1 << 63)
#define PLACE_CLOSED  (PLACES | (uint64_t)1 << 60)
#define PLACE_CHANNEL (PLACES | (uint64_t)2 << 60)
#define PLACE_NAMED   (PLACES | (uint64_t)3 << 60)
#define PLACE_CONNECT (PLACES | (uint64_t)4 << 60)
#define SPREAD        8       /* each is far enough from the next one to be looked up apart */
#define NAMES         0xffffu /* connections whose names fall together are ordered too much */

/* Descriptors beyond are ordered each by itself, without their other ends. */
#define MOST 65536u

/* By descriptor: its channel's place, 0 for its own; atomic. */
static uint64_t channels[MOST];

static const void *object(uint64_t place)
{
    return (const void *)(uintptr_t)place;
}

static uint64_t closed_place(int fd)
{
    return PLACE_CLOSED | (uint64_t)fd << SPREAD;
}

static uint64_t channel_of(int fd)
{
    /* Relaxed: who uses a descriptor was told of it after it began. */
    uint64_t known = (unsigned)fd < MOST ? __atomic_load_n(&channels[fd], __ATOMIC_RELAXED) : 0;

    return known ? known : PLACE_CHANNEL | (uint64_t)fd << SPREAD;
}

static void set_channel(int fd, uint64_t place)
{
    if ((unsigned)fd < MOST)
        __atomic_store_n(&channels[fd], place, __ATOMIC_RELAXED);
}

void lh_descriptor_put(int fd)
{
    if (fd >= 0 && lh_tsan_active())
        lh_tsan_release(object(channel_of(fd)));
}

void lh_descriptor_taken(int fd)
{
    if (fd >= 0 && lh_tsan_active())
        lh_tsan_acquire(object(channel_of(fd)));
}

int lh_descriptor_begins(int fd)
{
    if (fd >= 0 && lh_tsan_active())
        lh_tsan_acquire(object(closed_place(fd)));
    return fd;
}

int lh_descriptor_joins(int fd, int other)
{
    lh_descriptor_begins(fd);
    if (fd < 0 || other < 0)
        return fd;
    set_channel(fd, channel_of(other));
    return fd;
}

void lh_descriptor_ends(int fd)
{
    if (fd < 0 || !lh_tsan_active())
        return;
    /* The other end finds it closed: that is something to read, too. */
    lh_tsan_release(object(channel_of(fd)));
    lh_tsan_release(object(closed_place(fd)));
    set_channel(fd, 0);
}

void lh_descriptor_is_named(int fd, uint64_t name)
{
    if (lh_tsan_active())
        set_channel(fd, PLACE_NAMED | (name & NAMES) << SPREAD);
}

void lh_descriptor_connects(void)
{
    lh_tsan_release(object(PLACE_CONNECT));
}

void lh_descriptor_accepted(void)
{
    lh_tsan_acquire(object(PLACE_CONNECT));
}
