/*
 * What a lock of Python code is to its programmer: which class of the library it belongs to, and
 * the name that it is given where it is made.
 */
#ifndef LH_ANALYZER_PYTHON_LOCKS_H
#define LH_ANALYZER_PYTHON_LOCKS_H

#include "model.h"
#include "pool.h"

/*
 * "Account.lock" for `self.lock = threading.Lock()` in Account.__init__: read from the source line,
 * when the file is there. "a or b" when several on it are made of the class `word`. NULL: no name
 * is seen, or no memory.
 */
const char *lh_python_lock_variable(struct lh_pool *pool, const struct lh_frame *frame,
                                    const char *word);

/*
 * The same for a lock that was not seen to be made, at its first use: "store.lock" for
 * `with store.lock:` and `store.lock.acquire()`.
 */
const char *lh_python_lock_used(struct lh_pool *pool, const struct lh_frame *frame);

#endif
