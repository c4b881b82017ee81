/*
 * Reads trace files, trusting nothing in them: every offset, size and count is checked against the
 * file before it is used. Damage does not end the reading; what cannot be understood is left out
 * and the first such place is described by lh_reader_damage().
 *
 * A file up to LH_READER_COPY_MAX, and any that is another user's, is copied at once, so that a
 * process that is still writing (or somebody who truncates the file) cannot change it under the
 * reader. Bigger ones are mapped (file_map.h); what is truncated then reads as if it had never been
 * written.
 *
 * One thread at a time may use a reader. Pointers into the trace live until lh_reader_close().
 */
#ifndef LH_TRACE_READER_H
#define LH_TRACE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

#define LH_READER_COPY_MAX (UINT64_C(1) << 30)

struct lh_reader;

/* An extent whose bounds are checked. */
struct lh_extent {
    uint16_t type; /* enum lh_extent_type, or one that this version does not know */
    uint32_t first_index;
    uint32_t owner;
    uint64_t offset;           /* in the file */
    const unsigned char *body; /* what follows the extent's header */
    size_t size;               /* bytes of body that are in the file */
};

/* A record whose size is checked; the counts within it are not. */
struct lh_record {
    uint8_t type; /* enum lh_record_type without LH_RECORD_DEAD, or an unknown one */
    bool dead;
    uint32_t size; /* bytes from `record` on */
    const struct lh_trace_record *record;
};

/*
 * Errors: those of open() and read(), -EISDIR, -ENODATA empty file, -EBADMSG not a trace or its
 * header is cut off, -EPROTONOSUPPORT another byte order or version. *ret_why, if given,
 * gets one line for people without the path; it stays valid until the next lh_reader_open() of the
 * thread.
 */
int lh_reader_open(const char *path, struct lh_reader **ret, const char **ret_why);
/* The same from memory that the caller keeps until lh_reader_close(). */
int lh_reader_open_memory(const void *data, size_t size, struct lh_reader **ret,
                          const char **ret_why);
void lh_reader_close(struct lh_reader *reader);

/* The header alone. Errors as lh_reader_open(). */
int lh_reader_peek(const char *path, struct lh_trace_header *ret);

/* Fields that the writer did not have are 0. */
const struct lh_trace_header *lh_reader_header(const struct lh_reader *reader);
/* Bytes of the trace that are there. No table of the trace can have more entries than that. */
uint64_t lh_reader_size(const struct lh_reader *reader);
/* What was wrong first, one line; NULL: nothing so far. */
const char *lh_reader_damage(const struct lh_reader *reader);
/* Note that something is wrong; only the first note is kept. */
void lh_reader_note(struct lh_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The extent at or after *position (0 at first); false at the end of the trace. */
bool lh_reader_next_extent(struct lh_reader *reader, uint64_t *position, struct lh_extent *ret);

/* The record of a log at *position (0 at first); false at the end of the log. */
bool lh_reader_next_record(struct lh_reader *reader, const struct lh_extent *log, size_t *position,
                           struct lh_record *ret);

/* Slots of a LOCKS extent; slot i is the lock of index first_index + i. */
size_t lh_reader_lock_slots(const struct lh_reader *reader, const struct lh_extent *locks);
void lh_reader_lock_slot(const struct lh_reader *reader, const struct lh_extent *locks, size_t slot,
                         struct lh_trace_lock *ret);

/* What a THREADS extent says up to (without) `held`; false: there is not that much. */
bool lh_reader_thread_slot(const struct lh_reader *reader, const struct lh_extent *threads,
                           struct lh_trace_thread *ret);

/* Events of an EVENTS extent, up to the first one that was not written. */
const struct lh_trace_event *lh_reader_events(const struct lh_extent *events, size_t *ret_count);

/* The lines of a COUNTS extent, and the keys of their places, 4 to a line. NULL: it is too short.
 */
const struct lh_trace_counts *lh_reader_counts(const struct lh_extent *extent, size_t *ret_lines,
                                               const uint64_t **ret_seen);

/* count elements of element_size bytes at an offset of the file; NULL: not all of that is there. */
const void *lh_reader_range(const struct lh_reader *reader, uint64_t offset, uint64_t count,
                            size_t element_size);

#endif
