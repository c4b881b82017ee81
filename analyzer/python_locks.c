#include "python_locks.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LENGTH 4096
#define NAMES_MAX       4

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

struct names {
    struct lh_pool *pool;
    const struct lh_frame *frame;
    const char *text; /* "a or b" */
    size_t n;
};

static void add_name(struct names *names, const char *name, size_t length)
{
    const char *text = qualify(names->pool, name, length, names->frame);

    names->text = names->n++ && names->text && text
                      ? lh_pool_printf(names->pool, "%s or %s", names->text, text)
                      : text;
}

/* Where the value begins: behind `name =`, `a, b =`, `name: type =`; not `==`, not `+=`. */
static const char *value_of(const char *statement)
{
    const char *at = statement;
    size_t length;

    while ((length = name_length(at)) > 0) {
        at += length;
        at += strspn(at, " \t");
        if (*at != ',')
            break;
        at++;
        at += strspn(at, " \t");
    }
    if (*at == ':')
        at += strcspn(at, "=");
    return length && at[0] == '=' && at[1] != '=' ? at + 1 : NULL;
}

static void add_targets(struct names *names, const char *statement)
{
    for (const char *at = statement; *at && *at != '=' && *at != ':'; at++) {
        size_t length = name_length(at);
        if (!length)
            continue;
        add_name(names, at, length);
        at += length - 1;
    }
}

/* The class is called in the value; any class, when `word` is NULL. */
static void add_statement(struct names *names, char *statement, const char *word)
{
    const char *value;

    statement += strspn(statement, " \t");
    /* `def __init__(self): self.lock = Lock()` */
    if (strncmp(statement, "def ", 4) == 0 && strrchr(statement, ':')) {
        statement = strrchr(statement, ':') + 1;
        statement += strspn(statement, " \t");
    }
    value = value_of(statement);
    if (value && (!word || strstr(value, word)))
        add_targets(names, statement);
}

static void add_line(struct names *names, const char *line, const char *word)
{
    char *copy = strdup(line), *rest = NULL;

    for (char *at = copy ? strtok_r(copy, ";\n", &rest) : NULL; at;
         at = strtok_r(NULL, ";\n", &rest))
        add_statement(names, at, word);
    free(copy);
}

/* `with name:`, `name.method()` as a statement. */
static size_t used_length(const char *statement, const char **ret_name)
{
    bool with = strncmp(statement, "with ", 5) == 0;
    const char *name = with ? statement + 5 + strspn(statement + 5, " \t") : statement;
    size_t length = name_length(name);

    *ret_name = name;
    if (with)
        return strspn(name + length, " \t:") && name[length] ? length : 0;
    if (name[length] != '(')
        return 0;
    while (length && name[length] != '.')
        length--;
    return length;
}

const char *lh_python_lock_used(struct lh_pool *pool, const struct lh_frame *frame)
{
    char *line = frame->file && frame->line > 0 ? read_line(frame->file, frame->line) : NULL;
    const char *name, *found = NULL;

    if (!line)
        return NULL;
    size_t length = used_length(line + strspn(line, " \t"), &name);
    if (length)
        found = qualify(pool, name, length, frame);
    free(line);
    return found;
}

const char *lh_python_lock_variable(struct lh_pool *pool, const struct lh_frame *frame,
                                    const char *word)
{
    char *line = frame->file && frame->line > 0 ? read_line(frame->file, frame->line) : NULL;
    struct names names = {.pool = pool, .frame = frame};

    if (!line)
        return NULL;
    add_line(&names, line, word);
    /* The class may go by another name there. */
    if (!names.n)
        add_line(&names, line, NULL);
    free(line);
    return names.n <= NAMES_MAX ? names.text : NULL;
}
