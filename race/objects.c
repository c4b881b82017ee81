#include "objects.h"

#include "hash.h"
#include "lock.h"
#include "pool.h"
#include "slots.h"
#include "watched.h"

#define BLOCK_BITS 8 /* objects of one block of memory are in one bucket */
#define BUCKETS    ((size_t)1 << 16)
#define MAX_HOPS   64

static struct lh_object **buckets;     /* heads and links are atomic: read without the race lock */
static struct lh_object *free_objects; /* under the race lock */
uint32_t lh_births;                    /* atomic: objects made so far; wraps before the last */
static uint32_t endings;               /* atomic; odd while objects are taken out of a bucket */

static struct lh_object **bucket_of(uintptr_t addr)
{
    return &buckets[lh_spread(addr >> BLOCK_BITS) & (BUCKETS - 1)];
}

/*
 * The first object in [start, start + size), which is part of one block, without a lock. A hit is
 * certain. So is a miss, if no object ended meanwhile: only that breaks chains (an object that is
 * made comes first in its bucket).
 */
static struct lh_object *look_up(uintptr_t start, uintptr_t size, bool *ret_certain)
{
    /* Acquire: who sees a link that take_out() changed, sees that it is at it. */
    uint32_t before = __atomic_load_n(&endings, __ATOMIC_ACQUIRE);
    struct lh_object *object = NULL;
    int hops = 0;

    if (__atomic_load_n(&buckets, __ATOMIC_ACQUIRE))
        object = __atomic_load_n(bucket_of(start), __ATOMIC_ACQUIRE);
    for (; object && hops < MAX_HOPS; hops++) {
        if (__atomic_load_n(&object->addr, __ATOMIC_RELAXED) - start < size)
            return object;
        object = __atomic_load_n(&object->next, __ATOMIC_ACQUIRE);
    }
    *ret_certain =
        !object && !(before & 1) && __atomic_load_n(&endings, __ATOMIC_ACQUIRE) == before;
    return NULL;
}

static struct lh_object *new_object(uintptr_t addr)
{
    struct lh_object *object = free_objects;

    if (object)
        free_objects = object->next;
    else
        object = lh_pool_keep(sizeof *object);
    if (!object)
        return NULL;
    object->round = object->arrived = 0;
    object->releasers = 0;
    __atomic_store_n(&object->addr, addr, __ATOMIC_RELAXED);
    struct lh_object **bucket = bucket_of(addr);
    __atomic_store_n(&object->next, *bucket, __ATOMIC_RELEASE);
    __atomic_store_n(bucket, object, __ATOMIC_RELEASE);
    /* Release: who sees an effect of what follows here, sees that an object was made. */
    __atomic_store_n(&lh_births, (lh_births + 1) % UINT32_MAX, __ATOMIC_RELEASE);
    return object;
}

/* Certain; made if wanted. */
static struct lh_object *find(uintptr_t addr, bool make)
{
    struct lh_object *object = NULL;

    lh_race_lock();
    if (!buckets && make)
        __atomic_store_n(&buckets, lh_pages_alloc(BUCKETS * sizeof(struct lh_object *)),
                         __ATOMIC_RELEASE);
    if (buckets) {
        object = *bucket_of(addr);
        while (object && object->addr != addr)
            object = object->next;
        if (!object && make)
            object = new_object(addr);
    }
    lh_race_unlock();
    return object;
}

void lh_object_unlock(struct lh_object *object)
{
    lh_spin_unlock(&object->lock);
}

static struct lh_object *find_any(uintptr_t addr, bool make)
{
    bool certain = false;
    struct lh_object *object = look_up(addr, 1, &certain);

    return object || (certain && !make) ? object : find(addr, make);
}

/* The same, for an address that mostly has none: not looked for until another object is made. */
static struct lh_object *find_rare(struct lh_race_thread *thread, uintptr_t addr)
{
    uint32_t before = lh_object_births();

    if (lh_object_is_none(thread, addr))
        return NULL;
    struct lh_object *object = find_any(addr, false);
    if (!object)
        thread->no_objects[lh_cache_place(addr, LH_NO_OBJECT_CACHE)] =
            (struct lh_no_object){addr, before};
    return object;
}

struct lh_object *lh_object_lock(struct lh_hot *hot, uintptr_t addr, bool make)
{
    struct lh_object **cache = &hot->thread->objects[lh_cache_place(addr, LH_OBJECT_CACHE)];
    struct lh_object *object = *cache;

    for (;;) {
        if (!object || __atomic_load_n(&object->addr, __ATOMIC_RELAXED) != addr)
            object = make ? find_any(addr, true) : find_rare(hot->thread, addr);
        if (!object)
            return NULL;
        lh_spin_lock(&object->lock);
        if (__builtin_expect(__atomic_load_n(&object->addr, __ATOMIC_RELAXED) == addr, 1))
            break;
        /* It ended meanwhile. */
        lh_object_unlock(object);
        object = NULL;
    }
    *cache = object;
    return object;
}

void lh_object_learn(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge)
{
    struct lh_race_thread *thread = hot->thread;

    if (edge & LH_EDGE_FULL)
        lh_clocks_learn(&thread->clocks, thread->slot, &object->clocks);
    if (edge & LH_EDGE_STRICT)
        lh_clocks_learn(&thread->strict, thread->slot, &object->strict);
}

void lh_object_store(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge)
{
    struct lh_race_thread *thread = hot->thread;
    uint32_t width = lh_race_slots() + 1;

    if (edge & LH_EDGE_FULL)
        lh_clocks_store(&object->clocks, &thread->clocks, thread->slot, width);
    if (edge & LH_EDGE_STRICT)
        lh_clocks_store(&object->strict, &thread->strict, thread->slot, width);
}

void lh_object_add(struct lh_hot *hot, struct lh_object *object, enum lh_edge edge)
{
    struct lh_race_thread *thread = hot->thread;
    uint32_t width = lh_race_slots() + 1;

    if (edge & LH_EDGE_FULL)
        lh_clocks_add(&object->clocks, &thread->clocks, thread->slot, width);
    if (edge & LH_EDGE_STRICT)
        lh_clocks_add(&object->strict, &thread->strict, thread->slot, width);
}

/* Under the race lock. From the first to the second no miss is certain. */
static void begin_taking(void)
{
    /* Sequentially consistent: before the links change. Pairs with the loads in look_up(). */
    __atomic_store_n(&endings, endings | 1, __ATOMIC_SEQ_CST);
}

static void end_taking(void)
{
    __atomic_store_n(&endings, (endings | 1) + 1, __ATOMIC_RELEASE);
}

/* Take what lies in the range out of one bucket; it is linked by `next` then. */
static struct lh_object *take_out(struct lh_object **link, uintptr_t start, uintptr_t end)
{
    struct lh_object *taken = NULL, *object;

    lh_race_lock();
    while ((object = *link) != NULL) {
        if (object->addr < start || object->addr >= end) {
            link = &object->next;
            continue;
        }
        if (!taken)
            begin_taking();
        __atomic_store_n(link, object->next, __ATOMIC_RELEASE);
        __atomic_store_n(&object->addr, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&object->next, taken, __ATOMIC_RELEASE);
        taken = object;
    }
    if (taken)
        end_taking();
    lh_race_unlock();
    return taken;
}

static void give_back(struct lh_object *object)
{
    /* Whoever found it before it was taken out sees under the lock that it ended. */
    lh_spin_lock(&object->lock);
    lh_clocks_free(&object->clocks);
    lh_clocks_free(&object->strict);
    lh_object_unlock(object);
    lh_race_lock();
    object->next = free_objects;
    free_objects = object;
    lh_race_unlock();
}

static void end_bucket(struct lh_object **bucket, uintptr_t start, uintptr_t end)
{
    if (!__atomic_load_n(bucket, __ATOMIC_RELAXED))
        return;
    for (struct lh_object *object = take_out(bucket, start, end), *next; object; object = next) {
        next = object->next;
        give_back(object);
    }
}

/* Most blocks have none. */
static void end_block(uintptr_t start, uintptr_t end)
{
    bool certain = false;

    if (look_up(start, end - start, &certain) || !certain)
        end_bucket(bucket_of(start), start, end);
}

void lh_objects_end(uintptr_t start, size_t size)
{
    uintptr_t end = start + size, next;

    if (!__atomic_load_n(&buckets, __ATOMIC_ACQUIRE) || !size)
        return;
    if (size >> BLOCK_BITS >= BUCKETS) {
        for (size_t i = 0; i < BUCKETS; i++)
            end_bucket(&buckets[i], start, end);
        return;
    }
    for (; start < end; start = next) {
        next = ((start >> BLOCK_BITS) + 1) << BLOCK_BITS;
        end_block(start, next < end ? next : end);
    }
}

void lh_objects_forked(void)
{
    buckets = NULL;
    free_objects = NULL;
    endings = lh_births = 0;
}
