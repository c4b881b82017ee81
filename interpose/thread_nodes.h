/*
 * The threads of the process as pthread_t knows them: who was created by whom, and what past a
 * joiner takes over. A node lives from pthread_create() to pthread_join(), or to the end of a
 * detached thread; that of the first thread, from when it is known. All under the recorder lock
 * unless said otherwise.
 */
#ifndef LH_INTERPOSE_THREAD_NODES_H
#define LH_INTERPOSE_THREAD_NODES_H

#include <pthread.h>
#include <stdbool.h>

#include "segments.h"
#include "self.h"

struct lh_thread_node {
    pthread_t handle;
    uint32_t uid;     /* of the thread, also before it began; 0: it could not be recorded */
    uint32_t creator; /* uid */
    uint32_t create_stack;
    bool known; /* `handle` is valid and the node can be found by it */
    bool gone;  /* it was so once, and is not any more */
    bool ended, detached;
    bool joined;   /* somebody is joining it: another thread may get its handle any moment */
    uint32_t uses; /* the table, the creator and the joiner; given back with the last */
    struct lh_race_past *race_begin, *race_end; /* what its creator knew; what it knew at its end */
    struct lh_frontier past;  /* first the creator's, at the end the thread's own */
    void *(*routine)(void *); /* exactly one of the two is set */
    int (*routine_c11)(void *);
    void *argument;
    size_t stack_size;
    struct lh_self *self;        /* while it lives */
    struct lh_thread_node *next; /* of the same bucket, or on the free list */
};

/* A new node, in use by the caller; takes the recorder lock itself. NULL: no memory. */
struct lh_thread_node *lh_thread_node_new(void);
void lh_thread_node_drop(struct lh_thread_node *node);

/* The calling thread's, which nobody was seen to create: the first one. NULL: no memory. */
struct lh_thread_node *lh_thread_node_first(struct lh_self *self);

/* Now it can be found by its handle. Done by the thread and its creator: either may come first. */
void lh_thread_node_publish(struct lh_thread_node *node, pthread_t handle);

/* The thread with this handle. NULL: unknown. */
struct lh_thread_node *lh_thread_node_find(pthread_t handle);

/* It was joined, or it is detached and ended: it is found no more. */
void lh_thread_node_forget(struct lh_thread_node *node);

/* What outlives the thread's slot in the trace: written once something recorded names the thread.
 */
void lh_thread_record(struct lh_self *self);

/* Record a thread of another process that this one is told about; returns its uid here. */
uint32_t lh_thread_record_foreign(uint32_t tid, const char name[LH_THREAD_NAME]);

/*
 * What a thread's record says, for one who may want to write it when the thread has ended. Uses are
 * counted; the record is written once.
 */
struct lh_thread_kept;
struct lh_thread_kept *lh_thread_keep(struct lh_self *self); /* NULL: no memory */
void lh_thread_kept_drop(struct lh_thread_kept *kept);
uint32_t lh_thread_kept_record(struct lh_thread_kept *kept); /* returns the uid */
void lh_thread_kept_end(struct lh_self *self);

/* A name that the program gave it. */
void lh_thread_set_name(struct lh_self *self, const char *name);

/* The thread's name as the kernel has it, into its slot and record. Any time, this thread only. */
void lh_thread_refresh_name(struct lh_self *self);

void lh_threads_forked(void);

#endif
