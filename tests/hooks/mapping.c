/*
 * Exercises of the functions that map memory over other memory. In each the lock that goes must be
 * another one when its place is used again, and its neighbour that stays must not.
 */
#undef _FILE_OFFSET_BITS /* else mmap is but a spelling of mmap64 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "exercise.h"

static void use(void *place)
{
    pthread_mutex_t *mutex = place;

    CHECK(pthread_mutex_lock(mutex) == 0);
    CHECK(pthread_mutex_unlock(mutex) == 0);
}

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* A page that nobody has used is a mutex as PTHREAD_MUTEX_INITIALIZER makes it. */
static char *pages(size_t count)
{
    char *start =
        mmap(NULL, count * page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(start != MAP_FAILED);
    return start;
}

enum { OVER = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };

EXERCISE(mmap, "lock-ended mutex 1, lock-end mutex 1")
{
    size_t page = page_size();
    char *start = pages(2);
    char *gone = start + page;

    use(start);
    use(gone);
    errno = 4711;
    CHECK(mmap(gone, page, PROT_READ | PROT_WRITE, OVER, -1, 0) == gone);
    CHECK(errno == 4711);
    CHECK(mmap(start + 1, page, PROT_READ, OVER, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(start, page, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED && errno == EBADF);
    use(start);
    use(gone);
}

EXERCISE(mmap64, "lock-ended mutex 1, lock-end mutex 1")
{
    size_t page = page_size();
    char *start = pages(2);
    char *gone = start + page;

    use(start);
    use(gone);
    CHECK(mmap64(gone, 1, PROT_READ | PROT_WRITE, OVER, -1, 0) == gone);
    CHECK(mmap64(start, 0, PROT_READ, OVER, -1, 0) == MAP_FAILED && errno == EINVAL);
    use(start);
    use(gone);
}

static void shrink(char *start)
{
    size_t page = page_size();

    use(start);
    use(start + page);
    CHECK(mremap(start, 2 * page, page, 0) == start);
    use(start);
}

static void fail_to_grow(char *start)
{
    size_t page = page_size();

    use(start);
    CHECK(mremap(start, page, 2 * page, 0) == MAP_FAILED && errno == ENOMEM);
    use(start);
}

/* Two locks end: the one that is moved, and the one that it is moved over. */
static void move_over(char *start, char *target)
{
    size_t page = page_size();

    use(start);
    use(target);
    CHECK(mremap(start, page, page, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
    use(target);
}

EXERCISE(mremap, "lock-ended mutex 3, lock-end mutex 3")
{
    shrink(pages(2));
    fail_to_grow(pages(2));
    move_over(pages(1), pages(1));
}

static int new_segment(void)
{
    int id = shmget(IPC_PRIVATE, 2 * page_size(), IPC_CREAT | 0600);

    CHECK(id >= 0);
    return id;
}

/* Once removed, it lasts until the last one has detached it. */
static void remove_segment(int id)
{
    CHECK(shmctl(id, IPC_RMID, NULL) == 0);
}

EXERCISE(shmat, "lock-ended mutex 1, lock-end mutex 1")
{
    char *start = pages(3);
    char *kept = start + 2 * page_size();
    int id = new_segment();

    use(start);
    use(kept);
    CHECK(shmat(-1, NULL, 0) == MAP_FAILED && errno == EINVAL);
    errno = 4711;
    CHECK(shmat(id, start, SHM_REMAP) == start);
    CHECK(errno == 4711);
    remove_segment(id);
    use(start);
    use(kept);
}

EXERCISE(shmdt, "lock-ended mutex 1, lock-end mutex 1")
{
    int id = new_segment();
    char *start = shmat(id, NULL, 0);
    pthread_mutex_t elsewhere = PTHREAD_MUTEX_INITIALIZER;

    CHECK(start != MAP_FAILED);
    remove_segment(id);
    use(start + page_size());
    use(&elsewhere);
    CHECK(shmdt(start) == 0);
    CHECK(shmdt(start) == -1 && errno == EINVAL);
    use(&elsewhere);
}

EXERCISE(brk, "lock-ended mutex 1, lock-end mutex 1")
{
    char *end = sbrk(0);
    char *place = end + 64 - (uintptr_t)end % 64;

    CHECK(brk(place + page_size()) == 0);
    use(place);
    use(place);
    CHECK(brk(NULL) == 0 && sbrk(0) == place + page_size()); /* says nothing, changes nothing */
    use(place);
    CHECK(brk(end) == 0);
}

EXERCISE(sbrk, "lock-ended mutex 1, lock-end mutex 1")
{
    char *end = sbrk((intptr_t)page_size());
    char *place = end + 64 - (uintptr_t)end % 64;

    CHECK(end != (void *)-1);
    use(place);
    use(place);
    CHECK(sbrk(-(intptr_t)page_size()) == end + page_size());
    CHECK(sbrk(0) == end);
}
