/*
 * Which frames of a stack are worth showing, and where a frame lies. Any thread.
 */
#ifndef LH_REPORTS_STACK_TEXT_H
#define LH_REPORTS_STACK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "model.h"

/* The recorder's own frame. Its library stands between the program and libc in every stack. */
bool lh_frame_is_recorder(const struct lh_frame *frame);

/*
 * The frames for people, one after the other, innermost first. Left out are the recorder's own,
 * what started the thread or the program (start_thread, std::thread's machinery, _start), and of
 * the runtime's frames in a row all but the one that the program called: std::lock_guard's
 * constructor, not what it called in turn. A stack of nothing else is shown as it is.
 */
struct lh_shown_frames {
    const struct lh_stack *stack;
    size_t next, end;
    bool all;
};

struct lh_shown_frames lh_shown_frames(const struct lh_stack *stack);
/* NULL: there are no more. */
const struct lh_frame *lh_shown_next(struct lh_shown_frames *frames);

/* A path without the current directory in front of it. */
const char *lh_short_path(const char *path);

/* Print "bank.c:52", "libfoo.so+0x1234" or "0x55..": control characters made visible. */
void lh_put_place(FILE *out, const struct lh_frame *frame);

#endif
