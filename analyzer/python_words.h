/*
 * How a wait of Python code is told in the words of Python: an Event is set, a Condition notified.
 */
#ifndef LH_ANALYZER_PYTHON_WORDS_H
#define LH_ANALYZER_PYTHON_WORDS_H

#include "model.h"

struct lh_python_words {
    const char *act;    /* what nobody is left to do: "set it" */
    const char *never;  /* what nobody did: "ever set" */
    const char *again;  /* what nobody does: "sets any more" */
    const char *done;   /* what was done: "set"; NULL: how often says nothing */
    const char *why;    /* why it waits, when `done` is NULL */
    const char *remedy; /* what to do: "set" */
    const char *advice; /* the whole remedy, where that is the same each time; else NULL */
};

/* NULL: it is no wait of Python code. */
const struct lh_python_words *lh_python_words(const struct lh_process *process,
                                              const struct lh_thread *waiter);

/* "Condition", "Lock"; never NULL. */
const char *lh_python_class_word(uint8_t class);

static inline bool lh_python_is_semaphore(uint8_t class)
{
    return class == LH_PYTHON_SEMAPHORE || class == LH_PYTHON_BOUNDED_SEMAPHORE;
}

#endif
