#include "check.h"

#include <stddef.h>

#include "accesses.h"
#include "locksets.h"
#include "pool.h"
#include "records.h"
#include "report.h"
#include "trace.h"

/* The entries of a locked cell, wherever they lie. */
struct entries {
    uint64_t *words;
    uint32_t *accesses;
    uint32_t count, capacity;
    struct lh_record *record; /* NULL: they are in the cell */
};

static uint64_t lock_cell(struct lh_cell *cell)
{
    uint32_t spins = 0;
    uint64_t word;

    /* Acquire pairs with the release in unlock_cell(). */
    while ((word = __atomic_exchange_n(&cell->word[0], LH_WORD_LOCKED, __ATOMIC_ACQUIRE)) ==
           LH_WORD_LOCKED) {
        while (__atomic_load_n(&cell->word[0], __ATOMIC_RELAXED) == LH_WORD_LOCKED) {
            if (!lh_race_spin(&spins)) {
                /* Its owner was thrown out: what the cell held is lost. */
                cell->word[1] = 0;
                return 0;
            }
        }
    }
    return word;
}

static void unlock_cell(struct lh_cell *cell, uint64_t word)
{
    __atomic_store_n(&cell->word[0], word, __ATOMIC_RELEASE);
}

static bool in_record(uint64_t word)
{
    return word == LH_WORD_IN_RECORD;
}

/* `local` has room for the cell's two entries and one more. */
static struct entries open_entries(struct lh_cell *cell, uint64_t word, uint64_t *local_words,
                                   uint32_t *local_accesses)
{
    if (in_record(word)) {
        struct lh_record *record = (struct lh_record *)cell->word[1];
        return (struct entries){record->words, lh_record_accesses(record), record->count,
                                record->capacity, record};
    }
    local_words[0] = word;
    local_words[1] = cell->word[1];
    local_accesses[0] = cell->access[0];
    local_accesses[1] = cell->access[1];
    return (struct entries){local_words, local_accesses, word ? cell->word[1] ? 2 : 1 : 0, 3, NULL};
}

/* Move them to a bigger record. false: no memory, or more than any record can hold. */
static bool grow(struct entries *entries)
{
    struct lh_record *record = lh_record_new(entries->count + 1);

    if (!record)
        return false;
    for (uint32_t i = 0; i < entries->count; i++) {
        record->words[i] = entries->words[i];
        lh_record_accesses(record)[i] = entries->accesses[i];
    }
    if (entries->record)
        lh_record_free(entries->record);
    *entries = (struct entries){record->words, lh_record_accesses(record), entries->count,
                                record->capacity, record};
    return true;
}

/* Write the entries back. Returns what is to be word[0]. */
static uint64_t close_entries(struct lh_cell *cell, struct entries *entries)
{
    uint32_t n = entries->count;

    if (!entries->record && n > 2 && !grow(entries))
        n = 2;
    if (entries->record && n > 1) {
        __atomic_store_n(&entries->record->count, n, __ATOMIC_RELAXED);
        cell->word[1] = (uintptr_t)entries->record;
        return LH_WORD_IN_RECORD;
    }
    uint64_t first = n > 0 ? entries->words[0] : 0;
    cell->access[0] = entries->accesses[0];
    cell->access[1] = entries->accesses[1];
    __atomic_store_n(&cell->word[1], n > 1 ? entries->words[1] : 0, __ATOMIC_RELAXED);
    if (entries->record)
        lh_record_free(entries->record);
    return first;
}

/* May the older entry be forgotten where the newer one, which is after it, has the same bytes? */
static bool replaces(uint64_t newer, uint64_t older)
{
    return (newer & LH_WORD_WRITE || !(older & LH_WORD_WRITE)) &&
           (!(newer & LH_WORD_ATOMIC) || older & LH_WORD_ATOMIC);
}

static bool conflict(uint64_t a, uint64_t b)
{
    return (a | b) & LH_WORD_WRITE && !(a & b & LH_WORD_ATOMIC);
}

static bool ordered(const struct lh_hot *hot, uint64_t word)
{
    return hot->clocks[lh_word_slot(word)] >= lh_word_clock(word);
}

/* Compare the access with each entry; drop what it replaces. */
static void compare(const struct lh_hot *hot, struct entries *entries, uint64_t word,
                    struct lh_finding *found)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < entries->count; i++) {
        uint64_t other = entries->words[i];
        uint32_t access = entries->accesses[i];
        if (other & word & LH_WORD_BYTES) {
            /* One's own clock is in one's clocks: what one did is before what one does. */
            bool before = ordered(hot, other);
            if (!before && conflict(other, word) && !found->kind)
                *found =
                    (struct lh_finding){.kind = LH_RACE_PROVEN, .word = other, .access = access};
            if (before && replaces(word, other))
                other &= ~(word & LH_WORD_BYTES);
            if (!(other & LH_WORD_BYTES))
                continue;
        }
        entries->words[kept] = other;
        entries->accesses[kept++] = access;
    }
    entries->count = kept;
}

/* Add the access; bytes that the same place accessed just before join in one entry. */
static void insert(struct entries *entries, uint64_t word, uint32_t access)
{
    for (uint32_t i = 0; i < entries->count; i++) {
        if (entries->accesses[i] == access && (entries->words[i] ^ word) <= LH_WORD_BYTES) {
            entries->words[i] |= word;
            return;
        }
    }
    if (entries->count == entries->capacity && !grow(entries))
        entries->count--;
    entries->words[entries->count] = word;
    entries->accesses[entries->count++] = access;
}

/* A look into a record without locking it: many threads that read have it for themselves. */
static bool record_covers(const struct lh_cell *cell, uint64_t epoch, uint32_t bits)
{
    if (__atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE) != LH_WORD_IN_RECORD)
        return false;
    const struct lh_record *record =
        (const struct lh_record *)__atomic_load_n(&cell->word[1], __ATOMIC_RELAXED);
    /* Changed meanwhile: then it may be anything. */
    if (__atomic_load_n(&cell->word[0], __ATOMIC_ACQUIRE) != LH_WORD_IN_RECORD)
        return false;
    uint32_t count = __atomic_load_n(&record->count, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < count; i++) {
        if (lh_word_covers(__atomic_load_n(&record->words[i], __ATOMIC_RELAXED), epoch, bits))
            return true;
    }
    return false;
}

static void check_cell(struct lh_hot *hot, struct lh_cell *cell, uintptr_t addr, uint32_t bits,
                       uint64_t where)
{
    uint64_t word = hot->epoch | bits, local_words[3];
    uint32_t access = lh_access_number(hot, where), local_accesses[3];
    struct lh_finding found = {0};

    uint64_t before = lock_cell(cell);
    struct entries entries = open_entries(cell, before, local_words, local_accesses);
    compare(hot, &entries, word, &found);
    insert(&entries, word, access);
    unlock_cell(cell, close_entries(cell, &entries));
    if (!before)
        lh_shadow_touch(addr);
    if (__builtin_expect(found.kind, 0))
        lh_report(hot, &found, addr, word, access);
}

void lh_check(struct lh_hot *hot, uintptr_t addr, uint32_t bits, uint64_t where)
{
    struct lh_cell *cell = lh_shadow_find(hot->shadow, addr);

    if (cell && record_covers(cell, hot->epoch, bits))
        return;
    if (!lh_hot_enter(hot))
        return;
    if (!cell)
        cell = lh_shadow_make(addr);
    if (cell)
        check_cell(hot, cell, addr, bits, where);
    lh_hot_leave(hot);
}

void lh_check_range(struct lh_hot *hot, uintptr_t addr, uintptr_t size, uint32_t bits,
                    uint64_t where)
{
    for (uintptr_t end = addr + size; addr < end;) {
        uintptr_t next = (addr & ~(uintptr_t)(LH_GRANULE - 1)) + LH_GRANULE;
        uint32_t part = (uint32_t)((next < end ? next : end) - addr);
        uint32_t all = bits | lh_bytes(addr, part);
        if (!lh_is_known(hot, addr, all))
            lh_check(hot, addr, all, where);
        addr = next;
    }
}

/* ---- memory that is given back ---- */

struct ending {
    struct lh_hot *hot;
    uint64_t where;
};

static void end_cell(struct ending *ending, struct lh_cell *cell, uintptr_t addr)
{
    struct lh_hot *hot = ending->hot;
    uint64_t word = hot->epoch | LH_WORD_WRITE | LH_WORD_BYTES, local_words[3];
    uint32_t local_accesses[3];
    struct lh_finding found = {0};
    uint64_t before = lock_cell(cell);
    struct entries entries = open_entries(cell, before, local_words, local_accesses);

    if (ending->where && hot->epoch)
        compare(hot, &entries, word, &found);
    entries.count = 0;
    unlock_cell(cell, close_entries(cell, &entries));
    if (found.kind)
        lh_report(hot, &found, addr, word, lh_access_number(hot, ending->where));
}

static void end_piece(uintptr_t start, uintptr_t end, void *data)
{
    struct lh_cell *cell = lh_shadow_find(lh_shadow_table(), start);

    for (uintptr_t addr = start; addr < end; addr += LH_GRANULE, cell++) {
        /* Relaxed: who gives the memory back has ordered itself after its users, or is late. */
        if (__atomic_load_n(&cell->word[0], __ATOMIC_RELAXED))
            end_cell(data, cell, addr);
    }
    if (end - start == 4096)
        lh_shadow_release(start);
}

void lh_check_end(struct lh_hot *hot, uintptr_t start, uintptr_t end, uint64_t where)
{
    struct ending ending = {hot, where};

    start = (start + LH_GRANULE - 1) & ~(uintptr_t)(LH_GRANULE - 1);
    end &= ~(uintptr_t)(LH_GRANULE - 1);
    if (start < end)
        lh_shadow_pages(start, end, end_piece, &ending);
}
