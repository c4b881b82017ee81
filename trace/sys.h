/*
 * System calls that the C library makes cancellation points of: here they are none. A thread that
 * is cancelled must not die inside a wrapper of a function where it could not be cancelled. All
 * return as the C library's do and set errno.
 */
#ifndef LH_TRACE_SYS_H
#define LH_TRACE_SYS_H

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "call.h"

static inline int lh_sys_open(const char *path, int flags, mode_t mode)
{
    return (int)lh_syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static inline int lh_sys_close(int fd)
{
    return (int)lh_syscall(SYS_close, fd);
}

static inline ssize_t lh_sys_read(int fd, void *ret, size_t size)
{
    return lh_syscall(SYS_read, fd, ret, size);
}

static inline ssize_t lh_sys_write(int fd, const void *data, size_t size)
{
    return lh_syscall(SYS_write, fd, data, size);
}

static inline ssize_t lh_sys_pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return lh_syscall(SYS_pwrite64, fd, data, size, offset);
}

/* sigtimedwait() */
static inline int lh_sys_take_signal(const sigset_t *signals, const struct timespec *limit)
{
    return (int)lh_syscall(SYS_rt_sigtimedwait, signals, NULL, limit, 64 / 8);
}

static inline int lh_sys_fallocate(int fd, off_t offset, off_t size)
{
    return (int)lh_syscall(SYS_fallocate, fd, 0, offset, size);
}

/* The shim stands in front of mmap() and munmap() too. */
static inline void *lh_sys_mmap(void *start, size_t size, int protection, int flags, int fd,
                                off_t offset)
{
    return (void *)lh_syscall(SYS_mmap, start, size, protection, flags, fd, offset);
}

static inline int lh_sys_munmap(void *start, size_t size)
{
    return (int)lh_syscall(SYS_munmap, start, size);
}

static inline int lh_sys_dup_high(int fd, int lowest)
{
    return (int)lh_syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, lowest);
}

#endif
