/*
 * What lies in a thread's own memory: the frames of functions on its stack, and its instances of
 * thread-local variables. For reports: other threads that use these are mostly a surprise.
 */
#ifndef LH_RACE_OWN_MEMORY_H
#define LH_RACE_OWN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "self.h"
#include "trace.h"

/*
 * The frame, on this live thread's stack, that the address lies in; false: in none that is known to
 * be a function's. Under the recorder lock.
 */
bool lh_own_frame(const struct lh_self *owner, uintptr_t addr, struct lh_trace_block *ret);

/*
 * The module's thread-local variables of a live thread that the address lies among. false: it does
 * not. Not under the recorder lock.
 */
bool lh_own_variables(uintptr_t addr, struct lh_trace_block *ret);

#endif
