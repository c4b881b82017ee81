#include "python_locks.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LENGTH 4096

/* Returns a malloced line, without its end; NULL: there is none. */
static char *read_line(const char *file, int number)
{
    FILE *source = fopen(file, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t length = -1;

    if (!source)
        return NULL;
    for (int i = 0; i < number; i++) {
        length = getline(&line, &room, source);
        if (length < 0 || length > LINE_MAX_LENGTH)
            break;
    }
    fclose(source);
    if (length >= 0 && length <= LINE_MAX_LENGTH)
        return line;
    free(line);
    return NULL;
}

/* The length of a dotted name at the start of the text; 0: it does not start with one. */
static size_t name_length(const char *text)
{
    size_t length = 0;

    while (isalnum((unsigned char)text[length]) || text[length] == '_' || text[length] == '.' ||
           (unsigned char)text[length] >= 0x80)
        length++;
    return isdigit((unsigned char)*text) ? 0 : length;
}

/* `name = value`, perhaps with a type between; not `==`, not `name += value`. */
static size_t assigned_name(const char *text)
{
    size_t length = name_length(text);
    const char *after = text + length;

    after += strspn(after, " \t");
    if (length && *after == ':')
        after += strcspn(after, "=");
    return length && after[0] == '=' && after[1] != '=' ? length : 0;
}

/* "self.lock" in "Account.__init__" is "Account.lock". */
static const char *qualify(struct lh_pool *pool, const char *name, size_t length,
                           const struct lh_frame *frame)
{
    const char *dot = frame->function ? strrchr(frame->function, '.') : NULL;

    if (length > 5 && strncmp(name, "self.", 5) == 0 && dot)
        return lh_pool_printf(pool, "%.*s.%.*s", (int)(dot - frame->function), frame->function,
                              (int)(length - 5), name + 5);
    return lh_pool_strndup(pool, name, length);
}

const char *lh_python_lock_variable(struct lh_pool *pool, const struct lh_frame *frame)
{
    char *line = frame->file && frame->line > 0 ? read_line(frame->file, frame->line) : NULL;
    const char *text, *found = NULL;
    size_t length;

    if (!line)
        return NULL;
    text = line + strspn(line, " \t");
    length = assigned_name(text);
    if (length)
        found = qualify(pool, text, length, frame);
    free(line);
    return found;
}
