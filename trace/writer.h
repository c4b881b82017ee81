/*
 * Writing a trace file from inside the recorded process: a shared mapping that grows by extents.
 *
 * Nothing here calls malloc, stdio or a lock. The caller serialises all calls (the shim's recorder
 * lock); what the returned memory is used for afterwards is up to its owner. Disk space is reserved
 * before it is mapped, so that a full disk is an error here and not a SIGBUS in the program.
 */
#ifndef LH_TRACE_WRITER_H
#define LH_TRACE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

#define LH_PATH_MAX 4096

struct lh_writer {
    struct lh_trace_header *header; /* NULL: no file */
    char path[LH_PATH_MAX];         /* absolute */
    int fd;                         /* kept, high up; the program may close it */
    uint64_t device, inode;
    uint64_t file_size; /* reserved bytes */
    uint64_t max_size;  /* bytes, 0: no limit */
    char *chunk;        /* mapped and not yet handed out */
    uint64_t chunk_offset;
    uint64_t chunk_left;
    uint64_t next_chunk; /* bytes to reserve next time */
    /* the log that records are appended to */
    char *log;
    uint64_t log_left;
    uint32_t next_lock; /* index of the next lock slot extent's first slot */
    struct lh_mapping {
        void *start;
        size_t size;
    } mappings[64]; /* so that a forked child can let go of them; neighbours are merged */
    size_t n_mappings;
};

/*
 * Create the trace file. When `path` is taken, ".PID" and then ".PID.N" is appended. `command` is
 * the NUL separated command line. Errors: -errno of open, reserving space, or mmap.
 */
int lh_writer_open(struct lh_writer *writer, const char *path, uint32_t mode, const char *command,
                   size_t command_size, bool forked);

/* A new extent of `size` bytes (rounded up to units), zeroed, with its header. NULL: no room. */
struct lh_trace_extent *lh_writer_extent(struct lh_writer *writer, enum lh_extent_type type,
                                         size_t size, uint32_t first_index, uint32_t owner);

/*
 * Room for a log record of `size` bytes (rounded up); zeroed, not visible before
 * lh_writer_commit(). NULL: no room.
 */
void *lh_writer_record(struct lh_writer *writer, size_t size);

/* Make the record visible, with its type and size. */
void lh_writer_commit(void *record, enum lh_record_type type, size_t size);

/* Offset in the file of something that lies in an extent. */
uint64_t lh_writer_place(const struct lh_trace_extent *extent, const void *inside);

/* Note that the process ends, and give back what was reserved beyond the last extent. */
void lh_writer_finish(struct lh_writer *writer, enum lh_state state);

/*
 * In a forked child: let go of the parent's file without touching it. What was mapped stays memory,
 * of the child's own and zeroed.
 */
void lh_writer_forget(struct lh_writer *writer);

/* The tick counter that all times of a trace are in, and CLOCK_MONOTONIC in ns. */
static inline uint64_t lh_ticks(void)
{
    return __builtin_ia32_rdtsc();
}
uint64_t lh_clock_ns(void);

/* Store a later pair of clocks in the header: the longer apart the pairs, the truer the times. */
void lh_writer_clock(struct lh_writer *writer);

/* More threads, or fewer, stand in deadlocks that were told of. */
static inline void lh_writer_told(struct lh_writer *writer, int change)
{
    if (writer->header)
        __atomic_fetch_add(&writer->header->told, (uint32_t)change, __ATOMIC_RELAXED);
}

#endif
