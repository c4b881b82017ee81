/*
 * Vector clocks: for each slot the clock up to which its thread is known. Those of threads are as
 * wide as there can be slots (their memory is touched only so far as there are), those of objects
 * and of a thread's past as wide as there were slots.
 *
 * A clock remembers who stored it last. Whoever knows that thread up to then knows all that is in
 * it, and need not look (Flanagan and Freund, FastTrack, PLDI 2009, for variables; here for locks).
 */
#ifndef LH_RACE_CLOCKS_H
#define LH_RACE_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

struct lh_clocks {
    uint32_t *at;
    uint32_t width, capacity; /* the rest is 0 */
    uint32_t last_slot;       /* who stored it all; 0: put together from several */
    uint32_t last_clock;
    uint32_t changed; /* a thread's: its own clock when it last learnt something */
};

/* The thread in `slot` learns what is in `from`. Returns whether that was anything new. */
bool lh_clocks_learn(struct lh_clocks *mine, uint32_t slot, const struct lh_clocks *from);

/* `to` becomes what the thread in `slot` knows, which is at least what was in `to`. false: no
 * memory. */
bool lh_clocks_store(struct lh_clocks *to, const struct lh_clocks *mine, uint32_t slot,
                     uint32_t width);

/* `to` becomes what was in it and what the thread knows. */
bool lh_clocks_add(struct lh_clocks *to, const struct lh_clocks *mine, uint32_t slot,
                   uint32_t width);

/* `to`, which is no thread's, becomes what is in either. */
bool lh_clocks_join(struct lh_clocks *to, const struct lh_clocks *from);

/* Empty; keeps the room. */
void lh_clocks_clear(struct lh_clocks *clocks);
/* Empty; gives the room back. */
void lh_clocks_free(struct lh_clocks *clocks);

#endif
