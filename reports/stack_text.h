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
 * How many frames, counted from the innermost, are left when those that start a thread or the
 * program (clone3, start_thread, __libc_start_main, _start) are taken away from the outer end.
 */
size_t lh_stack_shown(const struct lh_stack *stack);

/* A path without the current directory in front of it. */
const char *lh_short_path(const char *path);

/* Print "bank.c:52", "libfoo.so+0x1234" or "0x55..": control characters made visible. */
void lh_put_place(FILE *out, const struct lh_frame *frame);
size_t lh_place_columns(const struct lh_frame *frame);

#endif
