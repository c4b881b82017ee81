/* Where file descriptors come from and where they end. */
/* open() and open64() are two functions here, not two spellings of one. */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "descriptors.h"
#include "instrumented.h"
#include "real.h"

#define ORDERS() (lh_tsan_active() && !lh_is_shim(LH_CALLER))

/* The result of a call that gives a descriptor. */
#define BEGUN(fd) (ORDERS() ? lh_descriptor_begins(fd) : (fd))

#define OPENS(name, parameters, arguments) \
    LH_INTERCEPT int name parameters       \
    {                                      \
        int fd = REAL(name) arguments;     \
        return BEGUN(fd);                  \
    }
OPENS(creat, (const char *path, mode_t mode), (path, mode))
OPENS(socket, (int domain, int type, int protocol), (domain, type, protocol))
OPENS(eventfd, (unsigned count, int flags), (count, flags))
OPENS(epoll_create, (int size), (size))
OPENS(epoll_create1, (int flags), (flags))
OPENS(timerfd_create, (clockid_t clock, int flags), (clock, flags))
OPENS(inotify_init, (void), ())
OPENS(inotify_init1, (int flags), (flags))

/* With a mode only where a file can be made. */
static mode_t mode_of(int flags, va_list arguments)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

#define OPENS_FILE(name, parameters, ...)        \
    LH_INTERCEPT int name parameters             \
    {                                            \
        va_list arguments;                       \
        va_start(arguments, flags);              \
        mode_t mode = mode_of(flags, arguments); \
        va_end(arguments);                       \
        int fd = REAL(name)(__VA_ARGS__, mode);  \
        return BEGUN(fd);                        \
    }
OPENS_FILE(open, (const char *path, int flags, ...), path, flags)
OPENS_FILE(open64, (const char *path, int flags, ...), path, flags)
OPENS_FILE(openat, (int folder, const char *path, int flags, ...), folder, path, flags)
OPENS_FILE(openat64, (int folder, const char *path, int flags, ...), folder, path, flags)

LH_INTERCEPT FILE *fopen(const char *restrict path, const char *restrict mode)
{
    FILE *file = REAL(fopen)(path, mode);

    if (file && ORDERS())
        lh_descriptor_begins(fileno(file));
    return file;
}

LH_INTERCEPT FILE *fopen64(const char *restrict path, const char *restrict mode)
{
    FILE *file = REAL(fopen64)(path, mode);

    if (file && ORDERS())
        lh_descriptor_begins(fileno(file));
    return file;
}

LH_INTERCEPT int fclose(FILE *file)
{
    if (ORDERS()) {
        int saved = errno;
        lh_descriptor_ends(fileno(file));
        errno = saved;
    }
    return REAL(fclose)(file);
}

LH_INTERCEPT int close(int fd)
{
    if (ORDERS())
        lh_descriptor_ends(fd);
    return REAL(close)(fd);
}

/* ---- two ends ---- */

static int begun_pair(int result, const int *fds)
{
    if (result == 0) {
        lh_descriptor_begins(fds[0]);
        lh_descriptor_joins(fds[1], fds[0]);
    }
    return result;
}

#define OPENS_PAIR(name, parameters, arguments)             \
    LH_INTERCEPT int name parameters                        \
    {                                                       \
        int result = REAL(name) arguments;                  \
        return ORDERS() ? begun_pair(result, fds) : result; \
    }
OPENS_PAIR(pipe, (int fds[2]), (fds))
OPENS_PAIR(pipe2, (int fds[2], int flags), (fds, flags))
OPENS_PAIR(socketpair, (int domain, int type, int protocol, int fds[2]),
           (domain, type, protocol, fds))

/* The descriptor that the new one takes the place of is closed. */
static int duplicate(int from, int to, int flags, bool third)
{
    if (from != to)
        lh_descriptor_ends(to);
    int fd = third ? REAL(dup3)(from, to, flags) : REAL(dup2)(from, to);
    return from != to ? lh_descriptor_joins(fd, from) : fd;
}

LH_INTERCEPT int dup(int from)
{
    int fd = REAL(dup)(from);

    return ORDERS() ? lh_descriptor_joins(fd, from) : fd;
}

LH_INTERCEPT int dup2(int from, int to)
{
    return ORDERS() ? duplicate(from, to, 0, false) : REAL(dup2)(from, to);
}

LH_INTERCEPT int dup3(int from, int to, int flags)
{
    return ORDERS() ? duplicate(from, to, flags, true) : REAL(dup3)(from, to, flags);
}

/* ---- connections ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    unsigned char bytes[128];
};

static uint64_t mix(uint64_t hash, const void *start, size_t size)
{
    const unsigned char *bytes = start;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

/* The same address has the same number, told as IPv4 or as IPv6. */
static uint64_t number_of(const union address *address, socklen_t size)
{
    uint64_t hash = 0xcbf29ce484222325u;

    if (size >= sizeof address->v4 && address->any.sa_family == AF_INET)
        return mix(mix(hash, &address->v4.sin_addr, 4), &address->v4.sin_port, 2);
    if (size >= sizeof address->v6 && address->any.sa_family == AF_INET6) {
        const unsigned char *bytes = address->v6.sin6_addr.s6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
        return mix(mix(hash, mapped ? bytes + 12 : bytes, mapped ? 4 : 16), &address->v6.sin6_port,
                   2);
    }
    return mix(hash, address, size < sizeof *address ? size : sizeof *address);
}

/* Both ends of a connection add up to one name. */
static void name_connection(int fd, uint64_t peer)
{
    union address own = {0};
    socklen_t size = sizeof own;
    int saved = errno;

    if (getsockname(fd, &own.any, &size) == 0)
        lh_descriptor_is_named(fd, number_of(&own, size) + peer);
    errno = saved;
}

static int accepted(int fd)
{
    union address peer = {0};
    socklen_t size = sizeof peer;
    int saved = errno;

    if (lh_descriptor_begins(fd) < 0)
        return fd;
    lh_descriptor_accepted();
    if (getpeername(fd, &peer.any, &size) == 0)
        name_connection(fd, number_of(&peer, size));
    errno = saved;
    return fd;
}

LH_INTERCEPT int accept(int listener, __SOCKADDR_ARG address, socklen_t *restrict size)
{
    int fd = REAL(accept)(listener, address, size);

    return ORDERS() ? accepted(fd) : fd;
}

LH_INTERCEPT int accept4(int listener, __SOCKADDR_ARG address, socklen_t *restrict size, int flags)
{
    int fd = REAL(accept4)(listener, address, size, flags);

    return ORDERS() ? accepted(fd) : fd;
}

/* One that does not wait comes to be later, with the same addresses. */
LH_INTERCEPT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size)
{
    if (ORDERS())
        lh_descriptor_connects();
    int result = REAL(connect)(fd, address, size);
    if ((result == 0 || errno == EINPROGRESS) && ORDERS())
        name_connection(fd, number_of((const union address *)address.__sockaddr__, size));
    return result;
}

/* ---- sets of descriptors ---- */

/* What is told to the set is known to who gets an event from it. */
LH_INTERCEPT int epoll_ctl(int set, int operation, int fd, struct epoll_event *event)
{
    if (ORDERS())
        lh_descriptor_put(set);
    return REAL(epoll_ctl)(set, operation, fd, event);
}

LH_INTERCEPT int epoll_wait(int set, struct epoll_event *events, int most, int timeout)
{
    int result = REAL(epoll_wait)(set, events, most, timeout);

    if (result > 0 && ORDERS())
        lh_descriptor_taken(set);
    return result;
}

LH_INTERCEPT int epoll_pwait(int set, struct epoll_event *events, int most, int timeout,
                             const sigset_t *mask)
{
    int result = REAL(epoll_pwait)(set, events, most, timeout, mask);

    if (result > 0 && ORDERS())
        lh_descriptor_taken(set);
    return result;
}

LH_INTERCEPT int signalfd(int fd, const sigset_t *mask, int flags)
{
    int result = REAL(signalfd)(fd, mask, flags);

    return result != fd ? BEGUN(result) : result;
}
