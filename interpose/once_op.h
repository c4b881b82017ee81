/*
 * pthread_once() seen as a lock, for once.c and c11.c: the thread that runs the routine holds it,
 * and the others wait for it. So a routine that takes a lock which others hold while they call
 * pthread_once() is a cycle like any other.
 */
#ifndef LH_INTERPOSE_ONCE_OP_H
#define LH_INTERPOSE_ONCE_OP_H

#include <pthread.h>

#include "site.h"

int lh_once(pthread_once_t *control, void (*routine)(void), struct lh_site site);

#endif
