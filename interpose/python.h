/*
 * CPython in this process: the call chain of Python code, read from the interpreter's own frames.
 *
 * Nothing of the interpreter is called that allocates, runs code, or touches a reference count. The
 * frames of a thread are read only while it holds the interpreter's lock (the GIL), so they stand
 * still. Where the fields lie depends on the version: a version that is not in the table of
 * python.c has C stacks only.
 */
#ifndef LH_INTERPOSE_PYTHON_H
#define LH_INTERPOSE_PYTHON_H

#include <stdbool.h>
#include <stdint.h>

#include "self.h"
#include "site.h"

/* The interpreter's code; none when there is no interpreter of a known version. */
extern struct lh_python_code {
    uintptr_t start, size;
} lh_python_code;

/*
 * Is this a call of the interpreter? Its semaphores are the locks of Python code, and nothing else
 * in it calls the functions of semaphores.
 */
static inline bool lh_python_calls(struct lh_site site)
{
    return __builtin_expect(site.pc - lh_python_code.start < lh_python_code.size, 0);
}

/* Look for an interpreter among the loaded modules. */
void lh_python_find(void);

/*
 * The id of the stack of Python code that the calling thread is in. Without the GIL: that of its
 * last call with it. LH_NO_STACK: none is known.
 */
uint32_t lh_python_stack(struct lh_self *self);

/*
 * Python code that locks tries first, with the GIL, and waits only when that fails. What the try is
 * for, as the calling code says: 0: it will wait, LH_ATTEMPT_TIMED: it will give up after a while,
 * LH_ATTEMPT_TRY: it will not wait, or nobody knows.
 */
uint32_t lh_python_attempt(void);

/* Is a lock that is being made one that the interpreter's library uses as a signal? */
bool lh_python_makes_signal(void);

void lh_python_forked(void);

#endif
