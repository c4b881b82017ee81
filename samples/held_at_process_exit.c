/*
 * The main thread returns from main() with a mutex locked.
 *
 * Expected: held-at-thread-exit, as a note.
 */
#include "handshake.h"

static pthread_mutex_t settings = PTHREAD_MUTEX_INITIALIZER;

int main(void)
{
    pthread_mutex_lock(&settings); /* @main */
    puts("done");
    return 0;
}
