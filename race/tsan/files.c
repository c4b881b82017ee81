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

static bool counts(uintptr_t pc)
{
    return lh_tsan_active() && lh_is_instrumented(pc);
}

/* Order counts whoever calls, as data may pass through a library that is not instrumented. */
static bool orders(uintptr_t pc)
{
    return lh_tsan_active() && !lh_is_shim(pc);
}

static void put(int fd, uintptr_t pc)
{
    if (orders(pc))
        lh_descriptor_put(fd);
}

/* Before `fd` gets what is in the buffer. */
static void put_from(int fd, const void *buffer, size_t size, uintptr_t pc)
{
    if (counts(pc))
        lh_tsan_range(buffer, size, false, pc);
    put(fd, pc);
}

static void put_from_parts(int fd, const struct iovec *parts, size_t count, uintptr_t pc)
{
    for (size_t i = 0; i < count && counts(pc); i++)
        lh_tsan_range(parts[i].iov_base, parts[i].iov_len, false, pc);
    put(fd, pc);
}

/* `result` bytes came from `fd`; no more of them than there is room for. Returns `result`. */
static ssize_t taken_into(int fd, void *buffer, size_t room, ssize_t result, uintptr_t pc)
{
    if (result < 0)
        return result;
    if (orders(pc))
        lh_descriptor_taken(fd);
    if (result > 0 && counts(pc))
        lh_tsan_range(buffer, (size_t)result < room ? (size_t)result : room, true, pc);
    return result;
}

static ssize_t taken_into_parts(int fd, const struct iovec *parts, size_t count, ssize_t result,
                                uintptr_t pc)
{
    size_t left = result > 0 ? (size_t)result : 0;

    if (result >= 0 && orders(pc))
        lh_descriptor_taken(fd);
    for (size_t i = 0; i < count && left && counts(pc); i++) {
        size_t size = parts[i].iov_len < left ? parts[i].iov_len : left;
        if (size)
            lh_tsan_range(parts[i].iov_base, size, true, pc);
        left -= size;
    }
    return result;
}

LH_INTERCEPT ssize_t read(int fd, void *buffer, size_t size)
{
    return taken_into(fd, buffer, size, REAL(read)(fd, buffer, size), LH_CALLER);
}

LH_INTERCEPT ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    return taken_into(fd, buffer, size, REAL(pread)(fd, buffer, size, offset), LH_CALLER);
}

LH_INTERCEPT ssize_t recv(int fd, void *buffer, size_t size, int flags)
{
    return taken_into(fd, buffer, size, REAL(recv)(fd, buffer, size, flags), LH_CALLER);
}

LH_INTERCEPT ssize_t recvfrom(int fd, void *restrict buffer, size_t size, int flags,
                              __SOCKADDR_ARG address, socklen_t *restrict length)
{
    ssize_t result = REAL(recvfrom)(fd, buffer, size, flags, address, length);

    return taken_into(fd, buffer, size, result, LH_CALLER);
}

/* Checked forms that a program compiled with _FORTIFY_SOURCE calls. */
LH_INTERCEPT ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room)
{
    return taken_into(fd, buffer, size, REAL(__read_chk)(fd, buffer, size, room), LH_CALLER);
}

LH_INTERCEPT ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
    ssize_t result = REAL(__recv_chk)(fd, buffer, size, room, flags);

    return taken_into(fd, buffer, size, result, LH_CALLER);
}

LH_INTERCEPT ssize_t readv(int fd, const struct iovec *parts, int count)
{
    ssize_t result = REAL(readv)(fd, parts, count);

    return taken_into_parts(fd, parts, count > 0 ? (size_t)count : 0, result, LH_CALLER);
}

LH_INTERCEPT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t result = REAL(recvmsg)(fd, message, flags);

    if (result < 0)
        return result;
    return taken_into_parts(fd, message->msg_iov, message->msg_iovlen, result, LH_CALLER);
}

LH_INTERCEPT ssize_t write(int fd, const void *buffer, size_t size)
{
    put_from(fd, buffer, size, LH_CALLER);
    return REAL(write)(fd, buffer, size);
}

LH_INTERCEPT ssize_t pwrite(int fd, const void *buffer, size_t size, off_t offset)
{
    put_from(fd, buffer, size, LH_CALLER);
    return REAL(pwrite)(fd, buffer, size, offset);
}

LH_INTERCEPT ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    put_from(fd, buffer, size, LH_CALLER);
    return REAL(send)(fd, buffer, size, flags);
}

LH_INTERCEPT ssize_t sendto(int fd, const void *buffer, size_t size, int flags,
                            __CONST_SOCKADDR_ARG address, socklen_t length)
{
    put_from(fd, buffer, size, LH_CALLER);
    return REAL(sendto)(fd, buffer, size, flags, address, length);
}

LH_INTERCEPT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    put_from_parts(fd, parts, count > 0 ? (size_t)count : 0, LH_CALLER);
    return REAL(writev)(fd, parts, count);
}

LH_INTERCEPT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    /* Elsewhere a pointer to nowhere is the kernel's to refuse. */
    if (lh_tsan_active())
        put_from_parts(fd, message->msg_iov, message->msg_iovlen, LH_CALLER);
    return REAL(sendmsg)(fd, message, flags);
}

LH_INTERCEPT ssize_t sendfile(int to, int from, off_t *offset, size_t size)
{
    put(to, LH_CALLER);
    return REAL(sendfile)(to, from, offset, size);
}

LH_INTERCEPT size_t fread(void *restrict buffer, size_t size, size_t count, FILE *restrict file)
{
    size_t result = REAL(fread)(buffer, size, count, file);

    if (result && size && counts(LH_CALLER))
        lh_tsan_range(buffer, result * size, true, LH_CALLER);
    return result;
}

LH_INTERCEPT size_t fwrite(const void *restrict buffer, size_t size, size_t count,
                           FILE *restrict file)
{
    if (counts(LH_CALLER))
        lh_tsan_range(buffer, size * count, false, LH_CALLER);
    return REAL(fwrite)(buffer, size, count, file);
}
