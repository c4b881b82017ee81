/*
 * From addresses of a recorded process to names: which module lay there at that time, and what its
 * file says about the place. The calls themselves are declared in analyses.h.
 *
 * A process keeps its struct lh_symbols from the first call on; the opened files behind it are
 * shared by the processes of a model. Names handed out lie in the model's pool and outlive it.
 */
#ifndef LH_ANALYZER_SYMBOLIZE_H
#define LH_ANALYZER_SYMBOLIZE_H

#include <stdint.h>

#include "model.h"

struct lh_symbols;

void lh_symbols_free(struct lh_symbols *symbols);

/* The module that covers an address in an epoch; NULL when there is none. */
const struct lh_module *lh_symbolize_module(struct lh_model *model, struct lh_process *process,
                                            uint64_t addr, uint32_t epoch);

#endif
