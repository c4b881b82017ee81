#include "pool.h"

#include <errno.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE (64 * 1024)

/* Small objects share chunks; one that would waste much of a chunk gets its own. */
struct chunk {
    struct chunk *next;
    size_t used, size;
    alignas(max_align_t) unsigned char data[];
};

struct lh_pool {
    struct chunk *chunks; /* the one being filled comes first */
};

struct lh_pool *lh_pool_new(void)
{
    return calloc(1, sizeof(struct lh_pool));
}

void lh_pool_free(struct lh_pool *pool)
{
    if (!pool)
        return;
    while (pool->chunks) {
        struct chunk *chunk = pool->chunks;

        pool->chunks = chunk->next;
        free(chunk);
    }
    free(pool);
}

static struct chunk *new_chunk(size_t size)
{
    struct chunk *chunk;

    if (size > SIZE_MAX - sizeof(*chunk))
        return NULL;
    chunk = calloc(1, sizeof(*chunk) + size);
    if (chunk)
        chunk->size = size;
    return chunk;
}

static void *alloc_alone(struct lh_pool *pool, size_t size)
{
    struct chunk *chunk = new_chunk(size);

    if (!chunk)
        return NULL;
    chunk->used = size;
    /* Behind the first, so that the chunk being filled stays in use. */
    if (pool->chunks) {
        chunk->next = pool->chunks->next;
        pool->chunks->next = chunk;
    } else {
        pool->chunks = chunk;
    }
    return chunk->data;
}

static void *take(struct lh_pool *pool, size_t size, size_t alignment)
{
    struct chunk *chunk = pool->chunks;
    size_t start = chunk ? (chunk->used + alignment - 1) & ~(alignment - 1) : 0;

    if (!chunk || start > chunk->size || size > chunk->size - start) {
        if (size > CHUNK_SIZE / 4)
            return alloc_alone(pool, size);
        chunk = new_chunk(CHUNK_SIZE);
        if (!chunk)
            return NULL;
        chunk->next = pool->chunks;
        pool->chunks = chunk;
        start = 0;
    }
    chunk->used = start + size;
    return chunk->data + start;
}

void *lh_pool_alloc(struct lh_pool *pool, size_t size)
{
    /* At least one byte: two objects never share an address. */
    return take(pool, size ? size : 1, alignof(max_align_t));
}

void *lh_pool_copy(struct lh_pool *pool, const void *data, size_t size)
{
    void *copy = lh_pool_alloc(pool, size);

    if (copy && size)
        memcpy(copy, data, size);
    return copy;
}

char *lh_pool_strndup(struct lh_pool *pool, const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    char *copy = take(pool, length + 1, 1);

    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *lh_pool_strdup(struct lh_pool *pool, const char *text)
{
    return lh_pool_strndup(pool, text, strlen(text));
}

char *lh_pool_printf(struct lh_pool *pool, const char *format, ...)
{
    va_list arguments;
    char *text;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return NULL;
    text = take(pool, (size_t)length + 1, 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

int lh_grow(void *data, size_t *capacity, size_t need, size_t element_size)
{
    size_t wanted = *capacity ? *capacity : 16;
    unsigned char *old, *grown;

    if (need <= *capacity)
        return 0;
    while (wanted < need) {
        if (wanted > SIZE_MAX / 2)
            return -ENOMEM;
        wanted *= 2;
    }
    /* Through memcpy: the caller's pointer has its own type. */
    memcpy(&old, data, sizeof(old));
    grown = reallocarray(old, wanted, element_size);
    if (!grown)
        return -ENOMEM;
    memset(grown + *capacity * element_size, 0, (wanted - *capacity) * element_size);
    memcpy(data, &grown, sizeof(grown));
    *capacity = wanted;
    return 0;
}
