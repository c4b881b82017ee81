/* What is known of memory beyond the locks in it. */
#ifndef LH_INTERPOSE_MEMORY_H
#define LH_INTERPOSE_MEMORY_H

#include <stdbool.h>

/* Does the page of this address still exist? Keeps errno. */
bool lh_memory_is_mapped(const void *address);

#endif
