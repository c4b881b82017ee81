/*
 * Input and output touch the caller's buffers. What is read counts as written once it is there,
 * before it is used; what is written out, before that. And what is read comes after what was
 * written, whoever's code calls.
 */
#include <stdbool.h>

#include "calls.h"
#include "descriptors.h"
#include "instrumented.h"
#include "real.h"

#define COUNTS() (lh_tsan_active() && lh_is_instrumented(LH_CALLER))
#define ORDERS() (lh_tsan_active() && !lh_is_shim(LH_CALLER))

#define PUT(fd)                    \
    do {                           \
        if (ORDERS())              \
            lh_descriptor_put(fd); \
    } while (0)
#define TAKEN(fd, result)              \
    do {                               \
        if ((result) >= 0 && ORDERS()) \
            lh_descriptor_taken(fd);   \
    } while (0)

static void writes(const void *start, ssize_t size, uintptr_t pc)
{
    if (size > 0)
        lh_tsan_range(start, (size_t)size, true, pc);
}

LH_INTERCEPT ssize_t read(int fd, void *buffer, size_t size)
{
    ssize_t result = REAL(read)(fd, buffer, size);

    TAKEN(fd, result);
    if (COUNTS())
        writes(buffer, result, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    ssize_t result = REAL(pread)(fd, buffer, size, offset);

    TAKEN(fd, result);
    if (COUNTS())
        writes(buffer, result, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    ssize_t result = REAL(recv)(fd, buffer, size, flags);

    TAKEN(fd, result);
    if (COUNTS())
        writes(buffer, result < (ssize_t)size ? result : (ssize_t)size, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t write(int fd, const void *buffer, size_t size)
{
    if (COUNTS())
        lh_tsan_range(buffer, size, false, LH_CALLER);
    PUT(fd);
    return REAL(write)(fd, buffer, size);
}

LH_INTERCEPT ssize_t pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
    if (COUNTS())
        lh_tsan_range(buffer, size, false, LH_CALLER);
    PUT(fd);
    return REAL(pwrite)(fd, buffer, size, offset);
}

LH_INTERCEPT ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    if (COUNTS())
        lh_tsan_range(buffer, size, false, LH_CALLER);
    PUT(fd);
    return REAL(send)(fd, buffer, size, flags);
}

LH_INTERCEPT ssize_t readv(int fd, const struct iovec *parts, int count)
{
    ssize_t result = REAL(readv)(fd, parts, count), left = result;

    TAKEN(fd, result);
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
    PUT(fd);
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

/* Checked forms that a program compiled with _FORTIFY_SOURCE calls. */
LH_INTERCEPT ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
    ssize_t result = REAL(__read_chk)(fd, buffer, size, room);

    TAKEN(fd, result);
    if (COUNTS())
        writes(buffer, result, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
    ssize_t result = REAL(__recv_chk)(fd, buffer, size, room, flags);

    TAKEN(fd, result);
    if (COUNTS())
        writes(buffer, result < (ssize_t)size ? result : (ssize_t)size, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t recvfrom(int fd, void *restrict buffer, size_t size, int flags,
                              __SOCKADDR_ARG address, socklen_t *restrict length)
{
    ssize_t result = REAL(recvfrom)(fd, buffer, size, flags, address, length);

    TAKEN(fd, result);
    if (COUNTS())
        writes(buffer, result < (ssize_t)size ? result : (ssize_t)size, LH_CALLER);
    return result;
}

LH_INTERCEPT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t result = REAL(recvmsg)(fd, message, flags), left = result;

    TAKEN(fd, result);
    for (size_t i = 0; left > 0 && i < message->msg_iovlen && COUNTS(); i++) {
        const struct iovec *part = &message->msg_iov[i];
        ssize_t size = (ssize_t)part->iov_len < left ? (ssize_t)part->iov_len : left;
        writes(part->iov_base, size, LH_CALLER);
        left -= size;
    }
    return result;
}

LH_INTERCEPT ssize_t sendto(int fd, const void *buffer, size_t size, int flags,
                            __CONST_SOCKADDR_ARG address, socklen_t length)
{
    if (COUNTS())
        lh_tsan_range(buffer, size, false, LH_CALLER);
    PUT(fd);
    return REAL(sendto)(fd, buffer, size, flags, address, length);
}

LH_INTERCEPT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    for (size_t i = 0; i < message->msg_iovlen && COUNTS(); i++)
        lh_tsan_range(message->msg_iov[i].iov_base, message->msg_iov[i].iov_len, false, LH_CALLER);
    PUT(fd);
    return REAL(sendmsg)(fd, message, flags);
}

LH_INTERCEPT ssize_t sendfile(int to, int from, off_t *offset, size_t size)
{
    PUT(to);
    return REAL(sendfile)(to, from, offset, size);
}
