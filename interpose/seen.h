/*
 * In which segments a dependency occurred: the SEEN records of the trace, and what is kept of the
 * segments beyond those that are recorded. Under the recorder lock.
 */
#ifndef LH_INTERPOSE_SEEN_H
#define LH_INTERPOSE_SEEN_H

#include "self.h"

/*
 * (thread, segment) pairs kept for a dependency: the first ones, and the latest. Beyond the first
 * ones, a few are recorded each time that something new was seen anywhere: they may run beside it.
 */
#define LH_SEEN_FIRST  512u
#define LH_SEEN_LATEST 512u
#define LH_SEEN_AGAIN  16u
/*
 * Those not recorded: so many of them, the latest, are kept in memory. They are recorded, and a few
 * after them, when another dependency is seen that closes a cycle with them; for each dependency
 * that is done so many times.
 */
#define LH_SEEN_KEPT 16u
#define LH_WAKE_MAX  256u

struct lh_dep;

/* It occurs in the thread's current segment. Returns the key of the SEEN record in which that is
 * counted; 0: it is not recorded. */
uint64_t lh_seen_note(struct lh_self *self, struct lh_dep *dep);

/* It occurred so many times more. false: the record is gone. */
bool lh_seen_add(uint64_t key, uint64_t count);

/* There is a dependency between locks of other births than ever before. */
void lh_seen_news(void);

/* Another one closes a cycle with it: record what was not, and some of what comes. */
void lh_seen_wake(struct lh_dep *dep);

/* The dependency is forgotten. */
void lh_seen_forget(struct lh_dep *dep);

void lh_seen_forked(void);

#endif
