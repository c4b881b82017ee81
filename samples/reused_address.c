/*
 * A lock on the heap is freed, another one is allocated and gets its address. What was ordered
 * before the first has nothing to do with the second.
 *
 * Expected: nothing, and nothing filtered.
 */
#include "handshake.h"

struct session {
    long id;
    pthread_mutex_t lock;
};

static pthread_mutex_t sessions = PTHREAD_MUTEX_INITIALIZER;
static struct session *current;
static int stage;

static struct session *session_new(long id)
{
    struct session *session = malloc(sizeof(*session));

    if (!session)
        exit(2);
    session->id = id;
    pthread_mutex_init(&session->lock, NULL);
    return session;
}

static void *from_session(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&current->lock);
    pthread_mutex_lock(&sessions);
    pthread_mutex_unlock(&sessions);
    pthread_mutex_unlock(&current->lock);
    reach_stage(&stage, 1);
    await_stage(&stage, 3);
    return NULL;
}

static void *to_session(void *unused)
{
    (void)unused;
    await_stage(&stage, 2);
    pthread_mutex_lock(&sessions);
    pthread_mutex_lock(&current->lock);
    pthread_mutex_unlock(&current->lock);
    pthread_mutex_unlock(&sessions);
    reach_stage(&stage, 3);
    return NULL;
}

/* The heap gives back what was freed last; a heap that does not is no use here. */
static void replace_session(void)
{
    struct session *old = current;
    unsigned long address = (unsigned long)old;

    free(old); /* never destroyed: many programs do not bother */
    current = session_new(2);
    if ((unsigned long)current != address)
        fputs("the address was not used again\n", stderr);
}

int main(void)
{
    pthread_t first, second;

    current = session_new(1);
    first = start_thread(from_session, NULL);
    second = start_thread(to_session, NULL);
    await_stage(&stage, 1);
    replace_session();
    reach_stage(&stage, 2);
    finish_thread(first);
    finish_thread(second);
    printf("session %ld\n", current->id);
    free(current);
    return 0;
}
