#include "thread_nodes.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "arena.h"
#include "hash.h"
#include "race.h"
#include "python.h"
#include "recorder.h"

#define BUCKETS 1024u

static struct lh_thread_node *buckets[BUCKETS];
static struct lh_thread_node *free_nodes;

struct lh_thread_kept {
    struct lh_self *self; /* NULL: it has ended */
    uint32_t uses;        /* the thread itself is one */
    bool recorded;
    struct lh_trace_thread_info info; /* once it has ended */
    struct lh_thread_kept *next_free;
};
static struct lh_thread_kept *free_kept;

static struct lh_thread_node **bucket_of(pthread_t handle)
{
    return &buckets[lh_spread((uint64_t)handle) & (BUCKETS - 1)];
}

static struct lh_thread_node *new_node(void)
{
    struct lh_thread_node *node = free_nodes;

    if (node)
        free_nodes = node->next;
    else
        node = lh_arena_alloc(sizeof *node);
    if (node) {
        memset(node, 0, sizeof *node);
        node->uses = 1;
    }
    return node;
}

struct lh_thread_node *lh_thread_node_new(void)
{
    lh_recorder_lock();
    struct lh_thread_node *node = new_node();
    lh_recorder_unlock();
    return node;
}

struct lh_thread_node *lh_thread_node_first(struct lh_self *self)
{
    struct lh_thread_node *node = new_node();

    if (!node)
        return NULL;
    node->uid = self->uid;
    node->self = self;
    lh_thread_node_publish(node, pthread_self());
    lh_thread_node_drop(node);
    return node;
}

void lh_thread_node_drop(struct lh_thread_node *node)
{
    if (--node->uses)
        return;
    lh_race_past_drop(node->race_end);
    node->race_end = NULL;
    node->next = free_nodes;
    free_nodes = node;
}

/* Whoever had the handle before has been joined or detached where it was not recorded. */
static void forget_void(pthread_t handle)
{
    struct lh_thread_node *next;

    for (struct lh_thread_node *node = *bucket_of(handle); node; node = next) {
        next = node->next;
        if (pthread_equal(node->handle, handle) && node->ended && !node->joined)
            lh_thread_node_forget(node);
    }
}

void lh_thread_node_publish(struct lh_thread_node *node, pthread_t handle)
{
    struct lh_thread_node **bucket = bucket_of(handle);

    if (node->known || node->gone)
        return;
    forget_void(handle);
    node->handle = handle;
    node->known = true;
    node->uses++;
    node->next = *bucket;
    *bucket = node;
}

struct lh_thread_node *lh_thread_node_find(pthread_t handle)
{
    struct lh_thread_node *found = NULL;

    for (struct lh_thread_node *node = *bucket_of(handle); node; node = node->next) {
        if (pthread_equal(node->handle, handle) && (!found || !node->joined))
            found = node;
    }
    return found;
}

void lh_thread_node_forget(struct lh_thread_node *node)
{
    struct lh_thread_node **link = bucket_of(node->handle);

    if (!node->known)
        return;
    while (*link && *link != node)
        link = &(*link)->next;
    if (*link)
        *link = node->next;
    node->known = false;
    node->gone = true;
    lh_thread_node_drop(node);
}

void lh_thread_set_name(struct lh_self *self, const char *name)
{
    char padded[LH_THREAD_NAME] = "";

    memcpy(padded, name, strnlen(name, sizeof padded - 1));
    memcpy(self->slot->name, padded, sizeof padded);
    if (self->record)
        memcpy(self->record->name, padded, sizeof padded);
}

void lh_thread_refresh_name(struct lh_self *self)
{
    char name[LH_THREAD_NAME] = "";
    int saved = errno;

    if (self->python && self->python->uid == self->uid && self->python->name[0])
        return;

    if (prctl(PR_GET_NAME, name) == 0)
        lh_thread_set_name(self, name);
    errno = saved;
}

static void fill_info(struct lh_trace_thread_info *info, const struct lh_trace_thread *slot)
{
    info->uid = slot->uid;
    info->tid = slot->tid;
    info->creator = slot->creator;
    info->create_stack = slot->create_stack;
    info->start_routine = slot->start_routine;
    memcpy(info->name, slot->name, sizeof info->name);
}

static struct lh_trace_thread_info *new_record(void)
{
    struct lh_trace_thread_info *record = lh_writer_record(&lh_writer, sizeof *record);

    if (!record)
        lh_lost_record(LH_DROP_NO_SPACE);
    return record;
}

void lh_thread_record(struct lh_self *self)
{
    if (self->record)
        return;
    struct lh_trace_thread_info *record = new_record();
    if (!record)
        return;
    if (self == lh_self)
        lh_thread_refresh_name(self);
    fill_info(record, self->slot);
    self->record = record;
    lh_writer_commit(record, LH_RECORD_THREAD, sizeof *record);
}

uint32_t lh_thread_record_foreign(uint32_t tid, const char name[LH_THREAD_NAME])
{
    struct lh_trace_thread_info *record = lh_writer_record(&lh_writer, sizeof *record);

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return LH_NO_THREAD;
    }
    uint32_t uid = lh_self_new_uid();
    record->uid = uid;
    record->tid = tid;
    memcpy(record->name, name, LH_THREAD_NAME);
    lh_writer_commit(record, LH_RECORD_THREAD, sizeof *record);
    return uid;
}

struct lh_thread_kept *lh_thread_keep(struct lh_self *self)
{
    struct lh_thread_kept *kept = self->kept_thread;

    if (!kept) {
        kept = free_kept;
        if (kept)
            free_kept = kept->next_free;
        else
            kept = lh_arena_alloc(sizeof *kept);
        if (!kept)
            return NULL;
        *kept = (struct lh_thread_kept){.self = self, .uses = 1};
        self->kept_thread = kept;
    }
    kept->uses++;
    return kept;
}

void lh_thread_kept_drop(struct lh_thread_kept *kept)
{
    if (--kept->uses)
        return;
    kept->next_free = free_kept;
    free_kept = kept;
}

uint32_t lh_thread_kept_record(struct lh_thread_kept *kept)
{
    if (kept->self) {
        lh_thread_record(kept->self);
        return kept->self->uid;
    }
    struct lh_trace_thread_info *record = kept->recorded ? NULL : new_record();
    if (record) {
        *record = kept->info;
        lh_writer_commit(record, LH_RECORD_THREAD, sizeof *record);
        kept->recorded = true;
    }
    return kept->info.uid;
}

void lh_thread_kept_end(struct lh_self *self)
{
    struct lh_thread_kept *kept = self->kept_thread;

    if (!kept)
        return;
    fill_info(&kept->info, self->slot);
    kept->recorded = self->record != NULL;
    kept->self = NULL;
    self->kept_thread = NULL;
    lh_thread_kept_drop(kept);
}

void lh_threads_forked(void)
{
    memset(buckets, 0, sizeof buckets);
    free_nodes = NULL;
    free_kept = NULL;
}
