/*
 * RLock objects of Python. Only the first acquisition and the last release of one reach its
 * semaphore: how often it is taken, and whether Condition.notify() asks for its owner, only the
 * object itself can tell.
 */
#ifndef LH_INTERPOSE_PYTHON_RLOCK_H
#define LH_INTERPOSE_PYTHON_RLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct lh_self;

/*
 * The RLock object that is being made in a caller of this, which has no lock yet. 0: there is none.
 * The first one leads to the type, of which one method gets an observer: from then on `on_owned` is
 * called behind each RLock._is_owned() that answers True, with the GIL.
 */
uintptr_t lh_python_rlock_new(const struct lh_self *self, void (*on_owned)(void));
/* Has the method got its observer? */
bool lh_python_rlock_is_observed(void);

/* The interpreter was unloaded. */
void lh_python_rlock_forget(void);

/* How often the object is taken, with the GIL. 0: it is not the object of this semaphore. */
uint32_t lh_python_rlock_count(uintptr_t object, uintptr_t semaphore);

#endif
