#include "unwind_safely.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "call.h"
#include "export.h"
#include "real.h"

#define PAGE      4096u
#define MASK_SIZE 8 /* of the kernel's signal masks */
#define LOOKED_AT 9 /* bytes of a signal's return that libgcc compares */

/* Out of this thread's walk; NULL: it walks no stack. */
static __thread void **way_out __attribute__((tls_model("initial-exec")));

/*
 * The kernel copies a signal mask before it finds that there is no such thing to do with it. So
 * this asks whether memory can be read, and changes nothing.
 */
static bool is_mask_readable(uintptr_t place)
{
    return lh_syscall(SYS_rt_sigprocmask, ~0, (const void *)place, NULL, MASK_SIZE) >= 0 ||
           errno != EFAULT;
}

/* `pc` may be the byte before the return address. */
static bool is_code_readable(uintptr_t pc)
{
    uintptr_t rest = pc + 1 + LOOKED_AT - MASK_SIZE;

    return is_mask_readable(pc) && (pc / PAGE == (pc + LOOKED_AT) / PAGE || is_mask_readable(rest));
}

/*
 * libgcc and LLVM's libunwind ask the C library (from glibc 2.35 on) for the tables of each
 * address, holding no lock. Under another name here, for its true type is in newer headers only.
 */
LH_EXPORT int find_object(void *pc, void *ret) __asm__("_dl_find_object");

LH_EXPORT int find_object(void *pc, void *ret)
{
    lh_real_need();
    int result = lh_real.dl_find_object ? lh_real.dl_find_object(pc, ret) : -1;

    if (result != 0 && way_out && !is_code_readable((uintptr_t)pc))
        __builtin_longjmp(way_out, 1);
    return result;
}

/* Apart from where it is left, as __builtin_longjmp() demands. */
__attribute__((noinline)) static void walk(_Unwind_Trace_Fn on_frame, void *data)
{
    _Unwind_Backtrace(on_frame, data);
}

void lh_unwind_safely(_Unwind_Trace_Fn on_frame, void *data)
{
    void *back[5], **volatile before = way_out; /* in a handler: of the interrupted walk */

    if (__builtin_setjmp(back) == 0) {
        way_out = back;
        walk(on_frame, data);
    }
    way_out = before;
}
