/*
 * What the C library itself says of a lock. Nothing here locks, allocates or writes; the object
 * must be readable.
 */
#ifndef LH_INTERPOSE_GLIBC_STATE_H
#define LH_INTERPOSE_GLIBC_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

enum lh_state_of {
    LH_IS_FREE,
    LH_IS_MINE, /* also: it does not say whose it is */
    LH_IS_OTHERS,
};

/* `tid`: the kernel's number of the thread that asks. */
enum lh_state_of lh_glibc_state(const void *object, enum lh_lock_kind kind, uint32_t tid);

/* Is it certainly locked, by this thread where the lock says by whom? Only mutex, rwlock and spin.
 */
bool lh_glibc_is_locked(const void *object, enum lh_lock_kind kind, uint32_t tid);

/* Is it certainly free? In memory that may be overwritten by now. */
bool lh_glibc_is_free(const void *object, enum lh_lock_kind kind);

enum lh_mutex_fault {
    LH_MUTEX_GOOD,
    LH_MUTEX_DESTROYED,
    LH_MUTEX_INVALID, /* its type is none: never initialized, or overwritten */
};
enum lh_mutex_fault lh_glibc_mutex_fault(const void *mutex);

/* Did the last owner of this robust mutex end with it, and has nobody called it consistent since?
 */
bool lh_glibc_is_inconsistent(const void *mutex);

/* Are its bytes those of a static initializer? */
bool lh_glibc_is_like_new(const void *object, enum lh_lock_kind kind);

/* Bytes of an object of this kind. */
size_t lh_glibc_size(enum lh_lock_kind kind);

/* A barrier that no init call has seen, of all zeros. */
bool lh_glibc_is_empty_barrier(const void *object, enum lh_lock_kind kind);

#endif
