/*
 * Creating, joining and ending threads, for thread.c and c11.c.
 */
#ifndef LH_INTERPOSE_THREAD_OP_H
#define LH_INTERPOSE_THREAD_OP_H

#include "op.h"
#include "thread_nodes.h"

/* Before the real create: a node that knows the creator. NULL: create it unrecorded. */
struct lh_thread_node *lh_create_begin(struct lh_site site);
/* After it; `handle` NULL: it failed. */
void lh_create_end(struct lh_thread_node *node, const pthread_t *handle);

/* What the real create is given to run, with the node as its argument. */
void *lh_thread_main(void *node);
int lh_thread_main_c11(void *node);

/* Around a real join. */
struct lh_join_op {
    struct lh_self *self;
    struct lh_block block;
    pthread_t handle;
    uint32_t stack;
    struct lh_thread_node *node; /* NULL: unknown */
};
void lh_join_abandon(struct lh_join_op *join);
static inline void lh_join_cleanup(struct lh_join_op *join)
{
    if (join->block.self)
        lh_join_abandon(join);
}
#define LH_JOIN_OP __attribute__((cleanup(lh_join_cleanup))) = {.self = NULL}
bool lh_join_begin(struct lh_join_op *join, pthread_t handle, uint32_t flags, struct lh_site site);
/* `joined`: the thread has ended and its handle is void. Returns `result`. */
int lh_join_end(struct lh_join_op *join, bool joined, int result);

void lh_detached(pthread_t handle);
void lh_thread_named(pthread_t handle, const char *name);
/* The thread leaves by a call of its own. */
void lh_thread_exits(struct lh_site site);

/* The size of a thread's stack when its creator says nothing. */
size_t lh_default_stack_size(void);

#endif
