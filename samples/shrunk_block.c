/*
 * A block with a lock in it is made smaller with realloc(), which leaves it where it is. The lock
 * is the same as before, and so the orders before and after make a circle.
 *
 * Expected: one lock-order-inversion between the lock of the room and the table.
 */
#include "handshake.h"

struct room {
    pthread_mutex_t lock;
    char seats[4000];
};

static pthread_mutex_t table = PTHREAD_MUTEX_INITIALIZER;
static struct room *room;
static int stage;

static void *enter(void *unused)
{
    pthread_mutex_lock(&table);      /* @table */
    pthread_mutex_lock(&room->lock); /* @room */
    pthread_mutex_unlock(&room->lock);
    pthread_mutex_unlock(&table);
    reach_stage(&stage, 1);
    return unused;
}

static void *leave(void *unused)
{
    await_stage(&stage, 2);
    pthread_mutex_lock(&room->lock); /* @room-first */
    pthread_mutex_lock(&table);      /* @table-second */
    pthread_mutex_unlock(&table);
    pthread_mutex_unlock(&room->lock);
    return unused;
}

static void *take_seats_away(struct room *from)
{
    return realloc(from, sizeof(*from) - 3000);
}

int main(void)
{
    pthread_t first, second;

    room = calloc(1, sizeof(*room));
    if (!room || pthread_mutex_init(&room->lock, NULL) != 0)
        exit(2);
    first = start_thread(enter, NULL);
    second = start_thread(leave, NULL);
    await_stage(&stage, 1);
    room = take_seats_away(room);
    reach_stage(&stage, 2);
    finish_thread(first);
    finish_thread(second);
    puts("left");
    free(room);
    return 0;
}
