#include "writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"

#define LH_FIRST_CHUNK (16u * LH_UNIT)
#define LH_LAST_CHUNK  (256u * LH_UNIT)
#define LH_LOG_SIZE    (4u * LH_UNIT)

static uint64_t round_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

uint64_t lh_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void lh_writer_clock(struct lh_writer *writer)
{
    if (!writer->header)
        return;
    writer->header->last_ns = lh_clock_ns();
    writer->header->last_ticks = lh_ticks();
}

/* Append ".number" to a path. false: too long. */
static bool append_number(char *path, size_t size, uint32_t number)
{
    char digits[16];
    size_t n = 0, length = strlen(path);

    do
        digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    if (length + n + 2 > size)
        return false;
    path[length++] = '.';
    while (n)
        path[length++] = digits[--n];
    path[length] = '\0';
    return true;
}

static int create_file(struct lh_writer *writer, const char *path)
{
    size_t length = strlen(path);

    if (length >= sizeof writer->path)
        return -ENAMETOOLONG;
    for (uint32_t attempt = 0; attempt < 1000; attempt++) {
        memcpy(writer->path, path, length + 1);
        if (attempt > 0 && !append_number(writer->path, sizeof writer->path, (uint32_t)getpid()))
            return -ENAMETOOLONG;
        if (attempt > 1 && !append_number(writer->path, sizeof writer->path, attempt))
            return -ENAMETOOLONG;
        int fd =
            lh_sys_open(writer->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0)
            return fd;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

/*
 * Move the descriptor out of the program's way: programs count on getting the lowest free numbers,
 * and close ranges of low ones.
 */
static int move_high(int fd)
{
    struct rlimit limit;
    int lowest = 1000;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= 1024)
        lowest = limit.rlim_cur > 32 ? (int)limit.rlim_cur - 24 : 3;
    int high = lh_sys_dup_high(fd, lowest);
    if (high < 0)
        return fd;
    lh_sys_close(fd);
    return high;
}

static bool same_file(const struct lh_writer *writer, int fd)
{
    struct stat status;
    return fd >= 0 && fstat(fd, &status) == 0 && status.st_dev == writer->device &&
           status.st_ino == writer->inode;
}

/* The kept descriptor, or a new one when the program closed it or gave its number to another file.
 */
static int file_descriptor(struct lh_writer *writer)
{
    if (same_file(writer, writer->fd))
        return writer->fd;
    int fd = lh_sys_open(writer->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
    if (fd < 0)
        return -errno;
    fd = move_high(fd);
    if (!same_file(writer, fd)) {
        lh_sys_close(fd);
        return -ESTALE;
    }
    writer->fd = fd;
    return fd;
}

/* Reserve disk blocks; where the file system cannot, write the zeros. */
static int reserve(int fd, uint64_t offset, uint64_t size)
{
    static const char zeros[4096];
    int result;

    do
        result = lh_sys_fallocate(fd, (off_t)offset, (off_t)size);
    while (result < 0 && errno == EINTR);
    if (result == 0)
        return 0;
    if (errno != EOPNOTSUPP && errno != ENOSYS)
        return -errno;
    for (uint64_t done = 0; done < size;) {
        size_t part = size - done < sizeof zeros ? (size_t)(size - done) : sizeof zeros;
        ssize_t written = lh_sys_pwrite(fd, zeros, part, (off_t)(offset + done));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? -errno : -ENOSPC;
        done += (uint64_t)written;
    }
    return 0;
}

/*
 * Another thread may fork at any point in here. The stores are releases to keep their order: what
 * the child finds is never more than what is mapped.
 */
static void remember_mapping(struct lh_writer *writer, void *start, size_t size)
{
    for (size_t i = 0; i < writer->n_mappings; i++) {
        struct lh_mapping *mapping = &writer->mappings[i];
        size_t both = mapping->size + size;
        if ((char *)mapping->start + mapping->size == start) {
            mapping->size = both;
            return;
        }
        if ((char *)start + size == mapping->start) {
            __atomic_store_n(&mapping->start, start, __ATOMIC_RELEASE);
            __atomic_store_n(&mapping->size, both, __ATOMIC_RELEASE);
            return;
        }
    }
    if (writer->n_mappings < sizeof writer->mappings / sizeof writer->mappings[0]) {
        writer->mappings[writer->n_mappings] = (struct lh_mapping){start, size};
        __atomic_store_n(&writer->n_mappings, writer->n_mappings + 1, __ATOMIC_RELEASE);
    }
}

/*
 * Grow the file and map what is new. The limit on file size (RLIMIT_FSIZE) would kill the program
 * with SIGXFSZ, so it is looked at first.
 */
static char *grow(struct lh_writer *writer, uint64_t size, int *ret_error)
{
    struct rlimit limit;
    uint64_t offset = writer->file_size;
    int fd = file_descriptor(writer);

    if (fd < 0) {
        *ret_error = fd;
        return NULL;
    }
    if ((writer->max_size && offset + size > writer->max_size) ||
        (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
         offset + size > limit.rlim_cur)) {
        *ret_error = -EFBIG;
        return NULL;
    }
    *ret_error = reserve(fd, offset, size);
    if (*ret_error < 0) {
        /* Give back what a partial reservation took. */
        if (ftruncate(fd, (off_t)offset) < 0)
            *ret_error = -errno;
        return NULL;
    }
    void *start = lh_sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    if (start == MAP_FAILED) {
        *ret_error = -errno;
        if (ftruncate(fd, (off_t)offset) < 0)
            *ret_error = -errno;
        return NULL;
    }
    remember_mapping(writer, start, size);
    writer->file_size += size;
    return start;
}

static void fill_header(struct lh_writer *writer, uint32_t mode, const char *command,
                        size_t command_size, bool forked)
{
    struct lh_trace_header *header = writer->header;
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    header->version = LH_TRACE_VERSION;
    header->header_size = sizeof *header;
    header->byte_order = LH_BYTE_ORDER;
    header->unit = LH_UNIT;
    header->word_size = sizeof(void *);
    header->mode = mode;
    header->used = LH_UNIT;
    header->state = LH_STATE_RUNNING;
    header->pid = (uint32_t)getpid();
    header->ppid = (uint32_t)getppid();
    header->parent_forked = forked;
    header->start_realtime = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    header->start_ns = lh_clock_ns();
    header->start_ticks = lh_ticks();
    header->lock_slot_size = sizeof(struct lh_trace_lock);
    header->thread_slot_size = sizeof(struct lh_trace_thread);
    header->command_offset = 1024;
    if (command_size > LH_UNIT - 1024)
        command_size = LH_UNIT - 1024;
    header->command_size = (uint32_t)command_size;
    memcpy((char *)header + 1024, command, command_size);
    memcpy(header->tool_version, LH_VERSION, sizeof LH_VERSION);
    /* Stored last: a file without it is no trace yet. */
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(header->magic, LH_TRACE_MAGIC, sizeof header->magic);
}

int lh_writer_open(struct lh_writer *writer, const char *path, uint32_t mode, const char *command,
                   size_t command_size, bool forked)
{
    uint64_t max_size = writer->max_size;
    struct stat status;
    int error;

    memset(writer, 0, sizeof *writer);
    writer->max_size = max_size;
    writer->next_chunk = LH_FIRST_CHUNK;
    writer->next_lock = 1;
    int fd = create_file(writer, path);
    if (fd < 0)
        return fd;
    writer->fd = move_high(fd);
    if (fstat(writer->fd, &status) < 0)
        return -errno;
    writer->device = status.st_dev;
    writer->inode = status.st_ino;
    writer->header = (struct lh_trace_header *)grow(writer, LH_UNIT, &error);
    if (!writer->header) {
        unlink(writer->path);
        lh_sys_close(writer->fd);
        return error;
    }
    fill_header(writer, mode, command, command_size, forked);
    return 0;
}

/* Room for at least `size` more bytes. Keeps errno: extents are begun inside the program's calls.
 */
static bool new_chunk(struct lh_writer *writer, uint64_t size)
{
    uint64_t want = writer->next_chunk > size ? writer->next_chunk : size;
    /* What is left of the old chunk stays unused: readers skip it by units. */
    uint64_t offset = writer->file_size;
    int error, saved = errno;
    char *chunk = grow(writer, want, &error);

    if (!chunk && want > size) {
        want = size;
        chunk = grow(writer, want, &error);
    }
    errno = saved;
    if (!chunk)
        return false;
    writer->chunk = chunk;
    writer->chunk_offset = offset;
    writer->chunk_left = want;
    if (writer->next_chunk < LH_LAST_CHUNK)
        writer->next_chunk *= 2;
    return true;
}

struct lh_trace_extent *lh_writer_extent(struct lh_writer *writer, enum lh_extent_type type,
                                         size_t size, uint32_t first_index, uint32_t owner)
{
    if (!writer->header || writer->header->state != LH_STATE_RUNNING)
        return NULL;
    size = round_up(size, LH_UNIT);
    if (writer->chunk_left < size && !new_chunk(writer, size))
        return NULL;
    struct lh_trace_extent *extent = (struct lh_trace_extent *)writer->chunk;
    extent->type = (uint16_t)type;
    extent->size = (uint32_t)size;
    extent->first_index = first_index;
    extent->owner = owner;
    extent->offset = writer->chunk_offset;
    writer->chunk += size;
    writer->chunk_offset += size;
    writer->chunk_left -= size;
    /* Pairs with the reader's look at `used` and `magic`: the extent header is complete by then. */
    __atomic_store_n(&extent->magic, LH_EXTENT_MAGIC, __ATOMIC_RELEASE);
    __atomic_store_n(&writer->header->used, writer->chunk_offset, __ATOMIC_RELEASE);
    return extent;
}

uint64_t lh_writer_place(const struct lh_trace_extent *extent, const void *inside)
{
    return extent->offset + (uint64_t)((const char *)inside - (const char *)extent);
}

void *lh_writer_record(struct lh_writer *writer, size_t size)
{
    size = round_up(size, LH_RECORD_ALIGN);
    if (writer->log_left < size) {
        size_t wanted = size + sizeof(struct lh_trace_extent);
        struct lh_trace_extent *extent = lh_writer_extent(
            writer, LH_EXTENT_LOG, wanted > LH_LOG_SIZE ? wanted : LH_LOG_SIZE, 0, 0);
        if (!extent)
            return NULL;
        writer->log = (char *)(extent + 1);
        writer->log_left = extent->size - sizeof *extent;
    }
    void *record = writer->log;
    writer->log += size;
    writer->log_left -= size;
    return record;
}

void lh_writer_commit(void *record, enum lh_record_type type, size_t size)
{
    uint64_t word;
    struct lh_trace_record head = {
        .type = (uint8_t)type,
        .size = (uint32_t)round_up(size, LH_RECORD_ALIGN),
    };

    memcpy(&word, &head, sizeof word);
    /* Pairs with the reader's load of the head: type and size appear after what they describe. */
    __atomic_store_n((uint64_t *)record, word, __ATOMIC_RELEASE);
}

void lh_writer_finish(struct lh_writer *writer, enum lh_state state)
{
    if (!writer->header || writer->header->state != LH_STATE_RUNNING)
        return;
    lh_writer_clock(writer);
    /* No extent is handed out in another state, so nothing beyond `used` will be touched again. */
    __atomic_store_n(&writer->header->state, state, __ATOMIC_RELEASE);
    int fd = file_descriptor(writer);
    if (fd >= 0 && ftruncate(fd, (off_t)writer->header->used) == 0)
        writer->file_size = writer->header->used;
}

void lh_writer_forget(struct lh_writer *writer)
{
    if (!writer->header)
        return;
    /* Other memory in its place, no hole: a call that a signal handler interrupted to fork goes on
     * in the child, and notes its end where it noted its begin. */
    for (size_t i = 0; i < writer->n_mappings; i++)
        (void)lh_sys_mmap(writer->mappings[i].start, writer->mappings[i].size,
                          PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    if (same_file(writer, writer->fd))
        lh_sys_close(writer->fd);
    /* The rest stays, as that call may need it; lh_writer_open() clears it. The header is zeroed by
     * now, and so its state is none in which anything is recorded. */
    if (writer->header->state == LH_STATE_RUNNING)
        writer->header = NULL;
}
