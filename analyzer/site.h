/*
 * Where in the program something happened: the first frame of a stack that is the program's own
 * code and not the C or C++ runtime's. Lock classes, fingerprints and messages all name this place.
 */
#ifndef LH_ANALYZER_SITE_H
#define LH_ANALYZER_SITE_H

#include <string.h>

#include "model.h"
#include "pool.h"

static inline bool lh_frame_is_python(const struct lh_frame *frame)
{
    return frame->module && strcmp(frame->module, LH_PYTHON_MODULE) == 0;
}

/* Code of the C or C++ runtime, or of the recorder: not the program's own. */
bool lh_site_is_runtime(const struct lh_frame *frame);

/*
 * The first frame outside the runtime libraries and their inline code; the first frame of all when
 * there is no such one; NULL when the stack has no frames.
 */
const struct lh_frame *lh_site_frame(const struct lh_process *process, uint32_t stack);

/* The function's name, or else the file name of its module, or else "?". Never NULL. */
const char *lh_site_function(const struct lh_process *process, uint32_t stack);

/* "transfer (bank.c:52)", "libfoo.so+0x1234" or "an unknown place". NULL only without memory. */
const char *lh_site_text(struct lh_pool *pool, const struct lh_process *process, uint32_t stack);

/*
 * The function that called for both, at the call that led to `to`: where somebody who takes two
 * locks through functions of theirs can change their order. As lh_site_text() of `to` if there is
 * none.
 */
const char *lh_meeting_text(struct lh_pool *pool, const struct lh_process *process, uint32_t from,
                            uint32_t to);

/* Length of a function name without what compilers append to clones: "f.constprop.0" -> 1. */
size_t lh_site_name_length(const char *function);

/* The part of a path after the last slash. */
const char *lh_site_basename(const char *path);

#endif
