/* For programs that call ThreadSanitizer's interface without asking whether it is there (bare.c).
 */
#include <stddef.h>

#include "entry.h"

LH_ENTRY void __tsan_acquire(void *object);
LH_ENTRY void __tsan_acquire(void *object)
{
    (void)object;
}

LH_ENTRY void __tsan_release(void *object);
LH_ENTRY void __tsan_release(void *object)
{
    (void)object;
}

LH_ENTRY void *__tsan_get_current_fiber(void);
LH_ENTRY void *__tsan_get_current_fiber(void)
{
    return &lh_hot;
}

LH_ENTRY void *__tsan_create_fiber(unsigned flags);
LH_ENTRY void *__tsan_create_fiber(unsigned flags)
{
    (void)flags;
    return &lh_hot;
}

LH_ENTRY void __tsan_destroy_fiber(void *fiber);
LH_ENTRY void __tsan_destroy_fiber(void *fiber)
{
    (void)fiber;
}

LH_ENTRY void __tsan_switch_to_fiber(void *fiber, unsigned flags);
LH_ENTRY void __tsan_switch_to_fiber(void *fiber, unsigned flags)
{
    (void)fiber, (void)flags;
}

LH_ENTRY void __tsan_set_fiber_name(void *fiber, const char *name);
LH_ENTRY void __tsan_set_fiber_name(void *fiber, const char *name)
{
    (void)fiber, (void)name;
}
