/* Who allocates, where the call of malloc() comes from a library that stands in between. */
#ifndef LH_RACE_TSAN_ALLOCATING_H
#define LH_RACE_TSAN_ALLOCATING_H

#include <stdint.h>

/* Of the calling thread: where operator new was called that it is in; 0: it is in none. */
extern __thread uintptr_t lh_allocating
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

#endif
