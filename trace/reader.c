#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_map.h"

/* What every header has. Later fields come after it and are 0 when the writer lacks them. */
#define HEADER_MIN (offsetof(struct lh_trace_header, tool_version) + 32)
#define UNIT_MIN   1024u
#define UNIT_MAX   (1u << 26)
#define GROW_MIN   (64u * 1024)

enum storage {
    STORAGE_CALLER,
    STORAGE_MALLOC,
    STORAGE_MAPPED,
};

struct lh_reader {
    struct lh_trace_header header; /* a copy, so that it stays what was checked */
    const unsigned char *data;
    size_t size; /* bytes at data */
    struct lh_file_map *map;
    enum storage storage;
    bool damaged;
    char damage[160];
};

static _Thread_local char why_text[160];

__attribute__((format(printf, 3, 4))) static int fail(int error, const char **ret_why,
                                                      const char *format, ...)
{
    va_list arguments;

    if (ret_why) {
        va_start(arguments, format);
        vsnprintf(why_text, sizeof(why_text), format, arguments);
        va_end(arguments);
        *ret_why = why_text;
    }
    return error;
}

/* ---- getting the bytes ---- */

/* Read up to size bytes; less only at the end of the file. Returns the number or -errno. */
static ssize_t read_all(int fd, unsigned char *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = read(fd, buffer + done, size - done);

        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            done += (size_t)n;
    }
    return (ssize_t)done;
}

/* The rest of a file or pipe, of `expected` bytes if it does not change, behind what data has. */
static int read_rest(struct lh_reader *reader, int fd, unsigned char *data, size_t have,
                     size_t expected)
{
    size_t capacity = have;

    for (;;) {
        ssize_t n;

        if (have == capacity) {
            size_t room = capacity < expected ? expected : capacity + capacity / 2 + GROW_MIN;
            unsigned char *grown = realloc(data, room);

            if (!grown) {
                free(data);
                return -ENOMEM;
            }
            data = grown;
            capacity = room;
        }
        n = read_all(fd, data + have, capacity - have);
        if (n < 0) {
            free(data);
            return (int)n;
        }
        have += (size_t)n;
        if (have < capacity || have == expected || have > LH_READER_COPY_MAX)
            break;
    }
    reader->data = data;
    reader->size = have;
    reader->storage = STORAGE_MALLOC;
    return 0;
}

static int map(struct lh_reader *reader, int fd, size_t size)
{
    int r = lh_file_map_new(fd, size, &reader->map);

    if (r < 0)
        return r;
    reader->data = lh_file_map_data(reader->map);
    reader->size = size;
    reader->storage = STORAGE_MAPPED;
    return 0;
}

/* ---- the header ---- */

static int check_header(const unsigned char *data, size_t size, const char **ret_why)
{
    struct lh_trace_header header = {0};

    memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
    if (size == 0)
        return fail(-ENODATA, ret_why, "the file is empty (nothing was recorded into it)");
    /* The writer stores the magic last. */
    if (size >= sizeof(header) && memcmp(&header, &(struct lh_trace_header){0}, 8) == 0 &&
        header.byte_order == LH_BYTE_ORDER)
        return fail(-ENODATA, ret_why, "the process ended before it recorded anything");
    if (memcmp(header.magic, LH_TRACE_MAGIC, size < 8 ? size : 8) != 0)
        return fail(-EBADMSG, ret_why, "not a Lockhound trace");
    if (size < offsetof(struct lh_trace_header, unit))
        return fail(-EBADMSG, ret_why, "the header is cut off (the file has only %zu bytes)", size);
    if (header.byte_order == __builtin_bswap32(LH_BYTE_ORDER))
        return fail(-EPROTONOSUPPORT, ret_why,
                    "written on a machine of the other byte order (report it there)");
    if (header.byte_order != LH_BYTE_ORDER || header.version == 0)
        return fail(-EBADMSG, ret_why, "the header is damaged");
    if (header.version > LH_TRACE_VERSION)
        return fail(-EPROTONOSUPPORT, ret_why,
                    "written by a newer Lockhound (format %u, this one reads %u); use that version",
                    header.version, LH_TRACE_VERSION);
    if (header.version < LH_TRACE_VERSION)
        return fail(-EPROTONOSUPPORT, ret_why,
                    "written by an older Lockhound (format %u, this one reads %u); record it anew, "
                    "or use that version",
                    header.version, LH_TRACE_VERSION);
    if (size < HEADER_MIN)
        return fail(-EBADMSG, ret_why, "the header is cut off (the file has only %zu bytes)", size);
    if (header.unit < UNIT_MIN || header.unit > UNIT_MAX || (header.unit & (header.unit - 1)) ||
        header.header_size < HEADER_MIN || header.header_size > header.unit)
        return fail(-EBADMSG, ret_why, "the header is damaged");
    return 0;
}

static void copy_header(struct lh_trace_header *ret, const unsigned char *data, size_t size)
{
    memset(ret, 0, sizeof(*ret));
    memcpy(ret, data, size < sizeof(*ret) ? size : sizeof(*ret));
    if (ret->header_size < sizeof(*ret))
        memset((char *)ret + ret->header_size, 0, sizeof(*ret) - ret->header_size);
}

/* Extents end where the writer had handed out room; the file itself may reach further, or less far.
 */
static void bound(struct lh_reader *reader)
{
    uint64_t used = reader->header.used;

    if (used < reader->header.unit || (used & (reader->header.unit - 1)) != 0)
        lh_reader_note(reader, "the header says that %ju bytes are used", (uintmax_t)used);
    else if (used <= reader->size)
        reader->size = used;
    else if (reader->header.counters[LH_DROP_NO_SPACE] == 0)
        lh_reader_note(reader, "the file is cut off: %zu of %ju bytes are there", reader->size,
                       (uintmax_t)used);
}

/* ---- opening ---- */

static int load_regular(struct lh_reader *reader, int fd, unsigned char *start, size_t have)
{
    struct stat info;
    uint64_t size;

    if (fstat(fd, &info) < 0) {
        free(start);
        return -errno;
    }
    size = (uint64_t)info.st_size < have ? have : (uint64_t)info.st_size;
    if (reader->header.used >= have && reader->header.used < size)
        size = reader->header.used;
    /* What another user can change while it is read must be a copy: it is checked but once. */
    if (size > LH_READER_COPY_MAX && info.st_uid == geteuid() && map(reader, fd, size) == 0) {
        free(start);
        return 0;
    }
    return read_rest(reader, fd, start, have, size);
}

static int load(struct lh_reader *reader, int fd, const char **ret_why)
{
    unsigned char *start;
    struct stat info;
    ssize_t have;
    int r;

    if (fstat(fd, &info) < 0)
        return -errno;
    if (S_ISDIR(info.st_mode))
        return -EISDIR;
    start = malloc(UNIT_MIN);
    if (!start)
        return -ENOMEM;
    have = read_all(fd, start, UNIT_MIN);
    r = have < 0 ? (int)have : check_header(start, (size_t)have, ret_why);
    if (r < 0) {
        free(start);
        return r;
    }
    copy_header(&reader->header, start, (size_t)have);
    if (S_ISREG(info.st_mode))
        return load_regular(reader, fd, start, (size_t)have);
    return read_rest(reader, fd, start, (size_t)have, 0);
}

int lh_reader_open(const char *path, struct lh_reader **ret, const char **ret_why)
{
    struct lh_reader *reader;
    int fd, r;

    if (ret_why)
        *ret_why = NULL;
    reader = calloc(1, sizeof(*reader));
    if (!reader)
        return fail(-ENOMEM, ret_why, "%s", strerror(ENOMEM));
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    r = fd < 0 ? -errno : load(reader, fd, ret_why);
    if (fd >= 0)
        close(fd);
    if (r < 0) {
        free(reader);
        if (ret_why && !*ret_why)
            fail(r, ret_why, "%s", strerror(-r));
        return r;
    }
    bound(reader);
    *ret = reader;
    return 0;
}

int lh_reader_open_memory(const void *data, size_t size, struct lh_reader **ret,
                          const char **ret_why)
{
    struct lh_reader *reader;
    int r = check_header(data, size, ret_why);

    if (r < 0)
        return r;
    if ((uintptr_t)data % LH_RECORD_ALIGN != 0)
        return fail(-EINVAL, ret_why, "the memory is not aligned");
    reader = calloc(1, sizeof(*reader));
    if (!reader)
        return fail(-ENOMEM, ret_why, "%s", strerror(ENOMEM));
    reader->data = data;
    reader->size = size;
    reader->storage = STORAGE_CALLER;
    copy_header(&reader->header, data, size);
    bound(reader);
    *ret = reader;
    return 0;
}

void lh_reader_close(struct lh_reader *reader)
{
    if (!reader)
        return;
    if (reader->storage == STORAGE_MALLOC)
        free((void *)reader->data);
    else if (reader->storage == STORAGE_MAPPED)
        lh_file_map_free(reader->map);
    free(reader);
}

int lh_reader_peek(const char *path, struct lh_trace_header *ret)
{
    unsigned char start[UNIT_MIN];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t have = fd < 0 ? -errno : read_all(fd, start, sizeof(start));
    int r = have < 0 ? (int)have : check_header(start, (size_t)have, NULL);

    if (fd >= 0)
        close(fd);
    if (r == 0)
        copy_header(ret, start, (size_t)have);
    return r;
}

/* ---- what it says ---- */

const struct lh_trace_header *lh_reader_header(const struct lh_reader *reader)
{
    return &reader->header;
}

uint64_t lh_reader_size(const struct lh_reader *reader)
{
    return reader->size;
}

const char *lh_reader_damage(const struct lh_reader *reader)
{
    if (reader->storage == STORAGE_MAPPED && lh_file_map_torn(reader->map))
        return "the file was cut off while it was read";
    return reader->damaged ? reader->damage : NULL;
}

void lh_reader_note(struct lh_reader *reader, const char *format, ...)
{
    va_list arguments;

    if (reader->damaged)
        return;
    reader->damaged = true;
    va_start(arguments, format);
    vsnprintf(reader->damage, sizeof(reader->damage), format, arguments);
    va_end(arguments);
}

const void *lh_reader_range(const struct lh_reader *reader, uint64_t offset, uint64_t count,
                            size_t element_size)
{
    uint64_t bytes;

    if (__builtin_mul_overflow(count, (uint64_t)element_size, &bytes) || offset > reader->size ||
        bytes > reader->size - offset)
        return NULL;
    return reader->data + offset;
}

/* The body of the extent whose header lies at offset, cut to what is there; false: no extent. */
static bool check_extent(struct lh_reader *reader, uint64_t offset,
                         const struct lh_trace_extent *header, struct lh_extent *ret)
{
    uint64_t size = header->size, there = reader->size - offset;

    if (header->magic != LH_EXTENT_MAGIC)
        return false;
    if (size < reader->header.unit || size % reader->header.unit != 0) {
        lh_reader_note(reader, "the extent at byte %ju has the size %ju", (uintmax_t)offset,
                       (uintmax_t)size);
        return false;
    }
    if (size > there) {
        lh_reader_note(reader, "the extent at byte %ju is cut off", (uintmax_t)offset);
        size = there;
    }
    ret->type = header->type;
    ret->first_index = header->first_index;
    ret->owner = header->owner;
    ret->offset = offset;
    ret->body = reader->data + offset + sizeof(*header);
    ret->size = size - sizeof(*header);
    return true;
}

bool lh_reader_next_extent(struct lh_reader *reader, uint64_t *position, struct lh_extent *ret)
{
    uint64_t unit = reader->header.unit;
    struct lh_trace_extent header;

    if (*position < unit)
        *position = unit;
    for (; *position < reader->size; *position += unit) {
        if (reader->size - *position < sizeof(header))
            break;
        memcpy(&header, reader->data + *position, sizeof(header));
        if (check_extent(reader, *position, &header, ret)) {
            *position += header.size; /* not beyond 2^32 + size: no overflow */
            return true;
        }
    }
    return false;
}

bool lh_reader_next_record(struct lh_reader *reader, const struct lh_extent *log, size_t *position,
                           struct lh_record *ret)
{
    size_t left = log->size - *position;
    struct lh_trace_record header;

    if (left < sizeof(header))
        return false;
    memcpy(&header, log->body + *position, sizeof(header));
    ret->type = header.type & (uint8_t)~LH_RECORD_DEAD;
    if (ret->type == LH_RECORD_END)
        return false;
    if (header.size < sizeof(header) || header.size % LH_RECORD_ALIGN != 0 || header.size > left) {
        lh_reader_note(reader, "the record at byte %ju has the size %u",
                       (uintmax_t)(log->offset + sizeof(struct lh_trace_extent) + *position),
                       header.size);
        return false;
    }
    ret->dead = header.type & LH_RECORD_DEAD;
    ret->size = header.size;
    ret->record = (const void *)(log->body + *position);
    *position += header.size;
    return true;
}

/* ---- slots ---- */

/* Copy what both writer and reader know of a slot; the rest is 0. */
static void copy_slot(void *ret, size_t known, const unsigned char *slot, size_t written)
{
    memset(ret, 0, known);
    memcpy(ret, slot, written < known ? written : known);
}

size_t lh_reader_lock_slots(const struct lh_reader *reader, const struct lh_extent *locks)
{
    size_t size = reader->header.lock_slot_size;

    return size < LH_RECORD_ALIGN ? 0 : locks->size / size;
}

void lh_reader_lock_slot(const struct lh_reader *reader, const struct lh_extent *locks, size_t slot,
                         struct lh_trace_lock *ret)
{
    size_t size = reader->header.lock_slot_size;

    copy_slot(ret, sizeof(*ret), locks->body + slot * size, size);
}

bool lh_reader_thread_slot(const struct lh_reader *reader, const struct lh_extent *threads,
                           struct lh_trace_thread *ret)
{
    size_t size = reader->header.thread_slot_size;
    size_t known = offsetof(struct lh_trace_thread, held);

    if (size > threads->size)
        size = threads->size;
    if (size < offsetof(struct lh_trace_thread, name))
        return false;
    copy_slot(ret, known, threads->body, size);
    return true;
}

const struct lh_trace_event *lh_reader_events(const struct lh_extent *events, size_t *ret_count)
{
    const struct lh_trace_event *first = (const void *)events->body;
    size_t room = events->size / sizeof(*first), count = 0;

    while (count < room && (first[count].time_type & 0xff) != 0)
        count++;
    *ret_count = count;
    return first;
}

const struct lh_trace_counts *lh_reader_counts(const struct lh_extent *extent, size_t *ret_lines,
                                               const uint64_t **ret_seen)
{
    const struct lh_trace_counts *first = (const void *)extent->body;
    size_t lines = extent->first_index;

    if (lines > extent->size / (sizeof(*first) + 4 * sizeof(**ret_seen)))
        return NULL;
    *ret_lines = lines;
    *ret_seen = (const void *)(first + lines);
    return first;
}
