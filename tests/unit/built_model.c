#include "built_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct lh_builder *builder;
struct lh_model *model;

int begin_built(void **state)
{
    (void)state;
    builder = lh_builder_inversion();
    model = lh_model_new();
    return model ? 0 : -1;
}

int end_built(void **state)
{
    (void)state;
    lh_model_free(model);
    lh_builder_free(builder);
    return 0;
}

int load_bytes(struct lh_model *into, const void *data, size_t size, const char **ret_why)
{
    char *path = lh_write_temporary(data, size);
    int r = lh_model_load(into, path, ret_why);

    unlink(path);
    free(path);
    return r;
}

const struct lh_process *load_built(void)
{
    size_t size;
    unsigned char *data = lh_builder_data(builder, &size);

    assert_int_equal(load_bytes(model, data, size, NULL), 0);
    return model->processes[model->n_processes - 1];
}
