/*
 * How reports name things: kinds of locks, modes, threads, losses, times. Any thread.
 */
#ifndef LH_REPORTS_WORDS_H
#define LH_REPORTS_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "finding.h"
#include "model.h"

/* "mutex", "rwlock", ...; "lock" for a kind that this version does not know. */
const char *lh_lock_kind_name(uint8_t kind);
/* The name of the n-th attribute ("recursive", "robust") that the flags have; NULL: no more. */
const char *lh_lock_attribute(uint32_t flags, size_t n);
/* "exclusive" or "shared". */
const char *lh_mode_name(uint8_t mode);

/* What a thread does to memory: "reads", "writes", "frees" (enum lh_access_flags). */
const char *lh_access_verb(uint32_t flags);
/* The same as a word for programs: "read", "write", "free", "allocate". */
const char *lh_access_name(uint32_t flags);

/* The thread's own name; "main" or "thread 7" when it has none. `buffer` may be used for it. */
#define LH_THREAD_LABEL 32
const char *lh_thread_label(const struct lh_thread *thread, uint32_t uid,
                            char buffer[LH_THREAD_LABEL]);

/* A drop counter: "no-space", and "the disk was full ...". NULL: the counter counts no loss. */
const char *lh_drop_name(size_t counter);
const char *lh_drop_help(size_t counter);

/* What it means that a process runs a Python which the recorder does not know. */
extern const char lh_unknown_python_help[];

/* "812 ns", "4.2 us", "17 ms", "1.25 s": three digits that count. Returns `buffer`. */
#define LH_TIME_TEXT 24
const char *lh_time_text(uint64_t ns, char buffer[LH_TIME_TEXT]);

#endif
