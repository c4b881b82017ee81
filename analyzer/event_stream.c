#include "event_stream.h"

#include <errno.h>
#include <stdlib.h>

#include "pool.h"
#include "reader.h"

struct chunk {
    uint32_t thread, first_index;
    const struct lh_trace_event *events;
    size_t count;
};

struct lane {
    uint32_t thread;
    size_t first_chunk, end_chunk; /* its chunks are these, in order */
    size_t chunk, place;           /* the next event */
    uint64_t ns;                   /* its time */
};

struct lh_event_stream {
    struct lh_reader *reader;
    double ns_per_tick;
    struct chunk *chunks;
    size_t n_chunks, chunk_capacity;
    struct lane *lanes;
    size_t n_lanes, lane_capacity;
    uint32_t *heap; /* lanes that have events left, the earliest on top */
    size_t n_heap;
};

/* ---- opening ---- */

static int collect(struct lh_event_stream *stream)
{
    struct lh_extent extent;
    uint64_t position = 0;

    while (lh_reader_next_extent(stream->reader, &position, &extent)) {
        struct chunk chunk = {.thread = extent.owner, .first_index = extent.first_index};

        if (extent.type != LH_EXTENT_EVENTS)
            continue;
        chunk.events = lh_reader_events(&extent, &chunk.count);
        if (chunk.count == 0)
            continue;
        if (lh_grow(&stream->chunks, &stream->chunk_capacity, stream->n_chunks + 1, sizeof(chunk)) <
            0)
            return -ENOMEM;
        stream->chunks[stream->n_chunks++] = chunk;
    }
    return 0;
}

static int compare_chunks(const void *left, const void *right)
{
    const struct chunk *a = left, *b = right;

    if (a->thread != b->thread)
        return a->thread < b->thread ? -1 : 1;
    if (a->first_index != b->first_index)
        return a->first_index < b->first_index ? -1 : 1;
    return (a->events > b->events) - (a->events < b->events);
}

static int make_lanes(struct lh_event_stream *stream)
{
    if (stream->n_chunks > 0)
        qsort(stream->chunks, stream->n_chunks, sizeof(*stream->chunks), compare_chunks);
    for (size_t i = 0; i < stream->n_chunks; i++) {
        uint32_t thread = stream->chunks[i].thread;

        if (stream->n_lanes > 0 && stream->lanes[stream->n_lanes - 1].thread == thread) {
            stream->lanes[stream->n_lanes - 1].end_chunk = i + 1;
            continue;
        }
        if (lh_grow(&stream->lanes, &stream->lane_capacity, stream->n_lanes + 1,
                    sizeof(*stream->lanes)) < 0)
            return -ENOMEM;
        stream->lanes[stream->n_lanes++] =
            (struct lane){.thread = thread, .first_chunk = i, .end_chunk = i + 1};
    }
    stream->heap = calloc(stream->n_lanes + 1, sizeof(*stream->heap));
    return stream->heap ? 0 : -ENOMEM;
}

int lh_event_stream_open(const char *path, double ns_per_tick, struct lh_event_stream **ret,
                         const char **ret_why)
{
    struct lh_event_stream *stream = calloc(1, sizeof(*stream));
    int r;

    *ret_why = NULL;
    if (!stream)
        return -ENOMEM;
    stream->ns_per_tick = ns_per_tick;
    r = lh_reader_open(path, &stream->reader, ret_why);
    if (r == 0)
        r = collect(stream);
    if (r == 0)
        r = make_lanes(stream);
    if (r < 0) {
        lh_event_stream_close(stream);
        return r;
    }
    lh_event_stream_rewind(stream);
    *ret = stream;
    return 0;
}

void lh_event_stream_close(struct lh_event_stream *stream)
{
    if (!stream)
        return;
    lh_reader_close(stream->reader);
    free(stream->chunks);
    free(stream->lanes);
    free(stream->heap);
    free(stream);
}

size_t lh_event_stream_lanes(const struct lh_event_stream *stream)
{
    return stream->n_lanes;
}

uint32_t lh_event_stream_thread(const struct lh_event_stream *stream, size_t lane)
{
    return stream->lanes[lane].thread;
}

/* ---- merging ---- */

static const struct lh_trace_event *peek(const struct lh_event_stream *stream,
                                         const struct lane *lane)
{
    return &stream->chunks[lane->chunk].events[lane->place];
}

/* The time of the lane's next event. Times are 1 too high, so that 0 means "not measured". */
static void set_time(const struct lh_event_stream *stream, struct lane *lane)
{
    uint64_t ticks = peek(stream, lane)->time_type >> 8;
    double ns = (double)(ticks > 0 ? ticks - 1 : 0) * stream->ns_per_tick;

    if (ns > (double)lane->ns && ns < 9e18)
        lane->ns = (uint64_t)ns;
}

static bool earlier(const struct lh_event_stream *stream, uint32_t a, uint32_t b)
{
    if (stream->lanes[a].ns != stream->lanes[b].ns)
        return stream->lanes[a].ns < stream->lanes[b].ns;
    return a < b;
}

static void sift_down(struct lh_event_stream *stream, size_t place)
{
    uint32_t *heap = stream->heap;

    for (;;) {
        size_t child = 2 * place + 1;
        uint32_t lane = heap[place];

        if (child + 1 < stream->n_heap && earlier(stream, heap[child + 1], heap[child]))
            child++;
        if (child >= stream->n_heap || !earlier(stream, heap[child], lane))
            return;
        heap[place] = heap[child];
        heap[child] = lane;
        place = child;
    }
}

void lh_event_stream_rewind(struct lh_event_stream *stream)
{
    stream->n_heap = stream->n_lanes;
    for (size_t i = 0; i < stream->n_lanes; i++) {
        struct lane *lane = &stream->lanes[i];

        lane->chunk = lane->first_chunk;
        lane->place = 0;
        lane->ns = 0;
        set_time(stream, lane);
        stream->heap[i] = (uint32_t)i;
    }
    for (size_t i = stream->n_lanes; i-- > 0;)
        sift_down(stream, i);
}

/* false: that was its last event. */
static bool advance(const struct lh_event_stream *stream, struct lane *lane)
{
    if (++lane->place == stream->chunks[lane->chunk].count) {
        lane->place = 0;
        if (++lane->chunk == lane->end_chunk)
            return false;
    }
    set_time(stream, lane);
    return true;
}

bool lh_event_stream_next(struct lh_event_stream *stream, struct lh_stream_event *ret)
{
    const struct lh_trace_event *event;
    struct lane *lane;

    if (stream->n_heap == 0)
        return false;
    lane = &stream->lanes[stream->heap[0]];
    event = peek(stream, lane);
    *ret = (struct lh_stream_event){
        .ns = lane->ns,
        .lane = stream->heap[0],
        .lock = event->lock,
        .stack = event->stack,
        .type = (uint8_t)event->time_type,
    };
    if (!advance(stream, lane))
        stream->heap[0] = stream->heap[--stream->n_heap];
    sift_down(stream, 0);
    return true;
}
