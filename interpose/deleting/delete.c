/*
 * Stands in front of operator delete where an allocator brings one of its own, as jemalloc and
 * tcmalloc do: the shim learns that a block ends, and with it the locks that lie there.
 */
#include <errno.h>

#include "deleting.h"
#include "next.h"

/* What is known of the size; 0: nothing. */
static size_t size_of(const struct lh_next *next, void *block, size_t said)
{
    return next->usable_size ? next->usable_size(block) : said;
}

static bool tell(const struct lh_next *next, void *block, size_t said, struct lh_site site)
{
    int saved = errno;
    bool to_end = block && lh_delete_begins(block, size_of(next, block, said), site);

    errno = saved;
    return to_end;
}

#define DELETE(name, parameters, arguments, size)                          \
    __attribute__((visibility("default"), noinline)) void name parameters; \
    void name parameters                                                   \
    {                                                                      \
        const struct lh_next *next = lh_next(LH_NEXT_##name);              \
        bool to_end = tell(next, block, size, LH_SITE());                  \
        ((void(*) parameters)next->function) arguments;                    \
        if (to_end)                                                        \
            lh_delete_ended();                                             \
    }                                                                      \
    extern __typeof__(name) lh_own##name __attribute__((alias(#name), visibility("hidden")));
#include "deletes.def"
#undef DELETE
