/* An operator delete of a library that is no C++ library, and calls free() as the C++ library's
 * does. */
#include <stdlib.h>

void _ZdlPv(void *block);
void _ZdlPvm(void *block, size_t size);
void _ZdaPv(void *block);
void _ZdaPvm(void *block, size_t size);

void _ZdlPv(void *block)
{
    free(block);
}

void _ZdlPvm(void *block, size_t size)
{
    (void)size;
    free(block);
}

void _ZdaPv(void *block)
{
    free(block);
}

void _ZdaPvm(void *block, size_t size)
{
    (void)size;
    free(block);
}
