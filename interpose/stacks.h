/*
 * The call stack of an event at a few nanoseconds: the verified stack cache.
 *
 * The unwinder walks a stack once. What it found is kept as a "shape": the return addresses and at
 * which offsets from the wrapper's stack pointer they lie. At the next event from the same place
 * those words are read again: when all are equal the stack is the same, and its id is known. They
 * are compared innermost first: a frame that matches runs the same code as before, so the next
 * return address lies where the shape says, and nothing outside the stack is read.
 *
 * Where a return address differs, the stack may still be that of another shape that begins alike:
 * many ways may lead to one place that locks. From the frames that are equal and the address that
 * is not, a "way" leads to a shape that goes on like that (stacks.c), and so on, as in a tree.
 */
#ifndef LH_INTERPOSE_STACKS_H
#define LH_INTERPOSE_STACKS_H

#include <stdint.h>

#include "hash.h"
#include "modules.h"
#include "self.h"
#include "site.h"

struct lh_shape {
    uint32_t id; /* of the stack in the trace */
    uint32_t count;
    uint32_t epoch; /* module epoch in which it was seen */
    uint32_t reach; /* largest offset */
    struct lh_shape_frame {
        uintptr_t pc;
        uint32_t offset; /* of the word that holds pc, from the site's sp; not used in frame 0 */
    } frames[];
};

/* The innermost return addresses, recorded nowhere: their number, 1 to `most`. */
uint32_t lh_stack_callers(const struct lh_self *self, struct lh_site site, uintptr_t *ret_pcs,
                          uint32_t most);

/* For lh_stack_of(): not in this thread's cache. */
uint32_t lh_stack_find(struct lh_self *self, struct lh_site site);

static inline bool lh_frame_matches(const struct lh_shape_frame *frame, struct lh_site site)
{
    return *(const uintptr_t *)(site.sp + frame->offset) == frame->pc;
}

/* Four at a time: on deep stacks, counting would take as long as comparing. */
static inline bool lh_shape_matches(const struct lh_shape *shape, struct lh_site site)
{
    if (shape->frames[0].pc != site.pc || shape->epoch != lh_modules_epoch())
        return false;
    const struct lh_shape_frame *frame = &shape->frames[1], *end = &shape->frames[shape->count];
    for (; end - frame >= 4; frame += 4) {
        if (!lh_frame_matches(frame, site) || !lh_frame_matches(frame + 1, site) ||
            !lh_frame_matches(frame + 2, site) || !lh_frame_matches(frame + 3, site))
            return false;
    }
    for (; frame < end; frame++) {
        if (!lh_frame_matches(frame, site))
            return false;
    }
    return true;
}

/* The id of the stack that called a wrapper; LH_NO_STACK when it cannot be recorded. */
static inline uint32_t lh_stack_of(struct lh_self *self, struct lh_site site)
{
    const struct lh_stack_cache *cache =
        &self->stack_cache[lh_spread(site.pc ^ site.sp << 16) & (LH_STACK_CACHE - 1)];
    if (__builtin_expect(cache->sp == site.sp && lh_shape_matches(cache->shape, site), 1))
        return cache->shape->id;
    return lh_stack_find(self, site);
}

/* Have the unwinder set itself up, before it is needed in a less quiet moment. */
void lh_stacks_prepare(void);

void lh_stacks_forked(void);

/* Copy the return addresses of a shape-less id: for the child of a fork. Returns their number. */
uint32_t lh_stack_pcs(uint32_t id, uintptr_t *ret_pcs, uint32_t max);
/* Record a stack known by its addresses only. Under the recorder lock. */
uint32_t lh_stack_record(const uintptr_t *pcs, uint32_t count);

#endif
