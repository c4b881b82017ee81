/*
 * Input and output touch the caller's buffers. What is read counts as written once it is there,
 * before it is used; what is written out, before that.
 */
#include <stdbool.h>

#include "calls.h"
#include "instrumented.h"
#include "real.h"

#define COUNTS() (lh_tsan_active() && lh_is_instrumented(LH_CALLER))

static void writes(const void *start, ssize_t size, uintptr_t pc)
{
    if (size > 0)
        lh_tsan_range(start, (size_t)size, true, pc);
}

LH_INTERCEPT ssize_t read(int fd, void *buffer, size_t size)
{
    ssize_t result = REAL(read)(fd, buffer, size);

    if (COUNTS())
        writes(buffer, result, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    ssize_t result = REAL(pread)(fd, buffer, size, offset);

    if (COUNTS())
        writes(buffer, result, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    ssize_t result = REAL(recv)(fd, buffer, size, flags);

    if (COUNTS())
        writes(buffer, result < (ssize_t)size ? result : (ssize_t)size, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t write(int fd, const void *buffer, size_t size)
{
    if (COUNTS())
        lh_tsan_range(buffer, size, false, LH_CALLER);
    return REAL(write)(fd, buffer, size);
}

LH_INTERCEPT ssize_t pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
    if (COUNTS())
        lh_tsan_range(buffer, size, false, LH_CALLER);
    return REAL(pwrite)(fd, buffer, size, offset);
}

LH_INTERCEPT ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    if (COUNTS())
        lh_tsan_range(buffer, size, false, LH_CALLER);
    return REAL(send)(fd, buffer, size, flags);
}

LH_INTERCEPT ssize_t readv(int fd, const struct iovec *parts, int count)
{
    ssize_t result = REAL(readv)(fd, parts, count), left = result;

    for (int i = 0; i < count && left > 0 && COUNTS(); i++) {
        ssize_t size = (ssize_t)parts[i].iov_len < left ? (ssize_t)parts[i].iov_len : left;
        writes(parts[i].iov_base, size, LH_CALLER);
        left -= size;
    }
    return result;
}

LH_INTERCEPT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    for (int i = 0; i < count && COUNTS(); i++)
        lh_tsan_range(parts[i].iov_base, parts[i].iov_len, false, LH_CALLER);
    return REAL(writev)(fd, parts, count);
}

LH_INTERCEPT size_t fread(void *restrict buffer, size_t size, size_t count, FILE *restrict file)
{
    size_t result = REAL(fread)(buffer, size, count, file);

    if (COUNTS())
        writes(buffer, (ssize_t)(result * size), LH_CALLER);
    return result;
}

LH_INTERCEPT size_t fwrite(const void *restrict buffer, size_t size, size_t count,
                           FILE *restrict file)
{
    if (COUNTS())
        lh_tsan_range(buffer, size * count, false, LH_CALLER);
    return REAL(fwrite)(buffer, size, count, file);
}
