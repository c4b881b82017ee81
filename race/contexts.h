/*
 * Calling contexts: the functions that a thread is in, as a path in a tree that all threads share.
 * A thread keeps only the return addresses on its own stack of frames; their numbers here are found
 * when an access asks for them, and kept with the frame.
 */
#ifndef LH_RACE_CONTEXTS_H
#define LH_RACE_CONTEXTS_H

#include <stdint.h>

#include "hot.h"

#define LH_FRAMES (1u << 15) /* frames that a thread keeps; deeper ones are cut */

/* The calling context that the thread is in. 0: in no instrumented function. */
uint32_t lh_context_here(struct lh_hot *hot);

/* The return addresses of a context, innermost first. Returns their number. */
uint32_t lh_context_pcs(uint32_t context, uintptr_t *ret_pcs, uint32_t max);

/* Entering and leaving a function when that is not the usual push and pop. */
void lh_frame_push_slow(struct lh_hot *hot, uintptr_t pc, uintptr_t sp, uintptr_t function);
void lh_frame_pop_slow(struct lh_hot *hot, uintptr_t pc, uintptr_t sp);

/* longjmp(): what lies below this stack pointer is left. */
void lh_frames_unwind(struct lh_hot *hot, uintptr_t sp);

void lh_contexts_forked(void);

#endif
