#include "memory_ends.h"

#include "accesses.h"
#include "discipline.h"
#include "entries.h"
#include "heap.h"
#include "objects.h"
#include "race.h"
#include "renewal.h"
#include "shadow.h"
#include "stored.h"
#include "trace.h"
#include "untold.h"
#include "visit.h"

/*
 * So many bytes of a block are marked as written when it begins and when it ends. What goes wrong
 * with a block shows at its beginning, and the shadow of big ones would cost more than it finds.
 */
#define MARKED 1024u

struct ending {
    struct lh_hot *hot;
    uint32_t access; /* 0: it is no access */
    bool last;       /* who gives it back is done with what lies there */
};

/* What was told of who gives the memory back, and is to be withdrawn: their number. */
static uint32_t last_uses(const struct ending *ending, const struct lh_record *record,
                          struct lh_finding *ret)
{
    const struct lh_discipline *discipline = record ? record->discipline : NULL;
    uint32_t n = 0;

    for (; discipline && n < LH_GRANULE; discipline = discipline->next)
        n += lh_discipline_is_last_use(discipline, ending->hot->epoch, &ret[n]);
    return n;
}

static void end_cell(struct ending *ending, struct lh_cell *cell, uintptr_t addr)
{
    struct lh_hot *hot = ending->hot;
    struct lh_visit visit = {.hot = hot, .addr = addr};
    struct lh_finding told[LH_GRANULE];
    uint64_t local_words[3], before = lh_cell_lock(cell);
    uint32_t local_accesses[3];
    struct lh_entries entries = lh_entries_open(cell, before, local_words, local_accesses);

    if (entries.record)
        lh_renewals_gather(entries.record, addr);
    uint32_t n_told = ending->last ? last_uses(ending, entries.record, told) : 0;
    if (ending->access) {
        visit.word = hot->epoch | LH_WORD_WRITE | LH_WORD_BYTES | lh_word_tag(ending->access);
        visit.access = ending->access;
        lh_visit_compare(&visit, &entries);
    }
    entries.count = 0;
    if (entries.record) {
        lh_record_free(entries.record);
        entries.record = NULL;
    }
    lh_cell_unlock(cell, lh_entries_close(cell, &entries));
    if (visit.found.kind)
        lh_tell(&visit, cell);
    visit.withdraws = LH_DOUBT_LAST;
    while (n_told) {
        visit.found = told[--n_told];
        lh_tell(&visit, cell);
    }
}

/* Is the entry no race with what ends the memory: none, the thread's own, or one it knows of? */
static inline bool is_past(const struct lh_hot *hot, uint64_t word)
{
    return lh_is_own_or_none(word, hot->epoch) || lh_is_ordered(hot, word);
}

/*
 * Is nothing to be told, and no record to be given back? Another thread whose access comes at
 * this moment looks again at its entry, and finds it lost.
 */
static inline bool ends_plainly(const struct ending *ending, const struct lh_cell *cell,
                                uint64_t word)
{
    if (lh_word_slot(word) > LH_SLOT_MAX)
        return false;
    return !ending->access ||
           (is_past(ending->hot, word) &&
            is_past(ending->hot, __atomic_load_n(&cell->word[1], __ATOMIC_RELAXED)));
}

static void empty_cell(struct ending *ending, struct lh_cell *cell, uint64_t word, uintptr_t addr)
{
    if (!ends_plainly(ending, cell, word)) {
        end_cell(ending, cell, addr);
        return;
    }
    __atomic_store_n(&cell->word[1], 0, __ATOMIC_RELAXED);
    __atomic_store_n(&cell->word[0], 0, __ATOMIC_RELAXED);
}

static void end_piece(uintptr_t start, uintptr_t end, void *data)
{
    struct lh_cell *cell = lh_shadow_find(lh_shadow_table(), start);

    if (!cell)
        return;
    for (uintptr_t addr = start; addr < end; addr += LH_GRANULE, cell++) {
        /* Relaxed: who gives the memory back has ordered itself after its users, or is late. */
        uint64_t word = __atomic_load_n(&cell->word[0], __ATOMIC_RELAXED);
        if (word)
            empty_cell(data, cell, word, addr);
    }
    if (end - start == 4096)
        lh_shadow_release(start);
}

static uintptr_t whole_up(uintptr_t addr)
{
    return (addr + LH_GRANULE - 1) & ~(uintptr_t)(LH_GRANULE - 1);
}

static uintptr_t whole_down(uintptr_t addr)
{
    return addr & ~(uintptr_t)(LH_GRANULE - 1);
}

static void end_memory(struct lh_hot *hot, uintptr_t start, uintptr_t end, uint64_t where,
                       bool last)
{
    struct ending ending = {hot, where && hot->epoch ? lh_access_number(hot, where) : 0,
                            last && hot->epoch};

    start = whole_up(start);
    end = whole_down(end);
    if (start < end)
        lh_shadow_pages(start, end, end_piece, &ending);
}

void lh_memory_end(struct lh_hot *hot, uintptr_t start, uintptr_t end)
{
    end_memory(hot, start, end, 0, false);
}

static void mark_cell(struct lh_cell *cell, uint64_t word, uint32_t access)
{
    cell->access[0] = access;
    __atomic_store_n(&cell->word[1], 0, __ATOMIC_RELAXED);
    __atomic_store_n(&cell->word[0], word, __ATOMIC_RELEASE);
}

/* From an address to the end of its page, or of what is to be marked. */
static bool mark_page(struct ending *ending, uintptr_t start, uintptr_t end, uint64_t mark,
                      uint32_t access)
{
    struct lh_cell *cell = lh_shadow_find(ending->hot->shadow, start);

    if (!cell)
        cell = lh_shadow_make(start);
    if (!cell)
        return false;
    lh_shadow_touch(start);
    for (uintptr_t addr = start; addr < end; addr += LH_GRANULE, cell++) {
        uint64_t word = __atomic_load_n(&cell->word[0], __ATOMIC_RELAXED);
        if (word && !ends_plainly(ending, cell, word))
            end_cell(ending, cell, addr);
        mark_cell(cell, mark, access);
    }
    return true;
}

/* `ends`: that is also a write to what was there. */
static void mark_memory(struct lh_hot *hot, uintptr_t start, uintptr_t end, uint64_t where,
                        bool ends, bool last)
{
    uint32_t access = lh_access_number(hot, where);
    struct ending ending = {hot, ends ? access : 0, last};
    /* Early: what the thread itself does there next is not covered by this. */
    uint64_t mark =
        hot->epoch | LH_WORD_WRITE | LH_WORD_EARLY | LH_WORD_BYTES | lh_word_tag(access);

    start = whole_up(start);
    end = whole_down(end);
    uintptr_t marked = end > start + MARKED ? start + MARKED : end, next;
    for (uintptr_t from = start; from < marked; from = next) {
        next = (from | 4095) + 1 < marked ? (from | 4095) + 1 : marked;
        if (!mark_page(&ending, from, next, mark, access))
            break;
    }
    if (marked < end)
        lh_shadow_pages(marked, end, end_piece, &ending);
}

void lh_memory_mark(struct lh_hot *hot, uintptr_t start, uintptr_t end, uint64_t where)
{
    mark_memory(hot, start, end, where, false, false);
}

/*
 * Its shadow is empty from now on, and what ordered threads is gone. Of a heap block whose
 * beginning was seen, and so will be that of the next one there, a mark stays: who uses it after
 * that races with free().
 */
static void memory_ends(uintptr_t start, size_t size, uintptr_t free, bool last)
{
    struct lh_hot *hot = &lh_hot;

    if (!lh_hot_enter(hot))
        return;
    /* What is stored there is not to be looked for when it is another's memory. */
    if (hot->thread)
        lh_settle(hot);
    uint64_t where = free && !hot->ignore_writes ? lh_where(free, 0, LH_ACCESS_FREE) : 0;
    bool known = free && lh_heap_end(hot, start);
    if (known && where && hot->epoch)
        mark_memory(hot, start, start + size, where, true, last);
    else
        end_memory(hot, start, start + size, where, last);
    lh_objects_end(start, size);
    lh_hot_leave(hot);
}

void lh_race_memory_ends(uintptr_t start, size_t size, uintptr_t free)
{
    memory_ends(start, size, free, true);
}

void lh_race_memory_moves(uintptr_t start, size_t size, uintptr_t free)
{
    memory_ends(start, size, free, false);
}
