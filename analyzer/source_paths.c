#include "source_paths.h"

#include <string.h>

const char *lh_path_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    while (size > 1 && folder[size - 1] == '/')
        size--;
    if (size == 0 || strncmp(path, folder, size) != 0)
        return NULL;
    if (folder[size - 1] != '/' && path[size] != '/')
        return NULL;
    path += size;
    path += strspn(path, "/");
    return *path ? path : NULL;
}

static const char *mapped(const char *file, const char *strip, const char *root)
{
    const char *below = strip ? lh_path_below(file, strip) : NULL;

    if (!below && root)
        below = lh_path_below(file, root);
    return below ? below : file;
}

/* What follows the folder lies within the old name: nothing has to be copied. */
static void map_stack(struct lh_stack *stack, const char *strip, const char *root)
{
    for (size_t i = 0; stack->frames && i < stack->n_frames; i++)
        if (stack->frames[i].file)
            stack->frames[i].file = mapped(stack->frames[i].file, strip, root);
}

void lh_model_map_sources(struct lh_model *model, const char *strip, const char *root)
{
    if (!strip && !root)
        return;
    for (size_t i = 0; i < model->n_processes; i++)
        for (size_t id = 0; id < model->processes[i]->n_stacks; id++)
            map_stack(&model->processes[i]->stacks[id], strip, root);
}
