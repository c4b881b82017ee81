/*
 * Many processes as runs of a few programs: which processes are runs of one, and which of their
 * lock classes are the same. A program is known by its name, without the folder; a class in another
 * run by its kind and its key, so that rebuilding the program does not matter; where one function
 * bears several classes, by its line as well. Built once, then read only; refers to the model.
 */
#ifndef LH_ANALYZER_PROGRAMS_H
#define LH_ANALYZER_PROGRAMS_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct lh_programs;

struct lh_program {
    const struct lh_process *first; /* of its processes, in the order of the model */
    size_t n_processes;
};

/* A class as all runs of its program have it. */
struct lh_common_class {
    const struct lh_process *process; /* the first that has it */
    const struct lh_class *class;     /* of that process */
    size_t program;
    size_t n_processes; /* that have it */
};

/* The name of its program: "" when the process does not tell it. Then it is the only run of it. */
const char *lh_process_program(const struct lh_process *process);

/* Call after lh_model_name_locks(). NULL: out of memory. */
struct lh_programs *lh_programs_new(const struct lh_model *model);
void lh_programs_free(struct lh_programs *programs);

size_t lh_programs_count(const struct lh_programs *programs);
const struct lh_program *lh_programs_at(const struct lh_programs *programs, size_t index);

/* Numbers of common classes begin at 1; 0 stands for no class. With a single process they are the
 * numbers of its classes. */
size_t lh_programs_classes(const struct lh_programs *programs); /* the largest number */
const struct lh_common_class *lh_programs_class(const struct lh_programs *programs, size_t number);
/* The process may be one of the model, or several of them united (united.h). */
size_t lh_programs_number(const struct lh_programs *programs, const struct lh_process *process,
                          uint32_t class_id);

#endif
