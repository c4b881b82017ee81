/*
 * Several runs of one program as if they were one process: locks that are the same variable, or
 * born at the same place once in each run, are one lock; everything else stays apart.
 */
#ifndef LH_ANALYZER_UNITED_H
#define LH_ANALYZER_UNITED_H

#include "model.h"
#include "programs.h"

struct lh_united {
    struct lh_process *process;        /* lies in the model's pool */
    const struct lh_process **members; /* in order of their stacks; not owned but for the array */
    uint32_t *first_stacks;            /* of member i: its stacks begin after this id */
    size_t n_members;
};

/*
 * Unite `members`, n of them, all runs of one of the programs. Only dependencies that could take
 * part in a cycle of several members are in ret->process: none when it has no dependency. Returns 0
 * or -ENOMEM.
 */
int lh_unite(struct lh_model *model, const struct lh_programs *programs,
             const struct lh_process *const *members, size_t n, struct lh_united *ret);
void lh_united_done(struct lh_united *united);

/* The member that a stack of the united process comes from. */
const struct lh_process *lh_united_member(const struct lh_united *united, uint32_t stack);

#endif
