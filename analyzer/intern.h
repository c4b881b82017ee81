/* Names and file paths, each kept once, in a pool that belongs to somebody else. */
#ifndef LH_ANALYZER_INTERN_H
#define LH_ANALYZER_INTERN_H

#include "pool.h"

struct lh_strings;

struct lh_strings *lh_strings_new(struct lh_pool *pool);
void lh_strings_free(struct lh_strings *strings); /* the texts stay in the pool */

/* The kept copy; NULL for NULL and when out of memory. */
const char *lh_intern(struct lh_strings *strings, const char *text);
/* The same for the path of a source file, without "." and ".." in it. */
const char *lh_intern_path(struct lh_strings *strings, const char *path);
struct lh_pool *lh_strings_pool(struct lh_strings *strings);

#endif
