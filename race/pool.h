/*
 * Memory of the detector, apart from the shim's arena: it is needed where the recorder lock must
 * not be taken. Pieces have sizes that are powers of two and are used again. Memory once used for
 * pieces stays mapped for good, so that a late reader reads something old at worst.
 */
#ifndef LH_RACE_POOL_H
#define LH_RACE_POOL_H

#include <stddef.h>
#include <stdint.h>

/*
 * The detector's one lock: for tables that grow. Innermost: nothing is called under it but mmap().
 * A spin lock; the holder does a few stores. Only between lh_hot_enter() and lh_hot_leave().
 */
void lh_race_lock(void);
void lh_race_unlock(void);

/* Zeroed. NULL: no memory. Keep errno. */
void *lh_pages_alloc(size_t size);
void lh_pages_free(void *pages, size_t size);

/* A piece of at least `size` bytes, aligned to 64; not zeroed. NULL: no memory. */
void *lh_pool_alloc(size_t size);
void lh_pool_free(void *piece, size_t size);
/* What a piece of that size really has. */
size_t lh_pool_room(size_t size);

/* Zeroed memory that is never given back. Under lh_race_lock(). */
void *lh_pool_keep(size_t size);

/* In a forked child: all that was handed out is forgotten. */
void lh_pool_forked(void);

#endif
