#include "trace_builder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_MAX    64
#define LOCKS_PER_UNIT ((LH_UNIT - sizeof(struct lh_trace_extent)) / sizeof(struct lh_trace_lock))

struct lh_builder {
    unsigned char *data;
    size_t size;
    size_t log, log_used; /* offset of the current log extent, bytes used of it */
    size_t locks;         /* offset of the only lock extent */
    size_t threads[THREADS_MAX];
    uint32_t n_threads, n_locks, n_stacks, n_segments, n_deps, n_locksets, n_blocks;
};

static void require(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "trace_builder: %s\n", what);
    abort();
}

struct lh_trace_header *lh_builder_header(struct lh_builder *builder)
{
    return (void *)builder->data;
}

unsigned char *lh_builder_data(struct lh_builder *builder, size_t *ret_size)
{
    *ret_size = builder->size;
    return builder->data;
}

static size_t grow(struct lh_builder *builder, size_t units)
{
    size_t old = builder->size;

    builder->size += units * LH_UNIT;
    builder->data = realloc(builder->data, builder->size);
    require(builder->data != NULL, "no memory");
    memset(builder->data + old, 0, builder->size - old);
    lh_builder_header(builder)->used = builder->size;
    return old;
}

size_t lh_build_extent(struct lh_builder *builder, uint16_t type, uint32_t units)
{
    size_t offset = grow(builder, units);
    struct lh_trace_extent *extent = (void *)(builder->data + offset);

    extent->magic = LH_EXTENT_MAGIC;
    extent->type = type;
    extent->size = units * LH_UNIT;
    return offset;
}

static void fill_header(struct lh_builder *builder)
{
    static const char command[] = "./prog\0--option\0";
    struct lh_trace_header *header = lh_builder_header(builder);

    memcpy(header->magic, LH_TRACE_MAGIC, sizeof(header->magic));
    header->version = LH_TRACE_VERSION;
    header->header_size = sizeof(*header);
    header->byte_order = LH_BYTE_ORDER;
    header->unit = LH_UNIT;
    header->word_size = sizeof(void *);
    header->state = LH_STATE_EXITED;
    header->pid = 4242;
    header->ppid = 4241;
    header->start_ticks = 1000;
    header->start_ns = 5000;
    header->last_ticks = 3000;
    header->last_ns = 6000;
    header->lock_slot_size = sizeof(struct lh_trace_lock);
    header->thread_slot_size = sizeof(struct lh_trace_thread);
    header->command_offset = 1024;
    header->command_size = sizeof(command) - 1;
    memcpy(builder->data + 1024, command, sizeof(command) - 1);
    memcpy(header->tool_version, "0.1-test", 9);
}

struct lh_builder *lh_builder_new(void)
{
    struct lh_builder *builder = calloc(1, sizeof(*builder));

    require(builder != NULL, "no memory");
    grow(builder, 1);
    fill_header(builder);
    return builder;
}

void lh_builder_free(struct lh_builder *builder)
{
    if (!builder)
        return;
    free(builder->data);
    free(builder);
}

size_t lh_build_record(struct lh_builder *builder, uint8_t type, const void *body, size_t size)
{
    size_t whole = sizeof(struct lh_trace_record) + size;
    struct lh_trace_record *record;
    size_t offset;

    whole = (whole + LH_RECORD_ALIGN - 1) / LH_RECORD_ALIGN * LH_RECORD_ALIGN;
    require(whole <= LH_UNIT - sizeof(struct lh_trace_extent), "the record is too big");
    if (builder->log == 0 || builder->log_used + whole > LH_UNIT) {
        builder->log = lh_build_extent(builder, LH_EXTENT_LOG, 1);
        builder->log_used = sizeof(struct lh_trace_extent);
    }
    offset = builder->log + builder->log_used;
    record = (void *)(builder->data + offset);
    record->type = type;
    record->size = (uint32_t)whole;
    if (size > 0)
        memcpy(record + 1, body, size);
    builder->log_used += whole;
    return offset;
}

/* A record of a fixed part, which begins with a record header, and what follows it. */
static void put(struct lh_builder *builder, uint8_t type, const void *fixed, size_t fixed_size,
                const void *rest, size_t rest_size)
{
    size_t head = sizeof(struct lh_trace_record);
    unsigned char *body = malloc(fixed_size + rest_size);

    require(body != NULL, "no memory");
    memcpy(body, (const char *)fixed + head, fixed_size - head);
    if (rest_size > 0)
        memcpy(body + fixed_size - head, rest, rest_size);
    lh_build_record(builder, type, body, fixed_size - head + rest_size);
    free(body);
}

uint32_t lh_build_stack(struct lh_builder *builder, uint32_t epoch, const uint64_t *pcs,
                        uint32_t count)
{
    struct lh_trace_stack stack = {.id = ++builder->n_stacks, .epoch = epoch, .count = count};

    put(builder, LH_RECORD_STACK, &stack, sizeof(stack), pcs, count * sizeof(*pcs));
    return stack.id;
}

struct lh_trace_lock *lh_builder_lock(struct lh_builder *builder, uint32_t index)
{
    require(builder->locks != 0 && index < LOCKS_PER_UNIT, "no such lock");
    return (struct lh_trace_lock *)(void *)(builder->data + builder->locks +
                                            sizeof(struct lh_trace_extent)) +
           index;
}

uint32_t lh_build_lock(struct lh_builder *builder, enum lh_lock_kind kind, uint32_t flags,
                       uint64_t addr, uint32_t birth_stack)
{
    struct lh_trace_lock *lock;

    if (builder->locks == 0)
        builder->locks = lh_build_extent(builder, LH_EXTENT_LOCKS, 1);
    lock = lh_builder_lock(builder, ++builder->n_locks);
    lock->uid = builder->n_locks;
    lock->addr = addr;
    lock->flags = flags;
    lock->kind = (uint8_t)kind;
    lock->birth_stack = birth_stack;
    lock->instances = 1;
    return builder->n_locks;
}

struct lh_trace_thread *lh_builder_thread(struct lh_builder *builder, uint32_t uid)
{
    require(uid > 0 && uid <= builder->n_threads, "no such thread");
    return (void *)(builder->data + builder->threads[uid - 1] + sizeof(struct lh_trace_extent));
}

uint32_t lh_build_thread(struct lh_builder *builder, const char *name, enum lh_thread_state state)
{
    struct lh_trace_thread *thread;
    size_t offset, start;

    require(builder->n_threads < THREADS_MAX, "too many threads");
    offset = lh_build_extent(builder, LH_EXTENT_THREADS, 1);
    builder->threads[builder->n_threads++] = offset;
    thread = lh_builder_thread(builder, builder->n_threads);
    start = offset + sizeof(struct lh_trace_extent);
    thread->uid = builder->n_threads;
    thread->tid = 4241 + builder->n_threads;
    thread->state = state;
    snprintf(thread->name, sizeof(thread->name), "%s", name);
    thread->held_capacity = LH_HELD_INLINE;
    thread->held_offset = start + offsetof(struct lh_trace_thread, held);
    thread->flight_slots = LH_FLIGHT_SLOTS;
    thread->flight_offset = start + offsetof(struct lh_trace_thread, flight);
    return thread->uid;
}

uint32_t lh_build_segment(struct lh_builder *builder, uint32_t thread, const uint32_t *parents,
                          uint32_t count)
{
    struct lh_trace_segment segment = {
        .id = ++builder->n_segments, .thread = thread, .count = count};

    put(builder, LH_RECORD_SEGMENT, &segment, sizeof(segment), parents, count * sizeof(*parents));
    return segment.id;
}

uint32_t lh_build_dep(struct lh_builder *builder, uint32_t lock, uint32_t stack,
                      const struct lh_trace_dep_held *held, uint16_t count)
{
    struct lh_trace_dep dep = {
        .id = ++builder->n_deps, .lock = lock, .stack = stack, .held_count = count};

    put(builder, LH_RECORD_DEP, &dep, sizeof(dep), held, count * sizeof(*held));
    return dep.id;
}

uint32_t lh_build_lockset(struct lh_builder *builder, const struct lh_trace_dep_held *held,
                          uint32_t count)
{
    struct lh_trace_lockset lockset = {.id = ++builder->n_locksets, .count = count};

    put(builder, LH_RECORD_LOCKSET, &lockset, sizeof(lockset), held, count * sizeof(*held));
    return lockset.id;
}

uint32_t lh_build_block(struct lh_builder *builder, uint64_t addr, uint64_t size, uint32_t stack)
{
    struct lh_trace_block block = {
        .id = ++builder->n_blocks, .thread = 1, .stack = stack, .addr = addr, .size = size};

    put(builder, LH_RECORD_BLOCK, &block, sizeof(block), NULL, 0);
    return block.id;
}

void lh_build_race(struct lh_builder *builder, const struct lh_trace_race *race)
{
    put(builder, LH_RECORD_RACE, race, sizeof(*race), NULL, 0);
}

void lh_build_seen(struct lh_builder *builder, uint32_t dep, uint32_t segment, uint64_t count)
{
    struct lh_trace_seen seen = {.dep = dep, .segment = segment, .count = count};

    put(builder, LH_RECORD_SEEN, &seen, sizeof(seen), NULL, 0);
}

void lh_build_thread_info(struct lh_builder *builder, uint32_t uid, const char *name,
                          uint64_t start_routine)
{
    struct lh_trace_thread_info info = {
        .uid = uid, .tid = 7000 + uid, .start_routine = start_routine};

    snprintf(info.name, sizeof(info.name), "%s", name);
    put(builder, LH_RECORD_THREAD, &info, sizeof(info), NULL, 0);
}

void lh_build_module(struct lh_builder *builder, uint32_t epoch, uint64_t start, uint64_t end,
                     const char *path)
{
    struct lh_trace_module module = {
        .epoch = epoch,
        .bias = start,
        .start = start,
        .end = end,
        .path_size = (uint32_t)strlen(path) + 1,
    };

    put(builder, LH_RECORD_MODULE, &module, sizeof(module), path, module.path_size);
}

void lh_build_unload(struct lh_builder *builder, uint32_t epoch, uint64_t start)
{
    struct lh_trace_unload unload = {.epoch = epoch, .start = start};

    put(builder, LH_RECORD_UNLOAD, &unload, sizeof(unload), NULL, 0);
}

void lh_build_name(struct lh_builder *builder, uint32_t lock, const char *name)
{
    struct lh_trace_name record = {.lock = lock, .size = (uint32_t)strlen(name) + 1};

    put(builder, LH_RECORD_NAME, &record, sizeof(record), name, record.size);
}

struct lh_builder *lh_builder_inversion(void)
{
    static const uint64_t pcs[][3] = {{0x401010, 0x401100, 0x401200},
                                      {0x401020, 0x401110, 0x401200},
                                      {0x401030, 0x401120, 0x401200},
                                      {0x401040, 0x401130, 0x401200}};
    struct lh_builder *builder = lh_builder_new();
    struct lh_trace_dep_held held = {0};
    uint32_t stacks[4], locks[2];

    lh_build_module(builder, 1, 0x400000, 0x410000, "/no/such/program");
    for (size_t i = 0; i < 4; i++)
        stacks[i] = lh_build_stack(builder, 1, pcs[i], 3);
    locks[0] = lh_build_lock(builder, LH_LOCK_MUTEX, 0, 0x404000, stacks[0]);
    locks[1] = lh_build_lock(builder, LH_LOCK_MUTEX, 0, 0x404040, stacks[1]);
    lh_build_name(builder, locks[0], "first");
    lh_build_name(builder, locks[1], "second");
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t thread = lh_build_thread(builder, i ? "girl" : "boy", LH_THREAD_ENDED);
        uint32_t segment = lh_build_segment(builder, thread, NULL, 0);

        held.lock = locks[i];
        held.stack = stacks[2 * i];
        lh_build_seen(builder, lh_build_dep(builder, locks[1 - i], stacks[2 * i + 1], &held, 1),
                      segment, 3);
        lh_builder_lock(builder, locks[i])->acquisitions = 6;
    }
    return builder;
}

char *lh_write_temporary(const void *data, size_t size)
{
    char *path = strdup("/tmp/lockhound-test-XXXXXX");
    int fd;

    require(path != NULL, "no memory");
    fd = mkstemp(path);
    require(fd >= 0, "no temporary file");
    require(write(fd, data, size) == (ssize_t)size, "no room for a temporary file");
    close(fd);
    return path;
}
