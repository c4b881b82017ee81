/*
 * longjmp(): the frames that it leaves never say that they are left. Where it goes lies in its
 * buffer, mangled as glibc does (sysdeps/x86_64/__longjmp.S): rotated, and combined with a secret
 * that each thread has at a fixed place.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdint.h>

#include "calls.h"
#include "real.h"

#define SP_IN_BUFFER 6 /* JB_RSP */

typedef void (*jump)(struct __jmp_buf_tag *buffer, int value);

static uintptr_t unmangle(uintptr_t word)
{
    uintptr_t secret;

    __asm__("mov %%fs:0x30, %0" : "=r"(secret));
    return (word >> 17 | word << 47) ^ secret;
}

static void unwind_to(const struct __jmp_buf_tag *buffer)
{
    if (lh_tsan_active())
        lh_tsan_unwind(unmangle((uintptr_t)buffer->__jmpbuf[SP_IN_BUFFER]));
}

/* The headers declare them with an array of one as the parameter. */
#define JUMP(name)                                                                               \
    LH_INTERCEPT void name(struct __jmp_buf_tag buffer[1], int value) __attribute__((noreturn)); \
    LH_INTERCEPT void name(struct __jmp_buf_tag buffer[1], int value)                            \
    {                                                                                            \
        static jump real;                                                                        \
        jump next = __atomic_load_n(&real, __ATOMIC_RELAXED);                                    \
        if (!next) {                                                                             \
            next = (jump)dlsym(RTLD_NEXT, #name);                                                \
            __atomic_store_n(&real, next, __ATOMIC_RELAXED);                                     \
        }                                                                                        \
        unwind_to(buffer);                                                                       \
        next(buffer, value);                                                                     \
        __builtin_unreachable();                                                                 \
    }
JUMP(longjmp)
JUMP(_longjmp)
JUMP(siglongjmp)
JUMP(__longjmp_chk)
