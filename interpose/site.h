/*
 * Where a wrapper was called from: what the stack cache starts at. x86_64: the return address lies
 * just below the stack pointer that the caller has after the call.
 */
#ifndef LH_INTERPOSE_SITE_H
#define LH_INTERPOSE_SITE_H

#include <stdint.h>

struct lh_site {
    uintptr_t pc; /* return address into the program */
    uintptr_t sp; /* the caller's stack pointer after the return */
};

/* Only in the exported wrapper itself; the functions it calls get the value. */
#define LH_SITE()                                             \
    ((struct lh_site){(uintptr_t)__builtin_return_address(0), \
                      (uintptr_t)__builtin_frame_address(0) + 2 * sizeof(void *)})

#endif
