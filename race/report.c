#include "report.h"

#include "accesses.h"
#include "heap.h"
#include "contexts.h"
#include "hash.h"
#include "locksets.h"
#include "map64.h"
#include "modules.h"
#include "own_memory.h"
#include "recorder.h"
#include "self.h"
#include "stacks.h"
#include "thread_nodes.h"
#include "slots.h"
#include "watched.h"
#include "words.h"

#define STACK_MAX 256u

/* Under the recorder lock. */
static struct lh_map64 races; /* struct lh_trace_race */
static uint32_t last_block;

/* Bytes whose races the program says are known and no fault. */
#define MOST_FORGIVEN 1024u
static struct {
    uintptr_t start, end;
} forgiven[MOST_FORGIVEN];
static uint32_t n_forgiven; /* atomic; grows under the recorder lock */

void lh_report_never(uintptr_t start, size_t size)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_recorder_lock();
    if (n_forgiven < MOST_FORGIVEN) {
        forgiven[n_forgiven].start = start;
        forgiven[n_forgiven].end = start + size;
        /* Release pairs with the acquire in is_forgiven(). */
        __atomic_store_n(&n_forgiven, n_forgiven + 1, __ATOMIC_RELEASE);
    }
    lh_recorder_unlock();
    lh_leave(self);
}

static bool is_forgiven(uintptr_t start, uintptr_t end)
{
    uint32_t n = __atomic_load_n(&n_forgiven, __ATOMIC_ACQUIRE);

    for (uint32_t i = 0; i < n; i++) {
        if (start < forgiven[i].end && forgiven[i].start < end)
            return true;
    }
    return false;
}

/* The pair of places, in whatever order they came. */
static uint64_t key_of(const struct lh_finding *found)
{
    uint64_t a = lh_where_pc(lh_access_place(found->earlier_access)->where);
    uint64_t b = lh_where_pc(lh_access_place(found->later_access)->where);
    uint64_t kind = (uint64_t)found->doubt << 32 | found->kind;

    return lh_join(lh_join(kind, a < b ? a : b), a < b ? b : a);
}

static uint32_t pcs_of(const struct lh_place *place, uintptr_t *ret_pcs)
{
    uint32_t max = lh_options.stack_depth < STACK_MAX ? lh_options.stack_depth : STACK_MAX;

    ret_pcs[0] = lh_where_pc(place->where);
    return 1 + (max > 1 ? lh_context_pcs(place->context, ret_pcs + 1, max - 1) : 0);
}

/* The modules of the code must be in the trace. Not under the recorder lock. */
static void need_modules(const struct lh_place *place)
{
    uintptr_t pcs[STACK_MAX];
    uint32_t count = pcs_of(place, pcs);

    lh_recorder_lock();
    bool covered = lh_modules_cover(pcs, count);
    lh_recorder_unlock();
    if (!covered)
        lh_modules_refresh();
}

/* Under the recorder lock from here on. */
static uint32_t stack_of(const struct lh_place *place)
{
    uintptr_t pcs[STACK_MAX];

    return lh_stack_record(pcs, pcs_of(place, pcs));
}

uint32_t lh_report_stack(struct lh_hot *hot, uintptr_t pc)
{
    const struct lh_place place = {.where = lh_where(pc, 0, 0), .context = lh_context_here(hot)};
    struct lh_self *self = lh_enter();
    uint32_t stack = LH_NO_STACK;

    if (!self)
        return stack;
    need_modules(&place);
    lh_recorder_lock();
    if (lh_recording())
        stack = stack_of(&place);
    lh_recorder_unlock();
    lh_leave(self);
    return stack;
}

/* An entry may stand for several accesses side by side: give the one that the other one met. */
static uintptr_t address_of(uintptr_t addr, uint64_t met, const struct lh_place *place)
{
    uint32_t size = lh_where_size(place->where);
    uintptr_t first = (addr & ~(uintptr_t)(LH_GRANULE - 1)) + (uintptr_t)__builtin_ctzll(met);

    return size && size <= LH_GRANULE ? first & ~(uintptr_t)(size - 1) : first;
}

static uint32_t flags_of(uint64_t word, const struct lh_place *place)
{
    return lh_where_flags(place->where) | (word & LH_WORD_WRITE ? LH_ACCESS_WRITE : 0) |
           (word & LH_WORD_ATOMIC ? LH_ACCESS_ATOMIC : 0);
}

static void fill(struct lh_trace_access *access, uintptr_t addr, uint64_t word, uint64_t met,
                 const struct lh_place *place)
{
    access->thread = lh_race_owner(lh_word_slot(word), lh_word_clock(word));
    access->stack = stack_of(place);
    access->lockset = lh_lockset_record(place->lockset);
    access->flags = flags_of(word, place);
    access->addr = address_of(addr, met, place);
    access->size = lh_where_size(place->where);
    if (!access->size || access->size > LH_GRANULE)
        access->size = (uint64_t)__builtin_popcountll(met);
}

static uint32_t write_block(struct lh_trace_block block)
{
    struct lh_trace_block *record = lh_writer_record(&lh_writer, sizeof *record);

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return 0;
    }
    block.id = ++last_block;
    *record = block;
    lh_writer_commit(record, LH_RECORD_BLOCK, sizeof *record);
    return block.id;
}

static uint32_t record_stack(uintptr_t addr)
{
    struct lh_self *owner = lh_self_of_stack(addr);
    struct lh_trace_block block = {0};

    if (!owner)
        return 0;
    lh_thread_record(owner);
    if (!lh_own_frame(owner, addr, &block) || !lh_modules_has(block.code))
        block = (struct lh_trace_block){
            .thread = owner->uid,
            .kind = LH_BLOCK_STACK,
            .addr = owner->stack_low,
            .size = owner->stack_high - owner->stack_low,
        };
    return write_block(block);
}

static uint32_t record_variables(const struct lh_trace_block *block)
{
    struct lh_self *owner = lh_self_of_uid(block->thread);

    if (owner)
        lh_thread_record(owner);
    return owner ? write_block(*block) : 0;
}

/*
 * The heap block or what is around the address of a thread's own has a record of its own. Its
 * number; 0: none. `variables`: of kind LH_BLOCK_TLS, if there are some.
 */
static uint32_t record_block(uintptr_t addr, const struct lh_trace_block *variables)
{
    struct lh_heap_block info;

    if (variables->kind == LH_BLOCK_TLS)
        return record_variables(variables);
    if (!lh_heap_find(addr, &info))
        return record_stack(addr);
    return write_block((struct lh_trace_block){
        .thread = lh_race_owner(lh_word_slot(info.epoch), lh_word_clock(info.epoch)),
        .stack = stack_of(lh_access_place(info.access)),
        .kind = LH_BLOCK_HEAP,
        .addr = info.addr,
        .size = info.size,
    });
}

static struct lh_trace_race *write_race(const struct lh_finding *found, uintptr_t addr,
                                        uint64_t key, const struct lh_trace_block *variables)
{
    const struct lh_place *earlier = lh_access_place(found->earlier_access);
    const struct lh_place *later = lh_access_place(found->later_access);
    uint64_t met = found->earlier & found->later & LH_WORD_BYTES;
    struct lh_trace_race race = {.kind = found->kind, .doubt = found->doubt, .count = 1};

    race.block = record_block(address_of(addr, met, later), variables);
    fill(&race.earlier, addr, found->earlier, met, earlier);
    fill(&race.later, addr, found->later, met, later);
    struct lh_trace_race *record = lh_writer_record(&lh_writer, sizeof *record);
    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return NULL;
    }
    *record = race;
    lh_writer_commit(record, LH_RECORD_RACE, sizeof *record);
    if (!lh_map64_add(&races, key, record))
        lh_lost_record(LH_DROP_NO_MEMORY);
    return record;
}

static struct lh_trace_race *report(const struct lh_finding *found, uintptr_t addr)
{
    const struct lh_place *earlier = lh_access_place(found->earlier_access);
    const struct lh_place *later = lh_access_place(found->later_access);
    struct lh_trace_block variables = {0};
    uint64_t key = key_of(found);

    lh_recorder_lock();
    struct lh_trace_race *known = lh_map64_find(&races, key);
    if (known)
        known->count++;
    lh_recorder_unlock();
    if (known)
        return NULL;
    need_modules(earlier);
    need_modules(later);
    lh_own_variables(addr, &variables);
    lh_recorder_lock();
    known = lh_map64_find(&races, key);
    struct lh_trace_race *made =
        !known && lh_recording() ? write_race(found, addr, key, &variables) : NULL;
    if (known)
        known->count++;
    lh_recorder_unlock();
    return made;
}

/* Do the words belong to their access numbers (words.h)? */
static bool is_whole(const struct lh_finding *found)
{
    return (found->earlier & LH_WORD_TAGS) == lh_word_tag(found->earlier_access) &&
           (found->later & LH_WORD_TAGS) == lh_word_tag(found->later_access);
}

/* Nothing is told of bytes that are forgiven, nor by halves. */
static bool is_to_be_told(const struct lh_finding *found, uintptr_t addr)
{
    uint64_t met = found->earlier & found->later & LH_WORD_BYTES;
    uintptr_t first = (addr & ~(uintptr_t)(LH_GRANULE - 1)) + (uintptr_t)__builtin_ctzll(met);

    return is_whole(found) && !is_forgiven(first, first + (uintptr_t)__builtin_popcountll(met));
}

struct lh_trace_race *lh_report(const struct lh_finding *found, uintptr_t addr)
{
    struct lh_self *self = is_to_be_told(found, addr) ? lh_enter() : NULL;

    if (!self)
        return NULL;
    struct lh_trace_race *race = report(found, addr);
    lh_leave(self);
    return race;
}

/* The record of what is taken back. NULL: there is none. */
static const struct lh_trace_race *take_back(const struct lh_finding *found)
{
    lh_recorder_lock();
    struct lh_trace_race *known = lh_map64_find(&races, key_of(found));
    if (known && known->count)
        known->count--;
    lh_recorder_unlock();
    return known;
}

/* What was counted in the use that has ended. */
static void copy_counts(struct lh_trace_race *to, const struct lh_trace_race *from)
{
    to->guard = from->guard;
    to->guard_uid = from->guard_uid;
    to->reads = from->reads;
    to->writes = from->writes;
    to->guarded_reads = from->guarded_reads;
    to->guarded_writes = from->guarded_writes;
}

void lh_report_withdraw(const struct lh_finding *found, uint32_t doubt, uintptr_t addr)
{
    struct lh_finding doubtful = *found;
    struct lh_self *self = is_to_be_told(found, addr) ? lh_enter() : NULL;

    if (!self)
        return;
    const struct lh_trace_race *told = take_back(found);
    lh_leave(self);
    doubtful.doubt = doubt;
    struct lh_trace_race *race = lh_report(&doubtful, addr);
    if (told && race)
        copy_counts(race, told);
}

void lh_reports_forked(void)
{
    races = (struct lh_map64){0};
    last_block = 0;
}
