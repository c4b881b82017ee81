/* The functions that this library stands in front of, as the next object in search order has them.
 */
#ifndef LH_RACE_TSAN_REAL_H
#define LH_RACE_TSAN_REAL_H

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

/* glibc declares these only to programs that ask for them. */
ssize_t __read_chk(int fd, void *buffer, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *buffer, size_t size, size_t room, int flags);

struct lh_tsan_real {
#define CALL(function) __typeof__(function) *function;
#include "calls.def"
#undef CALL
};

extern struct lh_tsan_real lh_tsan_real __attribute__((visibility("hidden")));

/* Resolved when the library is loaded; NULL only in what runs before that. */
void lh_tsan_resolve(void) __attribute__((visibility("hidden")));

#define REAL(function)                                  \
    (__builtin_expect(lh_tsan_real.function == NULL, 0) \
         ? (lh_tsan_resolve(), lh_tsan_real.function)   \
         : lh_tsan_real.function)

#define LH_INTERCEPT __attribute__((visibility("default")))
#define LH_CALLER    ((uintptr_t)__builtin_return_address(0))

#endif
