#include "json_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "escape.h"
#include "stack_text.h"

json_t *lh_json_text(const char *text)
{
    if (text == NULL)
        return json_null();
    json_t *string = json_string(text);
    if (string != NULL)
        return string;
    char *repaired = lh_utf8_repair(text);
    string = repaired != NULL ? json_string(repaired) : NULL;
    free(repaired);
    return string;
}

json_t *lh_json_count(uint64_t count)
{
    return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

json_t *lh_json_address(uint64_t address)
{
    char text[24];

    snprintf(text, sizeof text, "0x%" PRIx64, address);
    return json_string(text);
}

json_t *lh_json_texts(const char *const *texts, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        if (array == NULL || json_array_append_new(array, lh_json_text(texts[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

bool lh_json_put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

json_t *lh_json_append(json_t *array, json_t *value)
{
    if (array == NULL || value == NULL || json_array_append_new(array, value) != 0) {
        if (array == NULL)
            json_decref(value);
        json_decref(array);
        return NULL;
    }
    return array;
}

json_t *lh_json_check(json_t *object, bool complete)
{
    if (complete)
        return object;
    json_decref(object);
    return NULL;
}

json_t *lh_json_frame(const struct lh_frame *frame)
{
    json_t *object = json_object();

    if (!lh_json_put(object, "function", lh_json_text(frame->function)) ||
        !lh_json_put(object, "file", lh_json_text(frame->file)) ||
        !lh_json_put(object, "line", frame->line > 0 ? json_integer(frame->line) : json_null()) ||
        !lh_json_put(object, "module", lh_json_text(frame->module)) ||
        !lh_json_put(object, "offset", lh_json_count(frame->offset)) ||
        (frame->inlined && !lh_json_put(object, "inlined", json_true()))) {
        json_decref(object);
        return NULL;
    }
    return object;
}

struct lh_json_stacks {
    const struct lh_model *model;
    json_t ***made; /* [process][stack id] */
};

struct lh_json_stacks *lh_json_stacks_new(const struct lh_model *model)
{
    struct lh_json_stacks *stacks = calloc(1, sizeof *stacks);

    if (stacks == NULL)
        return NULL;
    stacks->model = model;
    stacks->made = calloc(model->n_processes + 1, sizeof *stacks->made);
    for (size_t i = 0; stacks->made != NULL && i < model->n_processes; i++) {
        stacks->made[i] = calloc(model->processes[i]->n_stacks + 1, sizeof **stacks->made);
        if (stacks->made[i] == NULL) {
            lh_json_stacks_free(stacks);
            return NULL;
        }
    }
    if (stacks->made == NULL) {
        free(stacks);
        return NULL;
    }
    return stacks;
}

void lh_json_stacks_free(struct lh_json_stacks *stacks)
{
    if (stacks == NULL)
        return;
    for (size_t i = 0; i < stacks->model->n_processes; i++) {
        for (size_t id = 0; stacks->made[i] != NULL && id < stacks->model->processes[i]->n_stacks;
             id++)
            json_decref(stacks->made[i][id]);
        free(stacks->made[i]);
    }
    free(stacks->made);
    free(stacks);
}

static json_t *make_stack(const struct lh_stack *stack)
{
    json_t *array = json_array();
    size_t n = stack->frames != NULL ? stack->n_frames : 0;

    for (size_t i = 0; i < n && array != NULL; i++) {
        if (lh_frame_is_recorder(&stack->frames[i]))
            continue;
        if (json_array_append_new(array, lh_json_frame(&stack->frames[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t **place_of(struct lh_json_stacks *stacks, const struct lh_process *process,
                         uint32_t id)
{
    if (id >= process->n_stacks)
        return NULL;
    for (size_t i = 0; i < stacks->model->n_processes; i++)
        if (stacks->model->processes[i] == process)
            return &stacks->made[i][id];
    return NULL;
}

json_t *lh_json_stack(struct lh_json_stacks *stacks, const struct lh_process *process, uint32_t id)
{
    json_t **place = place_of(stacks, process, id);

    if (place == NULL)
        return make_stack(lh_process_stack(process, id));
    if (*place == NULL)
        *place = make_stack(lh_process_stack(process, id));
    return json_incref(*place);
}
