/*
 * A thread frees a session that another one still reads. FIXED joins the reader first.
 *
 * Expected: one data-race of the read and free(); with FIXED nothing.
 */
#include "race.h"

struct session {
    long id, bytes;
};

static int seen;

static void *read_session(void *session)
{
    long bytes = ((struct session *)session)->bytes; /* @read */

    pass(&seen);
    return bytes == 5 ? NULL : session;
}

static void end_session(struct session *session)
{
    free(session); /* @free */
}

int main(void)
{
    struct session *session = malloc(sizeof(*session)); /* @allocate */
    pthread_t reader;

    if (!session)
        return 2;
    session->bytes = 5;
    reader = start_thread(read_session, session);
#ifdef FIXED
    finish_thread(reader);
    end_session(session);
#else
    await_pass(&seen);
    end_session(session);
    finish_thread(reader);
#endif
    puts("ended");
    return 0;
}
