/* The operator delete that would be called if this library were not there. */
#ifndef LH_INTERPOSE_DELETING_NEXT_H
#define LH_INTERPOSE_DELETING_NEXT_H

#include <stddef.h>

enum lh_next_name {
#define DELETE(name, parameters, arguments, size) LH_NEXT_##name,
#include "deletes.def"
#undef DELETE
    LH_NEXT_COUNT,
};

struct lh_next {
    void (*function)(void);
    size_t (*usable_size)(void *); /* of the same allocator; NULL: it has none */
};

/* Never NULL, nor its function. Takes a lock only in what runs before this library's constructor.
 */
const struct lh_next *lh_next(enum lh_next_name name);

#endif
