/* 10,000 different places that lock and unlock (written by sites.py). */
#ifndef LH_BENCH_SITES_H
#define LH_BENCH_SITES_H

#include <pthread.h>
#include <stddef.h>

/* Lock and unlock once from each of the first `count` places. */
void sites_visit(pthread_mutex_t *mutex, size_t *guarded, size_t count);

#endif
