/*
 * Begin and end of the shim in a process, and the end of threads.
 */
#ifndef LH_INTERPOSE_START_H
#define LH_INTERPOSE_START_H

/* Once a process: resolve the real functions, arrange for fork and exit to be noticed. */
void lh_process_start(void);

/* Have lh_self_end() called when this thread ends, after the program's own destructors. */
void lh_process_arm_thread_end(void);

/* In the child of a fork that runs no handlers (_Fork()). */
void lh_after_raw_fork(void);

#endif
