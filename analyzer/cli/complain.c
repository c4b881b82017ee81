#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "progress.h"

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format,
                                                               va_list arguments)
{
    char *text;

    if (vasprintf(&text, format, arguments) >= 0)
        return text;
    fputs("lockhound: out of memory\n", stderr);
    exit(LH_EXIT_FAILED);
}

void lh_complain(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = format_text(format, arguments);
    va_end(arguments);
    /* A name with a line break in it must not make two lines of one. */
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
    lh_progress_hide();
    fprintf(stderr, "lockhound: %s\n", text);
    free(text);
}

char *lh_text(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = format_text(format, arguments);
    va_end(arguments);
    return text;
}

char *lh_shell_word(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    char *word, *to;

    if (*text && text[strspn(text, plain)] == '\0')
        return lh_text("%s", text);
    word = lh_text("%*s", (int)(4 * strlen(text) + 2), "");
    to = word;
    *to++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            to = stpcpy(to, "'\\''");
        else
            *to++ = *text;
    }
    *to++ = '\'';
    *to = '\0';
    return word;
}
