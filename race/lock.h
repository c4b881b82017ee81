/*
 * The detector's own locks: spin locks, as the holder does a few stores. A holder may be thrown out
 * by siglongjmp() or an asynchronous cancellation and never come back; who waits long enough for
 * one and the same holder goes on in its place.
 */
#ifndef LH_RACE_LOCK_H
#define LH_RACE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/* A wait; begins as {0}. */
struct lh_spin {
    uint32_t spins;
    uint64_t since; /* ms */
};

/* Spin a little, then let others run. false: after a long time, and many turns of others. Keeps
 * errno. */
bool lh_race_spin(struct lh_spin *spin);

/* Zeroed memory is a lock that is free. Odd: it is taken; each time has another number. */
void lh_spin_lock(uint32_t *lock);
void lh_spin_unlock(uint32_t *lock);

#endif
