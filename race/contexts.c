#include "contexts.h"

#include <stdbool.h>
#include <stddef.h>

#include "hash.h"
#include "intern.h"
#include "pool.h"
#include "self.h"
#include "watched.h"

#define REPEATS 2u       /* times that one function is in a context; a deeper recursion is folded */
#define PLENTY  262144u  /* contexts; beyond, once */
#define MOST    1048576u /* beyond, the callers of a function are no longer told apart */

struct context {
    uint64_t pc;
    uint32_t parent, function;
};

static struct lh_intern contexts = {.item_size = sizeof(struct context), .limit = MOST};

static const struct context *context_of(uint32_t number)
{
    return lh_interned(&contexts, number);
}

/*
 * A recursion goes round in its context: the paths through a program that recurses are as many as
 * its data likes, and a stack that repeats itself tells nothing new. Gives the innermost ancestor
 * of the same function, when there are enough of them. 0: fewer.
 */
static uint32_t folded(uint32_t parent, uint32_t function)
{
    /* Relaxed: a little more or less does not matter. */
    uint32_t left = __atomic_load_n(&contexts.count, __ATOMIC_RELAXED) < PLENTY ? REPEATS : 1;
    uint32_t innermost = 0;

    for (; parent; parent = context_of(parent)->parent) {
        if (context_of(parent)->function != function)
            continue;
        if (!innermost)
            innermost = parent;
        if (--left == 0)
            return innermost;
    }
    return 0;
}

static uint32_t child_of(uint32_t parent, const struct lh_frame *frame)
{
    /* Of the function half an address is enough to tell it from others. */
    struct context wanted = {
        .pc = frame->pc, .parent = parent, .function = (uint32_t)frame->function};
    uint32_t number = folded(parent, wanted.function);

    if (!number)
        number = lh_intern(&contexts, &wanted);
    return number ? number : parent;
}

static uint32_t context_below(struct lh_hot *hot, uint32_t parent, const struct lh_frame *frame)
{
    uintptr_t pc = frame->pc;
    struct lh_context_cache *cache =
        &hot->thread->contexts[lh_cache_place(pc ^ (uint64_t)parent << 32, LH_CONTEXT_CACHE)];

    if (cache->pc != pc || cache->parent != parent || !cache->context)
        *cache = (struct lh_context_cache){pc, parent, child_of(parent, frame)};
    return cache->context;
}

uint32_t lh_context_here(struct lh_hot *hot)
{
    struct lh_frame *first = hot->frames, *frame = hot->frame;

    while (frame > first && !frame[-1].context)
        frame--;
    uint32_t context = frame > first ? frame[-1].context : 0;
    for (; frame < hot->frame; frame++) {
        context = context_below(hot, context, frame);
        frame->context = context;
    }
    return context;
}

uint32_t lh_context_pcs(uint32_t context, uintptr_t *ret_pcs, uint32_t max)
{
    uint32_t n = 0;

    for (; context && n < max; context = context_of(context)->parent)
        ret_pcs[n++] = context_of(context)->pc;
    return n;
}

/* On the stack that the thread was born with? Frames on others are not compared with it. */
static bool on_own_stack(uintptr_t sp)
{
    const struct lh_self *self = lh_self;

    return self && sp >= self->stack_low && sp < self->stack_high;
}

void lh_frames_unwind(struct lh_hot *hot, uintptr_t sp)
{
    if (!on_own_stack(sp))
        return;
    while (hot->frame > hot->frames && hot->frame[-1].sp < sp && on_own_stack(hot->frame[-1].sp)) {
        hot->frame--;
        hot->frames_lost = 0;
    }
}

void lh_frame_push_slow(struct lh_hot *hot, uintptr_t pc, uintptr_t sp, uintptr_t function)
{
    if (hot->frames == hot->frame_end && !lh_race_frames(hot))
        return;
    /* What lies at or below the new frame was left without a word: by longjmp(), or an exception
     * that went through code without tables. */
    lh_frames_unwind(hot, sp + 1);
    if (hot->frame == hot->frame_end) {
        hot->frames_lost++;
        return;
    }
    *hot->frame++ = (struct lh_frame){.pc = pc, .sp = sp, .function = function};
}

void lh_frame_pop_slow(struct lh_hot *hot, uintptr_t pc, uintptr_t sp)
{
    if (hot->frames_lost) {
        hot->frames_lost--;
        return;
    }
    for (struct lh_frame *frame = hot->frame; frame > hot->frames; frame--) {
        if (frame[-1].pc == pc || frame[-1].sp >= sp) {
            hot->frame = frame - 1;
            return;
        }
    }
}

void lh_contexts_forked(void)
{
    lh_intern_forked(&contexts);
}
