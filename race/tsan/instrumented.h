/*
 * Was this code compiled with -fsanitize=thread? Its accesses are the program's; those of other
 * code are not looked at, for what orders them may not be seen either.
 */
#ifndef LH_RACE_TSAN_INSTRUMENTED_H
#define LH_RACE_TSAN_INSTRUMENTED_H

#include <stdbool.h>
#include <stdint.h>

bool lh_is_instrumented(uintptr_t pc);

/* Is this the shim's own code? */
bool lh_is_shim(uintptr_t pc);

#endif
