/*
 * A trace that is still being written, as seen from outside: what each thread waits for right now.
 * Nothing is mapped: a file that shrinks while it is looked at gives short reads, no SIGBUS. A
 * thread or a lock that cannot be read is answered as absent.
 *
 * One thread at a time may use a struct lh_live. Functions return 0 or -errno.
 */
#ifndef LH_TRACE_LIVE_H
#define LH_TRACE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

struct lh_live;

/* The part of a thread's slot that says whether and for what it waits. */
struct lh_live_thread {
    uint32_t uid;   /* 0: there is no such thread */
    uint32_t state; /* enum lh_thread_state */
    uint32_t tid;
    uint32_t wait_kind; /* enum lh_wait_kind */
    uint32_t wait_lock, wait_other;
    uint8_t wait_flags; /* enum lh_attempt_flags */
    uint32_t wait_number;
};

/* Errors as lh_reader_peek(); -ENODATA: the process has not begun it yet. */
int lh_live_open(const char *path, struct lh_live **ret);
void lh_live_close(struct lh_live *live);

/*
 * As it was when opened, which is enough to know whose trace it is; `mode` as of the last
 * lh_live_refresh(), for an interpreter can be found later.
 */
const struct lh_trace_header *lh_live_header(const struct lh_live *live);
/* The file's inode number, and whose it is. */
uint64_t lh_live_inode(const struct lh_live *live);
uint32_t lh_live_owner(const struct lh_live *live);

/* Find the threads and locks that came since. Returns the process's enum lh_state, or -errno. */
int lh_live_refresh(struct lh_live *live);

/* Has the process told of a deadlock that stands? By the last lh_live_refresh(). */
bool lh_live_told(const struct lh_live *live);

/* Places for threads, found by lh_live_refresh(). Some are free, or have ended. */
size_t lh_live_places(const struct lh_live *live);
struct lh_live_thread lh_live_thread(const struct lh_live *live, size_t place);
/* false: no such lock. */
bool lh_live_lock(const struct lh_live *live, uint32_t index, struct lh_trace_lock *ret);

/* What a watcher found out about a process. */
struct lh_mark {
    uint64_t stalled_ns;    /* 0: nothing, or in doubt */
    uint32_t doubts;        /* enum lh_doubt */
    uint64_t doubt_signals; /* LH_DOUBT_HANDLER */
};

/*
 * Write it into the header of a trace, which may be in use. The file's size stays as it is.
 * -EPROTONOSUPPORT: the trace's writer is too old to have room for it, or too new; -EBADMSG: no
 * trace.
 */
int lh_live_mark(const char *path, const struct lh_mark *mark);
/* Note that the process is about to be ended by us. Errors as above. */
int lh_live_mark_ended(const char *path);

#endif
