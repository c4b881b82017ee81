#include "stacks.h"

#include <errno.h>
#include <string.h>
#include <unwind.h>

#include "arena.h"
#include "map64.h"
#include "recorder.h"

#define LH_STACK_MAX 256u   /* frames; the largest stack_depth */
#define LINK_BUCKETS 16384u /* a power of two */
#define MAX_TRIES    16     /* shapes tried before walking again */

/* A stack walked just now. */
struct walk {
    struct lh_site site;
    uintptr_t limit; /* nothing of the thread lies at or above; 0: unknown */
    uint32_t count, max;
    bool cut;       /* deeper than max */
    bool cacheable; /* every return address lies where the shape can find it again */
    uintptr_t pcs[LH_STACK_MAX];
    uint32_t offsets[LH_STACK_MAX];
};

/* Shapes by (return address, distance from the stack's top): what other threads have walked. */
struct shape_link {
    struct lh_shape *shape;
    struct shape_link *next;
};

static struct shape_link *links[LINK_BUCKETS]; /* heads are atomic: read without a lock */
static struct lh_map64 stacks; /* by hash of the addresses: struct lh_trace_stack; recorder lock */
static struct lh_map64 shapes; /* by hash of addresses and offsets; recorder lock */
static uint32_t last_stack;

static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *data)
{
    struct walk *walk = data;
    int before = 0; /* 1: pc is where a signal interrupted, not a return address */
    uintptr_t pc = _Unwind_GetIPInfo(context, &before);
    uintptr_t cfa = _Unwind_GetCFA(context);

    /* Frames of the shim itself lie below the site. */
    if (!pc || cfa < walk->site.sp)
        return pc ? _URC_NO_REASON : _URC_END_OF_STACK;
    if (walk->limit && cfa >= walk->limit)
        return _URC_END_OF_STACK;
    if (walk->count == walk->max) {
        walk->cut = true;
        return _URC_END_OF_STACK;
    }
    uintptr_t offset = cfa - sizeof(uintptr_t) - walk->site.sp;
    if (walk->count > 0 &&
        (before || offset > UINT32_MAX || *(const uintptr_t *)(cfa - sizeof(uintptr_t)) != pc))
        walk->cacheable = false;
    /* The symbolizer takes 1 off every address, as is right for return addresses. */
    walk->pcs[walk->count] = before ? pc + 1 : pc;
    walk->offsets[walk->count++] = (uint32_t)offset;
    return _URC_NO_REASON;
}

static void walk_stack(struct walk *walk, const struct lh_self *self, struct lh_site site)
{
    int saved = errno;

    walk->site = site;
    walk->limit = 0;
    if (site.sp >= self->stack_low && site.sp < self->stack_high)
        walk->limit = self->stack_high;
    walk->count = 0;
    walk->max = lh_options.stack_depth ? lh_options.stack_depth : 1;
    if (walk->max > LH_STACK_MAX)
        walk->max = LH_STACK_MAX;
    walk->cut = false;
    walk->cacheable = true;
    _Unwind_Backtrace(on_frame, walk);
    if (walk->count == 0 || walk->pcs[0] != site.pc) {
        /* No unwind tables for the caller: its address is what there is. */
        walk->pcs[0] = site.pc;
        walk->count = 1;
    }
    errno = saved;
}

void lh_stacks_prepare(void)
{
    struct walk walk;
    struct lh_self nobody = {0};

    walk_stack(&walk, &nobody, LH_SITE());
}

static uint64_t hash_pcs(const uintptr_t *pcs, uint32_t count)
{
    uint64_t hash = lh_join(count, lh_module_epoch);
    for (uint32_t i = 0; i < count; i++)
        hash = lh_join(hash, pcs[i]);
    return hash;
}

static uint32_t record_stack(const uintptr_t *pcs, uint32_t count, bool cut)
{
    uint64_t key = hash_pcs(pcs, count);
    struct lh_trace_stack *record = lh_map64_find(&stacks, key);
    size_t size = sizeof *record + count * sizeof record->pcs[0];

    if (record)
        return record->id;
    record = lh_writer_record(&lh_writer, size);
    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return LH_NO_STACK;
    }
    record->id = ++last_stack;
    record->epoch = lh_module_epoch;
    record->count = count;
    record->flags = cut ? LH_STACK_CUT : 0;
    for (uint32_t i = 0; i < count; i++)
        record->pcs[i] = pcs[i];
    lh_writer_commit(record, LH_RECORD_STACK, size);
    lh_writer_clock(&lh_writer);
    if (!lh_map64_add(&stacks, key, record))
        lh_lost_record(LH_DROP_NO_MEMORY);
    return record->id;
}

uint32_t lh_stack_record(const uintptr_t *pcs, uint32_t count)
{
    return record_stack(pcs, count, false);
}

/* NULL: cannot be cached, or no memory. */
static struct lh_shape *intern_shape(const struct walk *walk, uint32_t id)
{
    uint64_t key = lh_join(id, walk->count);

    if (!walk->cacheable)
        return NULL;
    for (uint32_t i = 1; i < walk->count; i++)
        key = lh_join(key, walk->offsets[i]);
    struct lh_shape *shape = lh_map64_find(&shapes, key);
    if (shape)
        return shape;
    shape = lh_arena_alloc(sizeof *shape + walk->count * sizeof shape->frames[0]);
    if (!shape || !lh_map64_add(&shapes, key, shape))
        return NULL;
    shape->id = id;
    shape->count = walk->count;
    shape->epoch = lh_module_epoch;
    for (uint32_t i = 0; i < walk->count; i++) {
        shape->frames[i] = (struct lh_shape_frame){walk->pcs[i], walk->offsets[i]};
        if (i && walk->offsets[i] > shape->reach)
            shape->reach = walk->offsets[i];
    }
    return shape;
}

static struct shape_link **link_bucket(const struct lh_self *self, struct lh_site site)
{
    return &links[lh_mix(site.pc ^ (self->stack_high - site.sp) << 24) & (LINK_BUCKETS - 1)];
}

static bool on_own_stack(const struct lh_self *self, struct lh_site site)
{
    return site.sp >= self->stack_low && site.sp < self->stack_high;
}

/* A shape that another thread, or this one at another time, has walked. */
static const struct lh_shape *known_shape(const struct lh_self *self, struct lh_site site)
{
    /* Acquire pairs with the release in share_shape(). */
    struct shape_link *link = __atomic_load_n(link_bucket(self, site), __ATOMIC_ACQUIRE);

    for (int tries = 0; link && tries < MAX_TRIES; tries++, link = link->next) {
        if (link->shape->reach + sizeof(uintptr_t) <= self->stack_high - site.sp &&
            lh_shape_matches(link->shape, site))
            return link->shape;
    }
    return NULL;
}

static void share_shape(const struct lh_self *self, struct lh_site site, struct lh_shape *shape)
{
    struct shape_link **bucket = link_bucket(self, site);
    struct shape_link *link = lh_arena_alloc(sizeof *link);

    if (!link)
        return;
    link->shape = shape;
    link->next = *bucket;
    __atomic_store_n(bucket, link, __ATOMIC_RELEASE);
}

uint32_t lh_stack_find(struct lh_self *self, struct lh_site site)
{
    struct lh_stack_cache *cache =
        &self->stack_cache[lh_spread(site.pc ^ site.sp << 16) & (LH_STACK_CACHE - 1)];
    bool own = on_own_stack(self, site);
    const struct lh_shape *shape = own ? known_shape(self, site) : NULL;
    uint32_t id;

    if (shape) {
        id = shape->id;
    } else {
        struct walk walk;
        walk_stack(&walk, self, site);
        lh_recorder_lock();
        if (!lh_modules_cover(walk.pcs, walk.count)) {
            lh_recorder_unlock();
            lh_modules_refresh();
            lh_recorder_lock();
        }
        id = lh_recording() ? record_stack(walk.pcs, walk.count, walk.cut) : LH_NO_STACK;
        struct lh_shape *made = id ? intern_shape(&walk, id) : NULL;
        if (made && own)
            share_shape(self, site, made);
        shape = made;
        lh_recorder_unlock();
    }
    if (shape)
        *cache = (struct lh_stack_cache){site.sp, shape};
    return id;
}

uint32_t lh_stack_pcs(uint32_t id, uintptr_t *ret_pcs, uint32_t max)
{
    for (size_t i = 0; i < stacks.capacity; i++) {
        const struct lh_trace_stack *record = stacks.entries[i].value;
        if (stacks.entries[i].key <= 1 || record->id != id)
            continue;
        uint32_t count = record->count < max ? record->count : max;
        for (uint32_t j = 0; j < count; j++)
            ret_pcs[j] = record->pcs[j];
        return count;
    }
    return 0;
}

void lh_stacks_forked(void)
{
    memset(links, 0, sizeof links);
    stacks = shapes = (struct lh_map64){0};
    last_stack = 0;
}
