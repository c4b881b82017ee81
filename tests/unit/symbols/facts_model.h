/*
 * A model made of what one of the programs here says of itself (facts.h). Ends the test program
 * when the program cannot be run.
 */
#ifndef LH_TESTS_FACTS_MODEL_H
#define LH_TESTS_FACTS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

struct fact {
    char kind[8], name[64];
    uint64_t address;
    int line;
    uint32_t stack; /* of a pc */
};

struct facts {
    struct lh_model *model;
    struct lh_process *process;
    struct fact items[64];
    size_t n;
};

/* A model with one process that has no modules yet. */
struct facts *facts_empty(void);
/* false: the program was not built (it needs a compiler that is missing). */
bool facts_exist(const char *directory, const char *program);
/* Runs the program; its modules and a stack for each pc are in the model. */
struct facts *facts_run(const char *directory, const char *program);
void facts_free(struct facts *facts);

const struct fact *facts_find(const struct facts *facts, const char *kind, const char *name);
struct lh_module *facts_add_module(struct facts *facts, const char *path, uint64_t start,
                                   uint64_t end, uint64_t bias);
/* A stack of one return address; its id. */
uint32_t facts_add_stack(struct facts *facts, uint64_t pc, uint32_t epoch);
uint32_t facts_add_lock(struct facts *facts, uint8_t kind, uint64_t addr, uint32_t flags,
                        uint32_t birth_stack);

#endif
