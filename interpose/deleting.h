/*
 * What liblockhound-delete.so (deleting/) tells the shim. An allocator with an operator delete of
 * its own gives blocks back without a call of free() that the shim could see. Exported.
 */
#ifndef LH_INTERPOSE_DELETING_H
#define LH_INTERPOSE_DELETING_H

#include <stdbool.h>
#include <stddef.h>

#include "site.h"

/*
 * The block is about to be given back by the operator delete that was called at this place; size 0:
 * it is not known. That the same is told again, by free() or another operator delete, does no harm.
 * true: lh_delete_ended() is to be called when it has been given back.
 */
bool lh_delete_begins(void *block, size_t size, struct lh_site site);
void lh_delete_ended(void);

#endif
