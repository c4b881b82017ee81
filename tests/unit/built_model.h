/* A trace being built and the model that it is loaded into: the fixture of tests of what is loaded.
 */
#ifndef LH_TESTS_BUILT_MODEL_H
#define LH_TESTS_BUILT_MODEL_H

#include "model.h"
#include "trace_builder.h"

/* From begin_built() to end_built(): lh_builder_inversion(), and an empty model. */
extern struct lh_builder *builder;
extern struct lh_model *model;

/* Setup and teardown of a cmocka test. */
int begin_built(void **state);
int end_built(void **state);

/* Into any model, by way of a file; returns what lh_model_load() does. */
int load_bytes(struct lh_model *into, const void *data, size_t size, const char **ret_why);
/* What was built so far; the process that it is in the model, which owns it. */
const struct lh_process *load_built(void);

#endif
