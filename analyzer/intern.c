#include "intern.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

struct lh_strings {
    struct lh_pool *pool;
    struct lh_map *texts;
};

struct lh_strings *lh_strings_new(struct lh_pool *pool)
{
    struct lh_strings *strings = calloc(1, sizeof(*strings));

    if (!strings)
        return NULL;
    strings->pool = pool;
    strings->texts = lh_map_new();
    if (!strings->texts) {
        free(strings);
        return NULL;
    }
    return strings;
}

void lh_strings_free(struct lh_strings *strings)
{
    if (!strings)
        return;
    lh_map_free(strings->texts);
    free(strings);
}

struct lh_pool *lh_strings_pool(struct lh_strings *strings)
{
    return strings->pool;
}

const char *lh_intern(struct lh_strings *strings, const char *text)
{
    size_t size;
    char *kept;

    if (!text)
        return NULL;
    size = strlen(text);
    kept = lh_map_get(strings->texts, text, size);
    if (kept)
        return kept;
    kept = lh_pool_strndup(strings->pool, text, size);
    if (kept && lh_map_put(strings->texts, kept, size, kept) < 0)
        return NULL;
    return kept;
}

/* Takes the last part off the path of `length` bytes, unless it is ".." itself or the root. */
static bool drop_last(const char *path, size_t *length)
{
    size_t at = *length;

    while (at > 0 && path[at - 1] != '/')
        at--;
    if (at == *length || (*length - at == 2 && !memcmp(path + at, "..", 2)))
        return false;
    *length = at > 1 ? at - 1 : at;
    return true;
}

/*
 * By the text alone: the tree may lie on another machine. Compilers write what they were called
 * with,
 * "/src/build/../bank.c", and no editor or code host knows a file by that name.
 */
static void simplify(const char *path, char *out)
{
    bool absolute = *path == '/';
    size_t length = 0;

    if (absolute)
        out[length++] = '/';
    while (*path) {
        size_t part = strcspn(path, "/");
        bool dot = part == 1 && path[0] == '.';
        bool up = part == 2 && path[0] == '.' && path[1] == '.';

        if (part > 0 && !dot && !(up && (drop_last(out, &length) || (absolute && length == 1)))) {
            if (length > 0 && out[length - 1] != '/')
                out[length++] = '/';
            memcpy(out + length, path, part);
            length += part;
        }
        path += part;
        path += *path == '/';
    }
    out[length] = '\0';
}

const char *lh_intern_path(struct lh_strings *strings, const char *path)
{
    const char *kept;
    char *simple;

    if (!path || (*path != '.' && !strstr(path, "/.")))
        return lh_intern(strings, path);
    simple = malloc(strlen(path) + 1);
    if (!simple)
        return NULL;
    simplify(path, simple);
    kept = lh_intern(strings, simple);
    free(simple);
    return kept;
}
