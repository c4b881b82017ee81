/*
 * Threads that wait for each other's semaphores: anybody may post one, so who could come and do it?
 */
#ifndef LH_ANALYZER_POSTERS_H
#define LH_ANALYZER_POSTERS_H

#include "finding.h"

/*
 * A thread outside of the circle that has given one of its semaphores back before, lives, and is
 * not itself stuck behind the circle: it may do so again. LH_NO_THREAD: there is none. -ENOMEM.
 */
int lh_find_poster(const struct lh_finding *circle, uint32_t *ret_thread);

#endif
