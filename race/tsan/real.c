#include "real.h"

#include <dlfcn.h>

struct lh_tsan_real lh_tsan_real;

/* Two threads may do this at once: both store the same values. */
__attribute__((constructor(101))) void lh_tsan_resolve(void)
{
#define CALL(function) lh_tsan_real.function = (__typeof__(function) *)dlsym(RTLD_NEXT, #function);
#include "calls.def"
#undef CALL
}
