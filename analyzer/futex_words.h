/*
 * What sleeps on a futex by the bare system call, in the words of its users: the functions on the
 * stack of the wait tell.
 */
#ifndef LH_ANALYZER_FUTEX_WORDS_H
#define LH_ANALYZER_FUTEX_WORDS_H

#include "model.h"

struct lh_futex_words {
    const char *function; /* part of the name of a function on the stack */
    const char *what;     /* "a std::future" */
    const char *act;      /* what nobody is left to do: "set its value" */
    const char *never;    /* what nobody did: "ever set" */
    const char *remedy;   /* NULL: nothing to say */
    bool may_be_held;     /* it is a lock, or may be one: who has it is not recorded */
};

/* Never NULL. */
const struct lh_futex_words *lh_futex_words(const struct lh_process *process,
                                            const struct lh_thread *waiter);

/*
 * The waiter waits for the first use of a static variable: who is at its initialization? The waiter
 * itself when that came back to it. LH_NO_THREAD: not known, or it waits for something else.
 */
uint32_t lh_futex_initializer(const struct lh_process *process, const struct lh_thread *waiter);

#endif
