/*
 * The events of a --full trace in the order of their times, all threads merged. They are read from
 * the trace as they are asked for: memory grows with threads and extents, not with events.
 * Single-threaded.
 */
#ifndef LH_ANALYZER_EVENT_STREAM_H
#define LH_ANALYZER_EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lh_event_stream;

struct lh_stream_event {
    uint64_t ns;    /* since the trace began; never less than that of the thread's event before */
    uint32_t lane;  /* the thread, counted from 0 in the order of uids */
    uint32_t lock;  /* as the trace has it: may be out of range */
    uint32_t stack; /* the same */
    uint8_t type;   /* enum lh_event_type, or one that this version does not know */
};

/* Errors as lh_reader_open(). ns_per_tick: struct lh_process has it. */
int lh_event_stream_open(const char *path, double ns_per_tick, struct lh_event_stream **ret,
                         const char **ret_why);
void lh_event_stream_close(struct lh_event_stream *stream);

/* Threads that have events, and their uids. */
size_t lh_event_stream_lanes(const struct lh_event_stream *stream);
uint32_t lh_event_stream_thread(const struct lh_event_stream *stream, size_t lane);

/* false: there are no more. */
bool lh_event_stream_next(struct lh_event_stream *stream, struct lh_stream_event *ret);
/* Start again with the first one. */
void lh_event_stream_rewind(struct lh_event_stream *stream);

#endif
