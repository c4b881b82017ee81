#include "say.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

static size_t append(char *line, size_t used, size_t size, const char *text)
{
    while (*text && used < size)
        line[used++] = *text++;
    return used;
}

/* When stderr is closed there is nobody to tell; a broken pipe must not kill the program. */
static void write_quietly(const char *line, size_t size)
{
    const struct timespec at_once = {0, 0};
    sigset_t pipe_only, before, pending;

    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    sigpending(&pending);
    if (lh_sys_write(STDERR_FILENO, line, size) < 0 && errno == EPIPE &&
        !sigismember(&pending, SIGPIPE))
        lh_sys_take_signal(&pipe_only, &at_once);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void lh_say(const char *text, ...)
{
    char line[1024];
    int saved = errno;
    size_t used = append(line, 0, sizeof line - 1, "lockhound: ");
    va_list texts;

    va_start(texts, text);
    for (; text; text = va_arg(texts, const char *))
        used = append(line, used, sizeof line - 1, text);
    va_end(texts);
    line[used++] = '\n';
    write_quietly(line, used);
    errno = saved;
}

void lh_die(const char *text)
{
    lh_say(text, NULL);
    abort();
}

const char *lh_error_text(int error)
{
    const char *text = strerrordesc_np(error);
    return text ? text : "unknown error";
}
