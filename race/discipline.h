/*
 * Which lock guards some bytes, as the accesses since they are shared show it.
 *
 * Two accesses that only a lock's luck orders, without a lock in common, break a discipline where
 * there is one: at least LH_DISCIPLINE_LEAST accesses since the bytes are shared hold one lock, and
 * these are LH_DISCIPLINE_SHARE of ten or more. What was done before the bytes were shared is
 * initialization, and counts neither way; bytes that are handed on from one owner to the next have
 * no lock that nearly all accesses hold. Kept with the record of a cell, changed with it locked.
 */
#ifndef LH_RACE_DISCIPLINE_H
#define LH_RACE_DISCIPLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "words.h"

#define LH_DISCIPLINE_LEAST 8u
#define LH_DISCIPLINE_SHARE 9u
#define LH_DISCIPLINE_LOCKS 4u

struct lh_trace_race;

/* Two accesses that broke it, while it is not yet known for one. */
struct lh_breach {
    uint64_t earlier, later; /* words; 0: none */
    uint32_t earlier_access, later_access;
};

struct lh_discipline {
    struct lh_discipline *next;
    struct lh_trace_race *race; /* in the trace; it shows these counts; NULL: none */
    uint64_t reads, writes;
    struct lh_guard {
        uint32_t lock; /* index; LH_NO_LOCK: free place */
        uint32_t reads, writes;
    } guards[LH_DISCIPLINE_LOCKS]; /* the locks seen most */
    struct lh_recent {
        uint64_t word;
        uint32_t access;
    } recent[2]; /* the last accesses of the last two threads, the newer one first */
    struct lh_breach breach;
    uint32_t bytes;
    bool told;
};

/* The one of these bytes. NULL: none. */
struct lh_discipline *lh_discipline_of(struct lh_discipline *first, uint64_t word);

/* The bytes are shared from now on. NULL: no memory, or too many. */
struct lh_discipline *lh_discipline_begin(struct lh_discipline **first, uint64_t word);

/* The last access of another thread than this one's. NULL: none. */
const struct lh_recent *lh_discipline_other(const struct lh_discipline *discipline, uint64_t word);

/* Note the access as its thread's last one. */
void lh_discipline_seen(struct lh_discipline *discipline, uint64_t word, uint32_t access);

/* Count an access under this set of locks. */
void lh_discipline_count(struct lh_discipline *discipline, uint64_t word, uint32_t access,
                         uint32_t lockset);

/*
 * Two accesses met that only luck orders. They are kept if one of them holds what the other lacks.
 */
void lh_discipline_breach(struct lh_discipline *discipline, struct lh_breach breach);

/* Is there a breach of what has proven to be a discipline, that was not told yet? */
bool lh_discipline_is_broken(const struct lh_discipline *discipline);

/* The lock that most accesses hold. NULL: no lock. */
const struct lh_guard *lh_discipline_guard(const struct lh_discipline *discipline);

/* Show the counts in the trace. */
void lh_discipline_show(const struct lh_discipline *discipline);

void lh_discipline_free(struct lh_discipline *first);
void lh_disciplines_forked(void);

#endif
