#include "deps.h"

#include <string.h>

#include "arena.h"
#include "dep.h"
#include "held.h"
#include "map64.h"
#include "partners.h"
#include "recorder.h"
#include "resting.h"
#include "seen.h"
#include "units.h"

#define SMALL_ROOM   32u /* held locks; bigger ones have room for a power of two */
#define SIZE_CLASSES (SMALL_ROOM + 12u)

/* How many dependencies there are of one kind, in two senses (see variants_of() and likes_of()). */
struct lh_tally {
    uint32_t count;
    struct lh_dep *first;
    struct lh_tally *next_free;
};

static struct lh_map64 deps_by_key, variants, likes, births;
static struct lh_dep *free_deps[SIZE_CLASSES];
static struct lh_tally *free_tallies;
static uint32_t last_id;
static struct lh_lock *trim_list;

static struct lh_tally *tally_of(struct lh_map64 *map, uint64_t key)
{
    struct lh_tally *tally = lh_map64_find(map, key);

    if (tally)
        return tally;
    tally = free_tallies;
    if (tally)
        free_tallies = tally->next_free;
    else
        tally = lh_arena_alloc(sizeof *tally);
    if (!tally)
        return NULL;
    *tally = (struct lh_tally){0};
    if (lh_map64_add(map, key, tally))
        return tally;
    tally->next_free = free_tallies;
    free_tallies = tally;
    return NULL;
}

static void tally_leave(struct lh_map64 *map, uint64_t key, const struct lh_dep *dep)
{
    struct lh_tally *tally = lh_map64_find(map, key);

    if (!tally)
        return;
    if (tally->first == dep)
        tally->first = NULL;
    if (--tally->count == 0) {
        lh_map64_remove(map, key);
        tally->next_free = free_tallies;
        free_tallies = tally;
    }
}

/* What the dependency says without its stacks. */
static uint64_t variant_key(const struct lh_self *self, const struct lh_lock *lock,
                            enum lh_hold_mode mode, uint32_t flags)
{
    uint64_t key = lh_join(lock->uid ^ self->units_key, mode << 8 | flags);
    for (uint32_t i = 0; i < self->n_held; i++)
        key = lh_join(key, self->held_locks[i]->uid << 1 | self->held[i].mode);
    return key;
}

/* An ended lock counts as any lock of its birth. */
static uint64_t like_part(const struct lh_lock *lock)
{
    if (!lock->ended)
        return lock->uid;
    return lh_join(lock->kind, lock->slot->birth_stack) | 1ull << 63;
}

static uint64_t like_key(const struct lh_dep *dep)
{
    const struct lh_trace_dep *record = dep->record;
    uint64_t key = lh_join(like_part(dep->wanted), record->mode << 8 | record->flags);

    key = lh_join(key, record->stack);
    for (uint32_t i = 0; i < dep->n_held + dep->n_units; i++) {
        key = lh_join(key, like_part(dep->held[i].lock));
        key = lh_join(key, (uint64_t)record->held[i].stack << 1 | record->held[i].mode);
    }
    return key ? key : 1;
}

static size_t record_size(uint32_t n_held)
{
    return sizeof(struct lh_trace_dep) + n_held * sizeof(struct lh_trace_dep_held);
}

static uint32_t room_for(uint32_t n_held)
{
    uint32_t room = SMALL_ROOM;

    if (n_held < SMALL_ROOM)
        return n_held;
    while (room < n_held)
        room *= 2;
    return room;
}

static struct lh_dep **free_list(uint32_t room)
{
    if (room < SMALL_ROOM)
        return &free_deps[room];
    return &free_deps[SMALL_ROOM + (uint32_t)__builtin_ctz(room / SMALL_ROOM)];
}

/* An empty dependency with room in the trace. */
static struct lh_dep *new_dep(uint32_t n_held, uint32_t n_units)
{
    uint32_t room = room_for(n_held + n_units);
    struct lh_dep *dep = *free_list(room);

    if (dep) {
        *free_list(room) = dep->wanted_next;
        dep->n_held = n_held;
        dep->n_units = n_units;
        return dep;
    }
    dep = lh_arena_alloc(sizeof *dep + room * sizeof dep->held[0]);
    if (!dep) {
        lh_lost_record(LH_DROP_NO_MEMORY);
        return NULL;
    }
    dep->record = lh_writer_record(&lh_writer, record_size(room));
    if (!dep->record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return NULL;
    }
    dep->record->id = ++last_id;
    dep->room = room;
    dep->n_held = n_held;
    dep->n_units = n_units;
    return dep;
}

static void free_dep(struct lh_dep *dep)
{
    __atomic_fetch_or(&dep->record->record.type, LH_RECORD_DEAD, __ATOMIC_RELEASE);
    dep->wanted_next = *free_list(dep->room);
    *free_list(dep->room) = dep;
}

static void link_dep(struct lh_dep *dep)
{
    struct lh_lock *wanted = dep->wanted;

    dep->wanted_next = wanted->wanted;
    dep->wanted_link = &wanted->wanted;
    if (wanted->wanted)
        wanted->wanted->wanted_link = &dep->wanted_next;
    wanted->wanted = dep;
    for (uint32_t i = 0; i < dep->n_held; i++) {
        struct lh_dep_use *use = &dep->held[i];
        use->next = use->lock->held;
        use->link = &use->lock->held;
        if (use->next)
            use->next->link = &use->next;
        use->lock->held = use;
    }
}

static void queue_trim(struct lh_lock *lock)
{
    if (!lock->ended || lock->trim_queued)
        return;
    lock->trim_queued = true;
    lock->trim_next = trim_list;
    trim_list = lock;
}

static void unlink_dep(struct lh_dep *dep)
{
    *dep->wanted_link = dep->wanted_next;
    if (dep->wanted_next)
        dep->wanted_next->wanted_link = dep->wanted_link;
    queue_trim(dep->wanted);
    for (uint32_t i = 0; i < dep->n_held; i++) {
        struct lh_dep_use *use = &dep->held[i];
        *use->link = use->next;
        if (use->next)
            use->next->link = use->link;
        queue_trim(use->lock);
    }
    for (uint32_t i = dep->n_held; i < dep->n_held + dep->n_units; i++) {
        dep->held[i].lock->unit_uses--;
        queue_trim(dep->held[i].lock);
    }
}

static void forget_dep(struct lh_dep *dep, enum lh_counter why)
{
    lh_count(why, 1);
    lh_map64_remove(&deps_by_key, dep->key);
    tally_leave(&variants, dep->variant_key, dep);
    if (dep->like_key)
        tally_leave(&likes, dep->like_key, dep);
    lh_seen_forget(dep);
    unlink_dep(dep);
    free_dep(dep);
}

/* Count a dependency of an ended lock among those like it. true: there are enough of them. */
static bool too_many_like(struct lh_dep *dep)
{
    if (dep->like_key)
        tally_leave(&likes, dep->like_key, dep);
    dep->like_key = like_key(dep) ^ (lh_dep_closes_cycle(dep) ? 2 : 0);
    struct lh_tally *tally = tally_of(&likes, dep->like_key);
    if (!tally) {
        dep->like_key = 0;
        return false;
    }
    return ++tally->count > LH_LIKE_MAX;
}

/* Who holds nothing and wants it leads from nowhere. */
static bool is_led_into(const struct lh_lock *lock)
{
    const struct lh_dep *dep = lock->wanted;

    while (dep && dep->n_held == 0)
        dep = dep->wanted_next;
    return dep != NULL;
}

/* `lock` has ended. What it was held under can close no cycle once nothing leads into it; nor can
 * what leads into it once nothing leads on. */
static void trim(struct lh_lock *lock)
{
    if (!lock->held) {
        while (lock->wanted)
            forget_dep(lock->wanted, LH_COUNT_DEPS_FORGOTTEN);
    } else if (!is_led_into(lock) && !lock->is_source) {
        struct lh_dep_use *next;
        lock->is_source = true;
        while (lock->wanted)
            forget_dep(lock->wanted, LH_COUNT_DEPS_FORGOTTEN);
        for (struct lh_dep_use *use = lock->held; use; use = next) {
            next = use->next;
            if (--use->dep->n_entered == 0)
                forget_dep(use->dep, LH_COUNT_DEPS_FORGOTTEN);
        }
    }
}

static void drop_repeated(struct lh_lock *lock)
{
    struct lh_dep *next_dep;
    struct lh_dep_use *next_use;

    for (struct lh_dep *dep = lock->wanted; dep; dep = next_dep) {
        next_dep = dep->wanted_next;
        if (too_many_like(dep))
            forget_dep(dep, LH_COUNT_DEPS_REPEATED);
    }
    for (struct lh_dep_use *use = lock->held; use; use = next_use) {
        next_use = use->next;
        if (too_many_like(use->dep))
            forget_dep(use->dep, LH_COUNT_DEPS_REPEATED);
    }
}

void lh_deps_lock_ended(struct lh_lock *lock)
{
    if (!lh_tables_are_whole())
        return;
    /* A full trace keeps all: prediction wants what is gone too. */
    if (!lh_options.full) {
        trim(lock);
        drop_repeated(lock);
    }
    queue_trim(lock);
    while (trim_list) {
        struct lh_lock *next = trim_list;
        trim_list = next->trim_next;
        next->trim_queued = false;
        if (!lh_options.full)
            trim(next);
        if (!next->wanted && !next->held && !next->unit_uses && !next->trim_queued &&
            !next->released)
            lh_lock_release(next);
    }
}

/* Is it the first between locks born at these places? */
static void note_news(const struct lh_dep *dep)
{
    static char known;
    uint64_t key = lh_join(lh_join(dep->wanted->kind, dep->wanted->slot->birth_stack),
                           (uint64_t)dep->record->mode << 8 | dep->record->flags);

    for (uint32_t i = 0; i < dep->n_held; i++) {
        const struct lh_lock *lock = dep->held[i].lock;
        key = lh_join(lh_join(key, lock->kind), lock->slot->birth_stack);
    }
    if (lh_map64_find(&births, key))
        return;
    lh_seen_news();
    if (!lh_map64_add(&births, key, &known))
        lh_lost_record(LH_DROP_NO_MEMORY);
}

static void fill_units(const struct lh_self *self, struct lh_dep *dep)
{
    for (uint32_t i = 0; i < dep->n_units; i++) {
        struct lh_lock *semaphore = self->units[i].semaphore;
        semaphore->unit_uses++;
        dep->held[dep->n_held + i].dep = dep;
        dep->held[dep->n_held + i].lock = semaphore;
        dep->record->held[dep->n_held + i] = (struct lh_trace_dep_held){
            .lock = semaphore->index,
            .stack = self->units[i].stack,
            .flags = LH_ATTEMPT_UNIT,
        };
    }
}

static void fill_record(const struct lh_self *self, struct lh_dep *dep, uint32_t stack,
                        enum lh_hold_mode mode, uint32_t flags)
{
    struct lh_trace_dep *record = dep->record;

    record->lock = dep->wanted->index;
    record->stack = stack;
    record->mode = (uint8_t)mode;
    record->flags = (uint8_t)flags;
    record->held_count = (uint16_t)(dep->n_held + dep->n_units);
    dep->n_entered = dep->n_held;
    for (uint32_t i = 0; i < dep->n_held; i++) {
        dep->held[i].dep = dep;
        dep->held[i].lock = self->held_locks[i];
        record->held[i] = (struct lh_trace_dep_held){
            .lock = self->held_locks[i]->index,
            .stack = self->held[i].stack,
            .mode = self->held[i].mode,
            .flags = self->held[i].flags,
        };
    }
    fill_units(self, dep);
    lh_writer_commit(record, LH_RECORD_DEP, record_size(dep->room));
}

static bool keep_all(const struct lh_self *self, struct lh_lock *wanted)
{
    bool kept = lh_lock_keep(wanted);

    for (uint32_t i = 0; kept && i < self->n_held; i++)
        kept = lh_lock_keep(self->held_locks[i]);
    return kept;
}

static struct lh_dep *add_dep(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                              enum lh_hold_mode mode, uint32_t flags, uint64_t key)
{
    /* What it names must end under the recorder lock from now on. */
    if (!keep_all(self, lock))
        return NULL;
    uint64_t variant = variant_key(self, lock, mode, flags);
    struct lh_tally *tally = tally_of(&variants, variant);

    if (!tally) {
        lh_lost_record(LH_DROP_NO_MEMORY);
        return NULL;
    }
    /* One with other stacks stands for it: the locks and threads are what cycles are made of. */
    if (tally->count >= LH_VARIANT_MAX && tally->first)
        return tally->first;
    struct lh_dep *dep =
        self->n_held + self->n_units < UINT16_MAX ? new_dep(self->n_held, self->n_units) : NULL;
    if (!dep)
        return NULL;
    dep->key = key;
    dep->variant_key = variant;
    dep->like_key = 0;
    dep->repeats = NULL;
    dep->wakes = 0;
    dep->wanted = lock;
    fill_record(self, dep, stack, mode, flags);
    link_dep(dep);
    note_news(dep);
    tally->count++;
    if (!tally->first)
        tally->first = dep;
    if (!lh_map64_add(&deps_by_key, key, dep)) {
        forget_dep(dep, LH_DROP_NO_MEMORY);
        return NULL;
    }
    return dep;
}

/* Can it be part of a cycle? See lh_dep_note() and lh_dep_note_writer(). */
static bool matters(const struct lh_self *self, const struct lh_lock *lock, enum lh_hold_mode mode,
                    uint32_t flags)
{
    if (lock->slot->python == LH_PYTHON_INTERNAL)
        return false;
    if (self->n_held)
        return !lh_held_has(self, lock);
    return mode == LH_MODE_EXCLUSIVE && !(flags & LH_ATTEMPT_TRY) &&
           lock->slot->flags & LH_LOCK_WRITER_FIRST;
}

void lh_dep_record(struct lh_self *self, struct lh_lock *lock, uint32_t stack,
                   enum lh_hold_mode mode, uint32_t flags, uint64_t below, uint64_t key)
{
    uint64_t seen = 0;

    lh_recorder_lock();
    lh_held_purge(self);
    lh_units_purge(self);
    if (matters(self, lock, mode, flags) && lh_recording()) {
        uint64_t prefix = self->n_held ? self->held[self->n_held - 1].prefix : 0;
        uint64_t whole = lh_join(prefix ^ self->units_key,
                                 lock->uid << 33 ^ (uint64_t)stack << 4 ^ mode << 3 ^ flags);
        struct lh_dep *dep = lh_map64_find(&deps_by_key, whole);
        if (!dep)
            dep = add_dep(self, lock, stack, mode, flags, whole);
        if (dep)
            seen = lh_seen_note(self, dep);
    }
    lh_dep_learn(self, below, key, seen);
    lh_recorder_unlock();
}

void lh_deps_forked(void)
{
    deps_by_key = variants = likes = births = (struct lh_map64){0};
    memset(free_deps, 0, sizeof free_deps);
    free_tallies = NULL;
    last_id = 0;
    trim_list = NULL;
    lh_dep_table_forked();
}
