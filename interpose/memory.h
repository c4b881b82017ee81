/* What is known of memory beyond the locks in it. */
#ifndef LH_INTERPOSE_MEMORY_H
#define LH_INTERPOSE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Does the page of this address still exist? Keeps errno. */
bool lh_memory_is_mapped(const void *address);

/* The memory is given back, or replaced by other: the locks in it have ended. */
void lh_memory_ended(const void *start, size_t size);

/* Can the word at this address be read without a fault? Keeps errno. */
bool lh_memory_is_readable(const void *word);

#endif
