#include "stacks.h"

#include <errno.h>
#include <string.h>
#include <unwind.h>

#include "arena.h"
#include "map64.h"
#include "python.h"
#include "recorder.h"
#include "unwind_safely.h"

#define LH_STACK_MAX 256u   /* frames; the largest stack_depth */
#define LINK_BUCKETS 16384u /* a power of two */
#define MAX_TRIES    16     /* shapes tried before walking again */

/* A stack walked just now. */
struct walk {
    struct lh_site site;
    uintptr_t limit; /* nothing of the thread lies at or above; 0: unknown */
    uint32_t count, max;
    bool cut;                    /* deeper than max */
    bool cacheable;              /* every return address lies where the shape can find it again */
    const struct lh_shape *last; /* what this thread walked last; NULL: nothing to go by */
    uintptr_t last_sp;           /* where that was */
    uint32_t last_frame;         /* the first of it that the walk has not passed */
    uintptr_t pcs[LH_STACK_MAX];
    uint32_t offsets[LH_STACK_MAX];
};

/*
 * Lists of shapes by a key. Links: by (return address, distance from the stack's top), where a
 * search begins. Ways: by the frames that two shapes share and the next return address of the
 * second, which they lead to. Read without a lock, written under the recorder lock.
 */
struct shape_link {
    uint64_t key;
    const struct lh_shape *shape;
    struct shape_link *next;
};

static struct shape_link *links[LINK_BUCKETS], *ways[LINK_BUCKETS]; /* heads are atomic */
static struct lh_map64 stacks; /* by hash of the addresses: struct lh_trace_stack; recorder lock */
static struct lh_map64 shapes; /* by hash of addresses and offsets; recorder lock */
static uint32_t last_stack;

static uintptr_t last_place(const struct walk *walk, uint32_t frame)
{
    return walk->last_sp + walk->last->frames[frame].offset;
}

/*
 * Is a frame whose return address lies at `place` one of the last walk, and are those above it the
 * same still? They are told as in the cache of stacks: each return address is where it was.
 */
static bool is_rest_known(struct walk *walk, uintptr_t place, uintptr_t pc)
{
    const struct lh_shape *last = walk->last;

    while (walk->last_frame < last->count && last_place(walk, walk->last_frame) < place)
        walk->last_frame++;
    uint32_t i = walk->last_frame;
    if (i == last->count || last_place(walk, i) != place || last->frames[i].pc != pc)
        return false;
    /* It was cut, and this one has room for more of it. */
    if (last->count >= walk->max && walk->count < i)
        return false;
    while (i < last->count && *(const uintptr_t *)last_place(walk, i) == last->frames[i].pc)
        i++;
    return i == last->count;
}

static void add_rest(struct walk *walk)
{
    for (uint32_t i = walk->last_frame; i < walk->last->count; i++) {
        if (walk->count == walk->max) {
            walk->cut = true;
            return;
        }
        walk->pcs[walk->count] = walk->last->frames[i].pc;
        walk->offsets[walk->count++] = (uint32_t)(last_place(walk, i) - walk->site.sp);
    }
    walk->cut = walk->last->count >= walk->max;
}

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
    if (walk->last && is_rest_known(walk, cfa - sizeof(uintptr_t), pc)) {
        add_rest(walk);
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

/* `last`: NULL, or what this thread has walked before, on the stack that it is on. */
static void walk_stack(struct walk *walk, const struct lh_self *self, struct lh_site site,
                       uint64_t most, const struct lh_stack_cache *last)
{
    int saved = errno;

    walk->site = site;
    walk->limit = 0;
    if (site.sp >= self->stack_low && site.sp < self->stack_high)
        walk->limit = self->stack_high;
    walk->count = 0;
    walk->max = most < LH_STACK_MAX ? (uint32_t)most : LH_STACK_MAX;
    walk->cut = false;
    walk->cacheable = true;
    walk->last =
        last && last->shape && last->shape->epoch == lh_modules_epoch() ? last->shape : NULL;
    walk->last_sp = last ? last->sp : 0;
    walk->last_frame = 1; /* where frame 0 is, its shape does not say */
    lh_unwind_safely(on_frame, walk);
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

    walk_stack(&walk, &nobody, LH_SITE(), 1, NULL);
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

static bool on_own_stack(const struct lh_self *self, struct lh_site site)
{
    return site.sp >= self->stack_low && site.sp < self->stack_high;
}

static uint64_t link_key(const struct lh_self *self, struct lh_site site)
{
    return lh_mix(site.pc ^ (self->stack_high - site.sp) << 24);
}

static struct shape_link *first_in(struct shape_link **lists, uint64_t key)
{
    /* Acquire pairs with the release in add_to(). */
    return __atomic_load_n(&lists[key & (LINK_BUCKETS - 1)], __ATOMIC_ACQUIRE);
}

static void add_to(struct shape_link **lists, uint64_t key, const struct lh_shape *shape)
{
    struct shape_link **bucket = &lists[key & (LINK_BUCKETS - 1)];
    struct shape_link *link = lh_arena_alloc(sizeof *link);

    if (!link)
        return;
    *link = (struct shape_link){key, shape, *bucket};
    __atomic_store_n(bucket, link, __ATOMIC_RELEASE);
}

/* Where a search left the shapes that are known. */
struct fork {
    const struct lh_shape *shape; /* the last one; NULL: none begins here */
    uint32_t frame;               /* the first of it that differs */
    uint64_t way;
};

static uintptr_t word_at(struct lh_site site, const struct lh_shape_frame *frame)
{
    return *(const uintptr_t *)(site.sp + frame->offset);
}

/* One multiplication a frame. */
static uint64_t hash_frame(uint64_t hash, uintptr_t pc, uint32_t offset)
{
    hash = (hash ^ pc ^ (uint64_t)offset << 44) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t way_of(const struct lh_shape *shape, struct lh_site site, uint32_t frame)
{
    uint64_t hash = lh_join(site.pc, shape->epoch);

    for (uint32_t i = 1; i < frame; i++)
        hash = hash_frame(hash, shape->frames[i].pc, shape->frames[i].offset);
    return hash_frame(hash, word_at(site, &shape->frames[frame]), shape->frames[frame].offset);
}

/* Compare, and when they differ say where. The frames up to there lie where the shape says. */
static bool compare(const struct lh_shape *shape, struct lh_site site, struct fork *fork)
{
    uint32_t i = 1;

    while (i < shape->count && word_at(site, &shape->frames[i]) == shape->frames[i].pc)
        i++;
    if (i == shape->count)
        return true;
    *fork = (struct fork){shape, i, way_of(shape, site, i)};
    return false;
}

static bool is_in_reach(const struct lh_self *self, struct lh_site site,
                        const struct lh_shape *shape)
{
    return shape->reach + sizeof(uintptr_t) <= self->stack_high - site.sp &&
           shape->frames[0].pc == site.pc && shape->epoch == lh_modules_epoch();
}

static const struct lh_shape *shape_on_way(const struct lh_self *self, struct lh_site site,
                                           uint64_t way)
{
    for (struct shape_link *link = first_in(ways, way); link; link = link->next) {
        if (link->key == way && is_in_reach(self, site, link->shape))
            return link->shape;
    }
    return NULL;
}

/* From one shape to the next that begins alike, ever farther. NULL: the last fork leads on to none
 * that is known. */
static const struct lh_shape *follow(const struct lh_self *self, struct lh_site site,
                                     const struct lh_shape *shape, struct fork *fork)
{
    uint32_t frame = 0;

    while (shape && !compare(shape, site, fork)) {
        /* No farther: another stack with the same hash. */
        if (fork->frame <= frame)
            return NULL;
        frame = fork->frame;
        shape = shape_on_way(self, site, fork->way);
    }
    return shape;
}

/* A shape that another thread, or this one at another time, has walked; `fork`: where to add it. */
static const struct lh_shape *known_shape(const struct lh_self *self, struct lh_site site,
                                          const struct lh_stack_cache *cache, struct fork *fork)
{
    uint64_t key = link_key(self, site);
    int tries = 0;

    /* The last one here is as good to start with as any, and at hand. */
    if (cache->sp == site.sp && is_in_reach(self, site, cache->shape)) {
        const struct lh_shape *shape = follow(self, site, cache->shape, fork);
        if (shape)
            return shape;
    }
    for (struct shape_link *link = first_in(links, key); link && tries < MAX_TRIES;
         link = link->next) {
        if (link->key != key || !is_in_reach(self, site, link->shape))
            continue;
        const struct lh_shape *shape = follow(self, site, link->shape, fork);
        if (shape)
            return shape;
        tries++;
    }
    return NULL;
}

/* Do both begin with the same frames, up to the place of the one at which they differ? */
static bool forks_at(const struct lh_shape *shape, const struct fork *fork)
{
    uint32_t i = 1;

    if (!fork->shape || shape->count <= fork->frame ||
        shape->frames[fork->frame].offset != fork->shape->frames[fork->frame].offset)
        return false;
    while (i < fork->frame && shape->frames[i].pc == fork->shape->frames[i].pc &&
           shape->frames[i].offset == fork->shape->frames[i].offset)
        i++;
    return i == fork->frame;
}

/* Let others find it: on the way where the search ended, or as one that begins differently. */
static void share_shape(const struct lh_self *self, struct lh_site site,
                        const struct lh_shape *shape, const struct fork *fork)
{
    uint64_t key = link_key(self, site);
    int count = 0;

    if (forks_at(shape, fork)) {
        /* Another thread may have been faster. */
        if (!shape_on_way(self, site, fork->way))
            add_to(ways, fork->way, shape);
        return;
    }
    for (struct shape_link *link = first_in(links, key); link; link = link->next) {
        if (link->key == key && (link->shape == shape || ++count == MAX_TRIES))
            return;
    }
    add_to(links, key, shape);
}

uint32_t lh_stack_callers(const struct lh_self *self, struct lh_site site, uintptr_t *ret_pcs,
                          uint32_t most)
{
    struct walk walk;

    walk_stack(&walk, self, site, most, NULL);
    memcpy(ret_pcs, walk.pcs, walk.count * sizeof walk.pcs[0]);
    return walk.count;
}

uint32_t lh_stack_find(struct lh_self *self, struct lh_site site)
{
    /* The interpreter's own depths differ from call to call, and tell nothing. */
    uint32_t python = lh_python_asks(site) ? lh_python_last_stack(self) : LH_NO_STACK;

    if (python)
        return python;
    struct lh_stack_cache *cache =
        &self->stack_cache[lh_spread(site.pc ^ site.sp << 16) & (LH_STACK_CACHE - 1)];
    bool own = on_own_stack(self, site);
    struct fork fork = {0};
    const struct lh_shape *shape = own ? known_shape(self, site, cache, &fork) : NULL;
    uint32_t id;

    if (shape) {
        id = shape->id;
    } else {
        struct walk walk;
        walk_stack(&walk, self, site, lh_options.stack_depth ? lh_options.stack_depth : 1,
                   own ? &self->last_walk : NULL);
        lh_recorder_lock();
        if (!lh_modules_cover(walk.pcs, walk.count)) {
            lh_recorder_unlock();
            lh_modules_refresh();
            lh_recorder_lock();
        }
        id = lh_recording() ? record_stack(walk.pcs, walk.count, walk.cut) : LH_NO_STACK;
        struct lh_shape *made = id ? intern_shape(&walk, id) : NULL;
        if (made && own) {
            share_shape(self, site, made, &fork);
            self->last_walk = (struct lh_stack_cache){site.sp, made};
        }
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
    memset(ways, 0, sizeof ways);
    stacks = shapes = (struct lh_map64){0};
    last_stack = 0;
}
