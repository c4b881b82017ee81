/*
 * Fibers: a program that switches stacks by itself (coroutines, green threads) says so with
 * __tsan_create_fiber() and its family. Each fiber has its own clocks and its own stack of frames,
 * and takes them along to whichever thread goes on with it. The locks stay the thread's.
 */
#ifndef LH_RACE_FIBERS_H
#define LH_RACE_FIBERS_H

#include "hot.h"

struct lh_fiber;

/* The calling thread ends: what follows is done by the thread itself, not by a fiber on it. */
void lh_fibers_end(struct lh_hot *hot);

void lh_fibers_forked(struct lh_hot *hot);

#endif
