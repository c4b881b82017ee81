/* What is known of memory beyond the locks in it. */
#ifndef LH_INTERPOSE_MEMORY_H
#define LH_INTERPOSE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "misuse_memory.h"
#include "site.h"

/* Does the page of this address still exist? Keeps errno. */
bool lh_memory_is_mapped(const void *address);

/* The kernel maps and unmaps whole pages. */
static inline size_t lh_whole_pages(size_t size)
{
    return (size + 4095) & ~(size_t)4095;
}

/* The memory is given back, or replaced by other: the locks in it have ended. */
void lh_memory_ended(const void *start, size_t size);
/* The same while it can still be read: what somebody holds there is told. */
void lh_memory_ends(const void *start, size_t size, struct lh_site site);
/* `freed` were held when their memory went by the call at this place. */
void lh_memory_freed(struct lh_freed *freed, struct lh_site site);

/* Can the word at this address be read without a fault? Keeps errno. */
bool lh_memory_is_readable(const void *word);

#endif
