#include "objects.h"

#include "hash.h"
#include "pool.h"
#include "watched.h"

#define BLOCK_BITS 8 /* objects of one block of memory are in one bucket */
#define BUCKETS    ((size_t)1 << 16)
#define MAX_HOPS   64

static struct lh_object **buckets;     /* heads and links are atomic: read without the race lock */
static struct lh_object *free_objects; /* under the race lock */

static struct lh_object **bucket_of(uintptr_t addr)
{
    return &buckets[lh_spread(addr >> BLOCK_BITS) & (BUCKETS - 1)];
}

/* A hit is certain, a miss is not: links may change under us. */
static struct lh_object *look_up(uintptr_t addr)
{
    if (!__atomic_load_n(&buckets, __ATOMIC_ACQUIRE))
        return NULL;
    struct lh_object *object = __atomic_load_n(bucket_of(addr), __ATOMIC_ACQUIRE);
    for (int hops = 0; object && hops < MAX_HOPS; hops++) {
        if (__atomic_load_n(&object->addr, __ATOMIC_RELAXED) == addr)
            return object;
        object = __atomic_load_n(&object->next, __ATOMIC_ACQUIRE);
    }
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

static void lock(struct lh_object *object)
{
    uint32_t spins = 0;

    /* Acquire pairs with the release in lh_object_unlock(). */
    while (__atomic_exchange_n(&object->lock, 1, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(&object->lock, __ATOMIC_RELAXED)) {
            if (!lh_race_spin(&spins))
                return;
        }
    }
}

void lh_object_unlock(struct lh_object *object)
{
    __atomic_store_n(&object->lock, 0, __ATOMIC_RELEASE);
}

/* Nothing in the bucket of the address: then there is certainly no object. */
static bool is_none(uintptr_t addr)
{
    return !__atomic_load_n(&buckets, __ATOMIC_ACQUIRE) ||
           !__atomic_load_n(bucket_of(addr), __ATOMIC_ACQUIRE);
}

struct lh_object *lh_object_lock(struct lh_hot *hot, uintptr_t addr, bool make)
{
    struct lh_object **cache = &hot->thread->objects[lh_cache_place(addr, LH_OBJECT_CACHE)];
    struct lh_object *object = *cache;

    if (!make && is_none(addr))
        return NULL;
    for (;;) {
        if (!object || __atomic_load_n(&object->addr, __ATOMIC_RELAXED) != addr)
            object = look_up(addr);
        if (!object)
            object = find(addr, make);
        if (!object)
            return NULL;
        lock(object);
        if (__atomic_load_n(&object->addr, __ATOMIC_RELAXED) == addr)
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
        __atomic_store_n(link, object->next, __ATOMIC_RELEASE);
        __atomic_store_n(&object->addr, 0, __ATOMIC_RELAXED);
        __atomic_store_n(&object->next, taken, __ATOMIC_RELEASE);
        taken = object;
    }
    lh_race_unlock();
    return taken;
}

static void give_back(struct lh_object *object)
{
    /* Whoever found it before it was taken out sees under the lock that it ended. */
    lock(object);
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

void lh_objects_end(uintptr_t start, size_t size)
{
    uintptr_t first = start >> BLOCK_BITS, last = (start + size - 1) >> BLOCK_BITS;

    if (!__atomic_load_n(&buckets, __ATOMIC_ACQUIRE) || !size)
        return;
    if (last - first >= BUCKETS) {
        for (size_t i = 0; i < BUCKETS; i++)
            end_bucket(&buckets[i], start, start + size);
        return;
    }
    for (uintptr_t block = first; block <= last; block++)
        end_bucket(bucket_of(block << BLOCK_BITS), start, start + size);
}

void lh_objects_forked(void)
{
    buckets = NULL;
    free_objects = NULL;
}
