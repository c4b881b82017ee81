/*
 * A lock in memory that the first argument says how to replace by other memory at the same address.
 * The one thread takes the lock there second, the other thread the new one first: two locks, and so
 * no circle.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "check.h"

enum { SIZE = 4096, INSIDE = 64 };

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *place;
static int stage;

enum { READY = 1, USED, REPLACED };

static void *before(void *unused)
{
    await_stage(&stage, READY);
    take_in_order(&outer, place);
    reach_stage(&stage, USED);
    return unused;
}

static void *after(void *unused)
{
    await_stage(&stage, REPLACED);
    take_in_order(place, &outer);
    return unused;
}

/* Fresh memory is a mutex as PTHREAD_MUTEX_INITIALIZER makes it. */
static void *fresh(void *where, int flags, size_t size)
{
    void *start =
        mmap(where, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

    CHECK(start != MAP_FAILED);
    return start;
}

static void *segment(void *where)
{
    int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0600);
    void *start = shmat(id, where, 0);

    CHECK(id >= 0 && start != (void *)-1);
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
    return start;
}

static void *grown(void)
{
    void *start = sbrk(SIZE);

    CHECK(start != (void *)-1);
    return start;
}

static void *first_memory(const char *how)
{
    if (strcmp(how, "segment") == 0)
        return segment(NULL);
    if (strcmp(how, "break") == 0)
        return grown();
    /* Between two others: the hole that it may leave is too small for anybody else. */
    char *page = (char *)fresh(NULL, 0, 3 * SIZE) + SIZE;
    return strcmp(how, "unmapped") == 0 ? page + INSIDE : page;
}

static void move(void *from, void *to)
{
    CHECK(mremap(from, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
}

static void replace(const char *how)
{
    if (strcmp(how, "fixed") == 0) {
        fresh(place, MAP_FIXED, SIZE);
    } else if (strcmp(how, "moved") == 0) {
        move(place, fresh(NULL, 0, SIZE));
        fresh(place, MAP_FIXED_NOREPLACE, SIZE);
    } else if (strcmp(how, "moved-over") == 0) {
        move(fresh(NULL, 0, SIZE), place);
    } else if (strcmp(how, "unmapped") == 0) {
        /* Of a page, none or all is unmapped. */
        char *page = (char *)place - INSIDE;
        CHECK(munmap(page, 1) == 0);
        fresh(page, MAP_FIXED_NOREPLACE, SIZE);
    } else if (strcmp(how, "segment") == 0) {
        CHECK(shmdt(place) == 0);
        segment(place);
    } else {
        CHECK(sbrk(-SIZE) != (void *)-1);
        CHECK(grown() == place);
    }
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    pthread_t one = start_thread(before, NULL), other = start_thread(after, NULL);

    place = first_memory(how);
    reach_stage(&stage, READY);
    await_stage(&stage, USED);
    replace(how);
    reach_stage(&stage, REPLACED);
    finish_thread(one);
    finish_thread(other);
    puts("replaced");
    return 0;
}
