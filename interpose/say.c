#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sys.h"

static size_t append(char *line, size_t used, size_t size, const char *text)
{
    while (*text && used < size)
        line[used++] = *text++;
    return used;
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
    /* When stderr is closed there is nobody to tell. */
    ssize_t written = lh_sys_write(STDERR_FILENO, line, used);
    (void)written;
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
