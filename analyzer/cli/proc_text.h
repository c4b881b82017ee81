/*
 * What files of /proc say, as text: proc(5). Nothing here opens a file. The texts are NUL
 * terminated; one that does not look as expected gives false.
 */
#ifndef LH_CLI_PROC_TEXT_H
#define LH_CLI_PROC_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

#define LH_COMM_SIZE 16 /* with the NUL, as the kernel has it */

/* /proc/PID/stat, /proc/PID/task/TID/stat */
struct lh_proc_stat {
    char name[LH_COMM_SIZE];
    char state;       /* 'R', 'S', 'T', ... */
    uint32_t parent;  /* pid */
    uint32_t threads; /* of the process */
};

bool lh_proc_stat(const char *text, struct lh_proc_stat *ret);

/* /proc/PID/status */
struct lh_proc_status {
    uint32_t tracer; /* pid; 0: none */
    uint32_t threads;
    uint32_t user;    /* as which it acts: the effective one */
    uint64_t handled; /* signals that have a handler: bit n - 1 is signal n */
};

bool lh_proc_status(const char *text, struct lh_proc_status *ret);

/* /proc/PID/task/TID/syscall */
struct lh_proc_call {
    int number;           /* or LH_CALL_NONE, LH_CALL_RUNNING of report.h */
    uint64_t argument[6]; /* of a system call */
};

bool lh_proc_call(const char *text, struct lh_proc_call *ret);

/*
 * Does the call wait in futex() without a time limit? *ret_private: nobody outside of the process
 * can end it.
 */
bool lh_proc_waits_in_futex(const struct lh_proc_call *call, bool *ret_private);

/* A line of /proc/PID/maps, without the line break. */
struct lh_proc_map {
    uint64_t start, end;
    bool shared;
    uint64_t inode;
    const char *path; /* in the line; "" when there is none */
};

bool lh_proc_map(const char *line, struct lh_proc_map *ret);

#endif
