/*
 * A lock in a stack frame ends with the frame. Another function's frame then lies at the same place
 * and has a lock there too. Neither is ever destroyed.
 *
 * Expected: nothing, and nothing filtered.
 */
#include "handshake.h"

struct room {
    pthread_mutex_t lock;
    char walls[256];
};

static pthread_mutex_t house = PTHREAD_MUTEX_INITIALIZER;
static struct room *shown;
static int stage;

__attribute__((noinline)) static void *leave_room(void)
{
    struct room room;

    pthread_mutex_init(&room.lock, NULL);
    pthread_mutex_lock(&room.lock);
    pthread_mutex_lock(&house);
    pthread_mutex_unlock(&house);
    pthread_mutex_unlock(&room.lock);
    memset(room.walls, 0, sizeof(room.walls));
    return __builtin_frame_address(0);
}

__attribute__((noinline)) static void *show_room(void)
{
    struct room room;

    pthread_mutex_init(&room.lock, NULL);
    memset(room.walls, 1, sizeof(room.walls));
    shown = &room;
    reach_stage(&stage, 1);
    await_stage(&stage, 2);
    return __builtin_frame_address(0);
}

static void *owner(void *unused)
{
    void *first = leave_room();
    void *second = show_room();

    (void)unused;
    if (first != second)
        fputs("the frames lie at different places\n", stderr);
    return NULL;
}

static void *visitor(void *unused)
{
    (void)unused;
    await_stage(&stage, 1);
    pthread_mutex_lock(&house);
    pthread_mutex_lock(&shown->lock);
    pthread_mutex_unlock(&shown->lock);
    pthread_mutex_unlock(&house);
    reach_stage(&stage, 2);
    return NULL;
}

int main(void)
{
    run_both(owner, visitor);
    puts("done");
    return 0;
}
