/*
 * A process as /proc shows it. What is asked is asked of the process that was opened: when that is
 * gone, another one with its number does not answer in its place.
 *
 * One thread at a time may use a struct lh_proc. Functions return 0 or -errno: -ESRCH when the
 * process or thread is gone, -EACCES when the kernel does not show it.
 */
#ifndef LH_CLI_PROC_H
#define LH_CLI_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc_text.h"

struct lh_proc;

int lh_proc_open(uint32_t pid, struct lh_proc **ret);
void lh_proc_close(struct lh_proc *proc);

int lh_proc_own_stat(const struct lh_proc *proc, struct lh_proc_stat *ret);
/* It has ended, or is only waited for by its parent. */
bool lh_proc_is_dead(const struct lh_proc *proc);

/* With a process or thread; false: that is enough. */
typedef bool (*lh_proc_visit)(uint32_t id, void *data);

/* Call visit for each process that can be seen. */
void lh_proc_each(lh_proc_visit visit, void *data);
/* For each thread; *ret_n: threads seen until it was enough. */
int lh_proc_each_thread(const struct lh_proc *proc, lh_proc_visit visit, void *data, size_t *ret_n);

int lh_proc_thread_stat(const struct lh_proc *proc, uint32_t tid, struct lh_proc_stat *ret);
int lh_proc_thread_call(const struct lh_proc *proc, uint32_t tid, struct lh_proc_call *ret);
/* Where in the kernel it sleeps is a place of futex(): needs fewer rights than its system call. */
int lh_proc_thread_sleeps_in_futex(const struct lh_proc *proc, uint32_t tid, bool *ret);
/* Has a child that is no thread of it all its memory (clone() with CLONE_VM)? false: or not known.
 */
bool lh_proc_shares_memory(const struct lh_proc *proc);
int lh_proc_read_status(const struct lh_proc *proc, struct lh_proc_status *ret);

typedef void (*lh_proc_visit_map)(const struct lh_proc_map *map, void *data);
int lh_proc_each_map(const struct lh_proc *proc, lh_proc_visit_map visit, void *data);

int lh_proc_signal(const struct lh_proc *proc, int number);

#endif
