/*
 * What liblockhound-tsan.so tells the shim (tsan/): calls that touch memory of the program, and
 * allocations. Exported.
 */
#ifndef LH_RACE_CALLS_H
#define LH_RACE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Instrumented code is in the process. */
bool lh_tsan_active(void);
void lh_tsan_range(const void *start, size_t size, bool write, uintptr_t pc);
/* A heap block begins, of `size` bytes, with room for more. `mark`: that counts as writing it. */
void lh_tsan_block(const void *start, size_t size, size_t room, bool mark, uintptr_t pc);
void lh_tsan_acquire(const void *object);
void lh_tsan_release(const void *object);
/* The stack pointer goes up, without a word of the functions that are left. */
void lh_tsan_unwind(uintptr_t sp);

#endif
