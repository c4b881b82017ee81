/* Allocations: a report names the heap block in which a race lies by where it was allocated. */
#include <errno.h>
#include <stdbool.h>

#include "allocating.h"
#include "calls.h"
#include "instrumented.h"
#include "real.h"

/* What the C library's own functions are called, for when a look-up of symbols allocates. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);

static __thread bool resolving __attribute__((tls_model("initial-exec")));

static bool is_resolved(const void *real)
{
    if (__builtin_expect(real != NULL, 1))
        return true;
    if (resolving)
        return false;
    resolving = true;
    lh_tsan_resolve();
    resolving = false;
    return true;
}

static void *note(void *block, size_t size, uintptr_t pc)
{
    if (lh_allocating)
        pc = lh_allocating;
    if (block && lh_tsan_active())
        lh_tsan_block(block, size, malloc_usable_size(block), lh_is_instrumented(pc), pc);
    return block;
}

LH_INTERCEPT void *malloc(size_t size)
{
    if (!is_resolved((const void *)(uintptr_t)lh_tsan_real.malloc))
        return __libc_malloc(size);
    return note(lh_tsan_real.malloc(size), size, LH_CALLER);
}

LH_INTERCEPT void *calloc(size_t count, size_t size)
{
    if (!is_resolved((const void *)(uintptr_t)lh_tsan_real.calloc))
        return __libc_calloc(count, size);
    return note(lh_tsan_real.calloc(count, size), count * size, LH_CALLER);
}

LH_INTERCEPT void *memalign(size_t alignment, size_t size)
{
    return note(REAL(memalign)(alignment, size), size, LH_CALLER);
}

LH_INTERCEPT void *aligned_alloc(size_t alignment, size_t size)
{
    return note(REAL(aligned_alloc)(alignment, size), size, LH_CALLER);
}

LH_INTERCEPT int posix_memalign(void **ret, size_t alignment, size_t size)
{
    int result = REAL(posix_memalign)(ret, alignment, size);
    if (result == 0)
        note(*ret, size, LH_CALLER);
    return result;
}

LH_INTERCEPT void *valloc(size_t size)
{
    return note(REAL(valloc)(size), size, LH_CALLER);
}

/* As realloc(), which the shim itself stands in front of. */
LH_INTERCEPT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}
