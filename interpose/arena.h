/*
 * Private memory of the shim: anonymous mappings, handed out in pieces that are never given back
 * one by one. The caller serialises. A forked child drops all of it at once.
 */
#ifndef LH_INTERPOSE_ARENA_H
#define LH_INTERPOSE_ARENA_H

#include <stddef.h>

/* Zeroed, aligned to 64 bytes when size >= 64, else to 16. NULL: no memory. Keeps errno. */
void *lh_arena_alloc(size_t size);

/* For big tables that are replaced when they grow. NULL: no memory. Keeps errno. */
void *lh_table_alloc(size_t size);
void lh_table_free(void *table, size_t size);

/* In a forked child: begin a new piece. The rest of the old one may be in another thread's hands.
 */
void lh_arena_forked(void);

#endif
