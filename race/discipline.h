/*
 * Which lock guards some bytes, as the accesses since they are shared show it.
 *
 * Two accesses that only a lock's luck orders, without a lock in common, break a discipline where
 * there is one: at least LH_DISCIPLINE_LEAST accesses since the bytes are shared hold one lock, and
 * these are LH_DISCIPLINE_SHARE of ten or more. What was done before the bytes were shared is
 * initialization, and counts neither way; bytes that are handed on from one owner to the next have
 * no lock that nearly all accesses hold. Kept with the record of a cell, changed with it locked.
 *
 * A lock that one thread alone holds when it comes here guards nothing, nor does one that is held
 * for reads and hardly for writes; and who holds another lock instead has moved the memory on to
 * that one, unless the first lock is seen again: such a breach is told with a doubt. And a
 * discipline lasts for one use of the memory only. Where a program gives a piece of memory to
 * another use by itself, there is no free() and no malloc() to be seen, but a thread that writes
 * the whole piece without the lock, before another one comes to it (anew.h). Then all begins again,
 * and what was told of a breach since the lock was last held by another thread is taken back.
 */
#ifndef LH_RACE_DISCIPLINE_H
#define LH_RACE_DISCIPLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"
#include "trace.h"
#include "words.h"

#define LH_DISCIPLINE_LEAST 8u
#define LH_DISCIPLINE_SHARE 9u
#define LH_DISCIPLINE_LOCKS 4u
#define LH_SLOT_SEVERAL     UINT32_MAX

struct lh_trace_race;

/* Two accesses that broke it, while it is not yet known for one. */
struct lh_breach {
    uint64_t earlier, later; /* words; 0: none */
    uint32_t earlier_access, later_access;
    bool confirmed; /* another thread than the later one's held the guard after both */
};

/* A breach that may have been the beginning of the present use: of its memory, too, if the program
 * never gives that to another use. */
struct lh_former {
    struct lh_breach breach;
    uint32_t guard; /* lock that several threads held in the former use */
};

/* What each access changes comes first, and fits into one line of a cache with the first guard. */
struct lh_discipline {
    struct lh_recent {
        uint64_t word;
        uint32_t access;
    } recent[2]; /* the last accesses of the last two threads, the newer one first */
    uint64_t reads, writes;
    struct lh_guard {
        uint32_t lock; /* index; LH_NO_LOCK: free place */
        uint32_t slot; /* of who held it; LH_SLOT_SEVERAL */
        uint32_t reads, writes;
    } guards[LH_DISCIPLINE_LOCKS];      /* the locks seen most */
    uint64_t uids[LH_DISCIPLINE_LOCKS]; /* which of the locks with these numbers it was last */
    struct lh_discipline *next;
    struct lh_trace_race *race; /* in the trace; it shows these counts; NULL: none */
    struct lh_breach breach;
    struct lh_former former; /* of the use before this one */
    uint64_t anew;           /* the write with which the memory may begin anew; 0: none */
    uint32_t bytes;
    uint32_t told;     /* set of enum lh_race_doubt */
    bool anew_is_read; /* its thread read the bytes before */
};

/* The one of these bytes. NULL: none. */
struct lh_discipline *lh_discipline_of(struct lh_discipline *first, uint64_t word);

/* The bytes are shared from now on. NULL: no memory, or too many. */
struct lh_discipline *lh_discipline_begin(struct lh_discipline **first, uint64_t word);

/* The last access of another thread than this one's. NULL: none. */
const struct lh_recent *lh_discipline_other(const struct lh_discipline *discipline, uint64_t word);

/* Note the access as its thread's last one. */
void lh_discipline_seen(struct lh_discipline *discipline, uint64_t word, uint32_t access);

/* The access that was the first owner's last one: its locks are known from now on. */
void lh_discipline_inherit(struct lh_discipline *discipline, uint64_t word, uint32_t access);

/* Count an access under this set of locks. */
void lh_discipline_count(struct lh_discipline *discipline, uint64_t word, uint32_t access,
                         uint32_t lockset);

/* Count so many reads more that are the same as this one. */
void lh_discipline_repeat(struct lh_discipline *discipline, uint64_t word, uint32_t access,
                          uint32_t times);

/*
 * Two accesses met that only luck orders. They are kept if one of them holds what the other lacks.
 */
void lh_discipline_breach(struct lh_discipline *discipline, struct lh_breach breach);

/*
 * Is there a breach of what has proven to be a discipline, that was not told yet? What to tell of
 * it; then it counts as told.
 */
bool lh_discipline_is_broken(struct lh_discipline *discipline, struct lh_finding *ret);

/* The memory has begun anew: this is no discipline any more. Returns whether what was told of the
 * breach is to be withdrawn. */
bool lh_discipline_end(struct lh_discipline **first, struct lh_discipline *discipline,
                       struct lh_finding *ret, struct lh_former *ret_former);

/*
 * The thread of this word gives the memory back. Was a breach told of which it is the later side,
 * and did nobody come since? Then that was the last use of the memory: it knew, by whatever way,
 * that the others were done. What is to be withdrawn.
 */
bool lh_discipline_is_last_use(const struct lh_discipline *discipline, uint64_t word,
                               struct lh_finding *ret);

/* Does the access hold the lock, well enough for what it does? */
bool lh_discipline_holds(uint64_t word, uint32_t access, uint32_t lock);

/* The lock that most accesses hold, of those that several threads hold if there are any. NULL: no
 * lock. */
const struct lh_guard *lh_discipline_guard(const struct lh_discipline *discipline);

/* Is there a breach, of this use or the former one, that each access may decide? */
static inline bool lh_discipline_is_open(const struct lh_discipline *discipline)
{
    return discipline->breach.earlier ||
           (discipline->former.breach.earlier && !(discipline->told & 1u << LH_DOUBT_ANEW));
}

/* Show the counts in the trace. */
void lh_discipline_show(const struct lh_discipline *discipline);

void lh_discipline_free(struct lh_discipline *first);
void lh_disciplines_forked(void);

#endif
