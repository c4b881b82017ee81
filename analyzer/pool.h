/*
 * Memory that is freed all at once: strings and arrays of a model or of a list of findings.
 * Single-threaded. Every function returns NULL when out of memory.
 */
#ifndef LH_ANALYZER_POOL_H
#define LH_ANALYZER_POOL_H

#include <stdarg.h>
#include <stddef.h>

struct lh_pool;

struct lh_pool *lh_pool_new(void);
void lh_pool_free(struct lh_pool *pool);

/* Zeroed, aligned for any object. */
void *lh_pool_alloc(struct lh_pool *pool, size_t size);
void *lh_pool_copy(struct lh_pool *pool, const void *data, size_t size);
char *lh_pool_strdup(struct lh_pool *pool, const char *text);
char *lh_pool_strndup(struct lh_pool *pool, const char *text, size_t size);
char *lh_pool_printf(struct lh_pool *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Make room for `need` elements in the malloced array *data of *capacity elements (not the pool's).
 * New elements are zeroed. Returns 0 or -ENOMEM.
 */
int lh_grow(void *data, size_t *capacity, size_t need, size_t element_size);

#endif
