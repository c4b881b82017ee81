#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "reader.h"

struct slots {
    uint64_t offset; /* of the first slot */
    uint32_t first, count;
};

struct lh_live {
    int fd;
    uint64_t inode;
    uint32_t owner;
    struct lh_trace_header header;
    uint32_t told;
    uint64_t position; /* extents before it are known */
    uint64_t *threads; /* offsets of slots */
    size_t n_threads, threads_room;
    struct slots *locks;
    size_t n_locks, locks_room;
};

/* All of it, or false. */
static bool read_at(const struct lh_live *live, uint64_t offset, void *ret, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(live->fd, (char *)ret + done, size - done, (off_t)(offset + done));

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        if (n > 0)
            done += (size_t)n;
    }
    return true;
}

/* ---- opening ---- */

static int open_file(struct lh_live *live, const char *path)
{
    struct stat info;

    live->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (live->fd < 0)
        return -errno;
    if (fstat(live->fd, &info) < 0)
        return -errno;
    live->inode = info.st_ino;
    live->owner = info.st_uid;
    return S_ISREG(info.st_mode) ? 0 : -EBADMSG;
}

int lh_live_open(const char *path, struct lh_live **ret)
{
    struct lh_live *live = calloc(1, sizeof(*live));
    int r;

    if (!live)
        return -ENOMEM;
    live->fd = -1;
    r = lh_reader_peek(path, &live->header);
    if (r == 0)
        r = open_file(live, path);
    if (r < 0) {
        lh_live_close(live);
        return r;
    }
    live->position = live->header.unit;
    *ret = live;
    return 0;
}

void lh_live_close(struct lh_live *live)
{
    if (!live)
        return;
    if (live->fd >= 0)
        close(live->fd);
    free(live->threads);
    free(live->locks);
    free(live);
}

const struct lh_trace_header *lh_live_header(const struct lh_live *live)
{
    return &live->header;
}

uint64_t lh_live_inode(const struct lh_live *live)
{
    return live->inode;
}

uint32_t lh_live_owner(const struct lh_live *live)
{
    return live->owner;
}

/* ---- extents ---- */

/* The array with room for one more element; NULL: no memory, and it is as it was. */
static void *grown(void *array, size_t n, size_t *room, size_t element_size)
{
    size_t wanted = *room ? 2 * *room : 16;
    void *bigger;

    if (n < *room)
        return array;
    bigger = reallocarray(array, wanted, element_size);
    if (bigger)
        *room = wanted;
    return bigger;
}

static bool add_thread(struct lh_live *live, uint64_t offset)
{
    uint64_t *threads =
        grown(live->threads, live->n_threads, &live->threads_room, sizeof(*threads));

    if (!threads)
        return false;
    live->threads = threads;
    live->threads[live->n_threads++] = offset;
    return true;
}

static bool add_locks(struct lh_live *live, struct slots slots)
{
    struct slots *locks = grown(live->locks, live->n_locks, &live->locks_room, sizeof(*locks));

    if (!locks)
        return false;
    live->locks = locks;
    live->locks[live->n_locks++] = slots;
    return true;
}

/* false: no memory. */
static bool add_extent(struct lh_live *live, uint64_t offset, const struct lh_trace_extent *extent)
{
    uint64_t body = offset + sizeof(*extent);
    size_t slot = live->header.lock_slot_size, size = extent->size - sizeof(*extent);

    switch (extent->type) {
    case LH_EXTENT_THREADS:
        return add_thread(live, body);
    case LH_EXTENT_LOCKS:
        return slot < LH_RECORD_ALIGN ||
               add_locks(live, (struct slots){body, extent->first_index, (uint32_t)(size / slot)});
    default:
        return true;
    }
}

/*
 * `used` is stored after the magic of the extents below it: a unit there that has none now belongs
 * to no extent, for good.
 */
int lh_live_refresh(struct lh_live *live)
{
    uint64_t used, unit = live->header.unit;
    struct lh_trace_extent extent;
    uint32_t state;

    if (!read_at(live, offsetof(struct lh_trace_header, used), &used, sizeof(used)) ||
        !read_at(live, offsetof(struct lh_trace_header, state), &state, sizeof(state)) ||
        !read_at(live, offsetof(struct lh_trace_header, mode), &live->header.mode,
                 sizeof(live->header.mode)))
        return -EIO;
    if (live->header.header_size < sizeof(live->header) ||
        !read_at(live, offsetof(struct lh_trace_header, told), &live->told, sizeof(live->told)))
        live->told = 0;
    while (live->position < used && used - live->position >= unit) {
        bool known;

        if (!read_at(live, live->position, &extent, sizeof(extent)))
            return -EIO;
        known = extent.magic == LH_EXTENT_MAGIC && extent.size >= unit && extent.size % unit == 0;
        if (known && !add_extent(live, live->position, &extent))
            return -ENOMEM;
        live->position += known ? extent.size : unit;
    }
    return state <= INT32_MAX ? (int)state : -EBADMSG;
}

bool lh_live_told(const struct lh_live *live)
{
    return live->told != 0;
}

/* ---- slots ---- */

size_t lh_live_places(const struct lh_live *live)
{
    return live->n_threads;
}

/* What of a slot is looked at: up to and with wait_number. */
#define SLOT_PART (offsetof(struct lh_trace_thread, wait_number) + sizeof(uint32_t))

struct lh_live_thread lh_live_thread(const struct lh_live *live, size_t place)
{
    union {
        unsigned char bytes[SLOT_PART];
        uint64_t aligned;
    } part;
    struct lh_live_thread thread = {0};

#define FIELD(name) \
    memcpy(&thread.name, part.bytes + offsetof(struct lh_trace_thread, name), sizeof(thread.name))
    if (place >= live->n_threads || live->header.thread_slot_size < SLOT_PART ||
        !read_at(live, live->threads[place], part.bytes, sizeof(part.bytes)))
        return thread;
    FIELD(uid);
    FIELD(state);
    FIELD(tid);
    FIELD(wait_kind);
    FIELD(wait_lock);
    FIELD(wait_other);
    FIELD(wait_flags);
    FIELD(wait_number);
#undef FIELD
    return thread;
}

bool lh_live_lock(const struct lh_live *live, uint32_t index, struct lh_trace_lock *ret)
{
    size_t size = live->header.lock_slot_size, known = size < sizeof(*ret) ? size : sizeof(*ret);

    for (size_t i = 0; i < live->n_locks; i++) {
        const struct slots *slots = &live->locks[i];

        if (index < slots->first || index - slots->first >= slots->count)
            continue;
        memset(ret, 0, sizeof(*ret));
        return read_at(live, slots->offset + (uint64_t)(index - slots->first) * size, ret, known) &&
               ret->uid != 0;
    }
    return false;
}

/* ---- marking ---- */

#define MARK_FIRST offsetof(struct lh_trace_header, stalled_ns)
#define MARK_END   (offsetof(struct lh_trace_header, doubt_signals) + sizeof(uint64_t))
#define ENDED_BY   offsetof(struct lh_trace_header, ended_by)

/* The bytes of the header from `first` to `end`. */
static int write_part(int fd, const struct lh_trace_header *header, size_t first, size_t end)
{
    struct stat info;
    ssize_t n;

    if (fstat(fd, &info) < 0)
        return -errno;
    if (!S_ISREG(info.st_mode) || info.st_size < (off_t)end)
        return -EBADMSG;
    n = pwrite(fd, (const char *)header + first, end - first, (off_t)first);
    return n == (ssize_t)(end - first) ? 0 : n < 0 ? -errno : -EIO;
}

static int change_header(const char *path, const struct lh_trace_header *to, size_t first,
                         size_t end)
{
    struct lh_trace_header header;
    int fd, r = lh_reader_peek(path, &header);

    if (r == 0 && header.header_size < end)
        r = -EPROTONOSUPPORT;
    if (r < 0)
        return r;
    fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    r = write_part(fd, to, first, end);
    close(fd);
    return r;
}

int lh_live_mark(const char *path, const struct lh_mark *mark)
{
    const struct lh_trace_header header = {
        .stalled_ns = mark->stalled_ns,
        .doubts = mark->doubts,
        .doubt_signals = mark->doubt_signals,
    };

    return change_header(path, &header, MARK_FIRST, MARK_END);
}

int lh_live_mark_ended(const char *path)
{
    const struct lh_trace_header header = {.ended_by = LH_ENDED_BY_LOCKHOUND};

    return change_header(path, &header, ENDED_BY, ENDED_BY + sizeof(header.ended_by));
}
