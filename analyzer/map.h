/* A hash table from bytes to pointers. Keys are not copied: they must live as long as the map. */
#ifndef LH_ANALYZER_MAP_H
#define LH_ANALYZER_MAP_H

#include <stddef.h>

struct lh_map;

struct lh_map *lh_map_new(void);
void lh_map_free(struct lh_map *map);

/* NULL: no such key. */
void *lh_map_get(const struct lh_map *map, const void *key, size_t size);
/* The key must not be in the map yet, the value not NULL. Returns 0 or -ENOMEM. */
int lh_map_put(struct lh_map *map, const void *key, size_t size, void *value);

#endif
