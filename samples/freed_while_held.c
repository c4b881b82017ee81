/*
 * Memory goes while a lock in it is held: freed and moved by another thread, unmapped and freed by
 * the holder itself, a stack frame that was left.
 *
 * Expected: freed-while-held for each, with the call and the acquisition; a warning where only the
 * thread itself holds the lock.
 */
#include <sys/mman.h>

#include "handshake.h"

struct session {
    pthread_mutex_t mutex;
    pthread_rwlock_t state;
};

static int stage;

static struct session *new_session(void)
{
    return calloc(1, sizeof(struct session));
}

static void *reader(void *data)
{
    struct session **sessions = data;

    pthread_mutex_lock(&sessions[0]->mutex);    /* @reader-mutex */
    pthread_rwlock_wrlock(&sessions[1]->state); /* @reader-state */
    reach_stage(&stage, 1);
    await_stage(&stage, 2);
    return NULL;
}

static void *closer(void *data)
{
    struct session **sessions = data;

    await_stage(&stage, 1);
    free(sessions[0]);                           /* @closer-free */
    sessions[1] = realloc(sessions[1], 1 << 20); /* @closer-move */
    reach_stage(&stage, 2);
    free(sessions[1]);
    return NULL;
}

static __attribute__((noinline)) void unmap_session(void)
{
    struct session *session =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    pthread_mutex_lock(&session->mutex); /* @owner-mapped */
    munmap(session, 4096);               /* @owner-unmap */
}

static __attribute__((noinline)) void free_session(void)
{
    struct session *session = new_session();

    pthread_mutex_lock(&session->mutex); /* @owner-session */
    free(session);                       /* @owner-free */
}

static void *owner(void *unused)
{
    unmap_session();
    free_session();
    return unused;
}

static __attribute__((noinline)) void careless(void)
{
    pthread_mutex_t local = PTHREAD_MUTEX_INITIALIZER;

    pthread_mutex_lock(&local); /* @careless */
}

static void *caller(void *unused)
{
    static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;

    careless();
    pthread_mutex_lock(&other); /* @caller */
    pthread_mutex_unlock(&other);
    return unused;
}

int main(void)
{
    struct session *sessions[2] = {new_session(), new_session()};
    pthread_t first = start_thread(reader, sessions);

    finish_thread(start_thread(closer, sessions));
    finish_thread(first);
    finish_thread(start_thread(owner, NULL));
    finish_thread(start_thread(caller, NULL));
    puts("closed");
    return 0;
}
