#include "locksets.h"

#include "hash.h"
#include "locks.h"
#include "pool.h"
#include "recorder.h"
#include "self.h"
#include "watched.h"

#define MOST     (1u << 20)
#define MOST_IN  64u /* locks of one set; the innermost count */
#define CAPACITY 4096u

/* All but reading a set by its number happens under the race lock. */
static struct lh_lockset **sets; /* by number; MOST of them, touched so far as there are */
static uint32_t n_sets;
static uint32_t *places; /* open addressing by hash */
static uint32_t n_places;

static uint64_t hash_held(const struct lh_trace_held *held, uint32_t count)
{
    uint64_t hash = count;

    for (uint32_t i = 0; i < count; i++)
        hash += lh_mix((uint64_t)held[i].lock << 32 | (held[i].stack << 1 ^ held[i].mode));
    return lh_mix(hash);
}

static uint32_t place_of(const uint32_t *table, uint32_t capacity, uint64_t hash)
{
    uint32_t i = (uint32_t)hash & (capacity - 1);

    while (table[i] && sets[table[i]]->hash != hash)
        i = (i + 1) & (capacity - 1);
    return i;
}

static bool grow(void)
{
    uint32_t capacity = n_places ? n_places * 2 : CAPACITY;
    uint32_t *table = lh_pages_alloc(capacity * sizeof *table);

    if (!sets)
        sets = lh_pages_alloc(MOST * sizeof *sets);
    if (!table || !sets)
        return false;
    for (uint32_t number = 1; number <= n_sets; number++)
        table[place_of(table, capacity, sets[number]->hash)] = number;
    lh_pages_free(places, n_places * sizeof *places);
    places = table;
    n_places = capacity;
    return true;
}

static uint32_t add(const struct lh_trace_held *held, uint32_t count, uint64_t hash)
{
    if ((n_sets + 1) * 2 >= n_places && !grow())
        return 0;
    uint32_t place = place_of(places, n_places, hash);
    if (places[place] || n_sets == MOST - 1)
        return places[place];
    struct lh_lockset *set = lh_pool_keep(sizeof *set + count * sizeof set->held[0]);
    struct lh_instance *instances = lh_pool_keep(count * sizeof *instances);
    if (!set || !instances)
        return 0;
    set->instances = instances;
    set->hash = hash;
    set->count = count;
    for (uint32_t i = 0; i < count; i++)
        set->held[i] = (struct lh_trace_dep_held){
            .lock = held[i].lock,
            .stack = held[i].stack,
            .mode = held[i].mode,
            .flags = held[i].flags,
        };
    sets[++n_sets] = set;
    places[place] = n_sets;
    return n_sets;
}

/* The set may have been made by one who took the locks in another order. */
static struct lh_instance *instance_of(const struct lh_lockset *set, uint32_t lock, uint32_t likely)
{
    uint32_t i = likely;

    while (__builtin_expect(set->held[i].lock != lock, 0)) {
        i = i + 1 < set->count ? i + 1 : 0;
        if (i == likely)
            return NULL;
    }
    return &set->instances[i];
}

/* Relaxed: what does not go together is taken for ended. */
static void note_instances(const struct lh_lockset *set, const struct lh_trace_held *held,
                           struct lh_lock *const *locks)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct lh_instance *instance = instance_of(set, held[i].lock, i);
        uint64_t uid = locks[i]->uid;
        if (!instance || __atomic_load_n(&instance->uid, __ATOMIC_RELAXED) == uid)
            continue;
        __atomic_store_n(&instance->lock, locks[i], __ATOMIC_RELAXED);
        __atomic_store_n(&instance->uid, uid, __ATOMIC_RELAXED);
    }
}

uint32_t lh_lockset_now(struct lh_hot *hot)
{
    const struct lh_self *self = lh_self;
    uint32_t count = self ? self->n_held : 0;

    hot->lockset_stale = false;
    hot->lockset = 0;
    hot->guard = 0;
    if (!count)
        return 0;
    const struct lh_trace_held *held = self->held;
    struct lh_lock *const *locks = self->held_locks;
    if (count > MOST_IN) {
        held += count - MOST_IN;
        locks += count - MOST_IN;
        count = MOST_IN;
    }
    uint64_t hash = hash_held(held, count);
    struct lh_lockset_cache *cache = &hot->thread->locksets[lh_cache_place(hash, LH_LOCKSET_CACHE)];
    if (cache->hash != hash || !cache->number) {
        lh_race_lock();
        *cache = (struct lh_lockset_cache){hash, add(held, count, hash)};
        lh_race_unlock();
    }
    hot->lockset = cache->number;
    if (count == 1 && held[0].mode == LH_MODE_EXCLUSIVE && hot->lockset)
        hot->guard = locks[0]->uid;
    if (cache->number)
        note_instances(sets[cache->number], held, locks);
    return hot->lockset;
}

const struct lh_lockset *lh_lockset_of(uint32_t number)
{
    static const struct lh_lockset empty;

    return number ? sets[number] : &empty;
}

static bool holds(const struct lh_lockset *set, const struct lh_trace_dep_held *wanted)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->held[i].lock == wanted->lock &&
            !(set->held[i].mode == LH_MODE_SHARED && wanted->mode == LH_MODE_SHARED))
            return true;
    }
    return false;
}

bool lh_locksets_meet(uint32_t a, uint32_t b)
{
    const struct lh_lockset *one = lh_lockset_of(a), *other = lh_lockset_of(b);

    if (a == b && one->count && one->held[0].mode == LH_MODE_EXCLUSIVE)
        return true;
    for (uint32_t i = 0; i < one->count; i++) {
        if (holds(other, &one->held[i]))
            return true;
    }
    return false;
}

/*
 * What the trace names keeps its number from now on. Of a lock that has ended only the place is
 * told where it was taken.
 */
static void copy_held(struct lh_trace_dep_held *to, const struct lh_lockset *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct lh_instance *instance = &set->instances[i];
        struct lh_lock *lock = __atomic_load_n(&instance->lock, __ATOMIC_RELAXED);
        bool is_it = lock && !lock->released &&
                     lock->uid == __atomic_load_n(&instance->uid, __ATOMIC_RELAXED);

        to[i] = set->held[i];
        if (is_it)
            lock->named = true;
        else
            to[i].lock = LH_NO_LOCK;
    }
}

uint32_t lh_lockset_record(uint32_t number)
{
    if (!number || sets[number]->recorded)
        return number;
    struct lh_lockset *set = sets[number];
    size_t size = sizeof(struct lh_trace_lockset) + set->count * sizeof set->held[0];
    struct lh_trace_lockset *record = lh_writer_record(&lh_writer, size);
    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return 0;
    }
    record->id = number;
    record->count = set->count;
    copy_held(record->held, set);
    lh_writer_commit(record, LH_RECORD_LOCKSET, size);
    set->recorded = true;
    return number;
}

void lh_locksets_forked(void)
{
    sets = NULL;
    places = NULL;
    n_sets = n_places = 0;
}
