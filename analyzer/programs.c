#include "programs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "pool.h"
#include "site.h"

struct member {
    const struct lh_process *process;
    size_t program;
    uint32_t *numbers; /* of its classes; in the pool */
};

/* Classes of one key, but for the number that tells those of one function apart. */
struct family {
    const struct lh_process *last; /* that had one */
    bool several;                  /* a process had more than one */
};

/* Classes of one process that nothing tells apart. */
struct twins {
    const struct lh_process *process;
    size_t n;
};

struct lh_programs {
    const struct lh_model *model;
    struct lh_pool *pool;
    struct lh_map *by_name;    /* name of a program: its index, plus 1 */
    struct lh_map *by_process; /* a process of the model: its struct member */
    struct lh_map *families;   /* text: struct family */
    struct lh_map *twins;      /* text: struct twins */
    struct lh_map *by_text;    /* identity of a class: its number */
    struct member *members;
    struct lh_program *programs;
    size_t n_programs, programs_capacity;
    struct lh_common_class *classes; /* by number */
    size_t n_classes, classes_capacity;
};

const char *lh_process_program(const struct lh_process *process)
{
    return process->argc && process->argv[0] ? lh_site_basename(process->argv[0]) : "";
}

/* ---- which class is which ---- */

/* Without " #2", which orders the classes that one run happened to make in a function. */
static size_t key_length(const char *key)
{
    size_t length = strlen(key), end = length;

    while (end > 0 && isdigit((unsigned char)key[end - 1]))
        end--;
    return end >= 2 && end < length && key[end - 1] == '#' && key[end - 2] == ' ' ? end - 2
                                                                                  : length;
}

static const char *key_of(const struct lh_class *class)
{
    const char *key = class->key ? class->key : class->name;

    return key ? key : "";
}

static char *family_text(struct lh_pool *pool, size_t program, const struct lh_class *class)
{
    const char *key = key_of(class);

    return lh_pool_printf(pool, "%zu\n%u\n%.*s", program, (unsigned)class->kind,
                          (int)key_length(key), key);
}

/* What identifies the class, in the pool. NULL: nothing does, or no memory. */
static const char *identity(const struct lh_programs *programs, struct lh_pool *pool,
                            size_t program, const struct lh_class *class)
{
    const char *text = *key_of(class) ? family_text(pool, program, class) : NULL;
    const struct family *family = text ? lh_map_get(programs->families, text, strlen(text)) : NULL;

    if (!family || !family->several)
        return text;
    return lh_pool_printf(pool, "%s\n%s", text, class->name ? class->name : "");
}

static int meet_family(struct lh_programs *programs, const struct lh_process *process,
                       size_t program, const struct lh_class *class)
{
    char *text = family_text(programs->pool, program, class);
    struct family *family;

    if (!text)
        return -ENOMEM;
    family = lh_map_get(programs->families, text, strlen(text));
    if (family) {
        family->several = family->several || family->last == process;
        family->last = process;
        return 0;
    }
    family = lh_pool_alloc(programs->pool, sizeof(*family));
    if (!family)
        return -ENOMEM;
    family->last = process;
    return lh_map_put(programs->families, text, strlen(text), family);
}

/* ---- building ---- */

static int place_program(struct lh_programs *programs, const struct lh_process *process,
                         size_t *ret)
{
    const char *name = lh_process_program(process);
    uintptr_t known = *name ? (uintptr_t)lh_map_get(programs->by_name, name, strlen(name)) : 0;
    int r = 0;

    if (!known) {
        r = lh_grow(&programs->programs, &programs->programs_capacity, programs->n_programs + 1,
                    sizeof(*programs->programs));
        if (r < 0)
            return r;
        programs->programs[programs->n_programs].first = process;
        known = ++programs->n_programs;
        if (*name)
            r = lh_map_put(programs->by_name, name, strlen(name), (void *)known);
    }
    programs->programs[known - 1].n_processes++;
    *ret = known - 1;
    return r;
}

static int add_class(struct lh_programs *programs, const struct lh_process *process, size_t program,
                     const struct lh_class *class, uint32_t *ret)
{
    int r = lh_grow(&programs->classes, &programs->classes_capacity, programs->n_classes + 1,
                    sizeof(*programs->classes));

    if (r < 0)
        return r;
    if (programs->n_classes >= UINT32_MAX)
        return -E2BIG;
    *ret = (uint32_t)programs->n_classes++;
    programs->classes[*ret] =
        (struct lh_common_class){.process = process, .class = class, .program = program};
    return 0;
}

/* Of a process each class has a number of its own, even where nothing tells two apart: these are
 * counted. NULL: out of memory. */
static const char *tell_apart(struct lh_programs *programs, const struct lh_process *process,
                              const char *text)
{
    struct twins *twins = lh_map_get(programs->twins, text, strlen(text));

    if (!twins) {
        twins = lh_pool_alloc(programs->pool, sizeof(*twins));
        if (!twins || lh_map_put(programs->twins, text, strlen(text), twins) < 0)
            return NULL;
    }
    if (twins->process != process)
        *twins = (struct twins){.process = process};
    return ++twins->n > 1 ? lh_pool_printf(programs->pool, "%s\n%zu", text, twins->n) : text;
}

static int place_class(struct lh_programs *programs, const struct lh_process *process,
                       size_t program, const struct lh_class *class, uint32_t *ret)
{
    const char *text = identity(programs, programs->pool, program, class);
    uintptr_t known;
    int r = 0;

    if (text)
        text = tell_apart(programs, process, text);
    if (!text && *key_of(class))
        return -ENOMEM;
    known = text ? (uintptr_t)lh_map_get(programs->by_text, text, strlen(text)) : 0;
    *ret = (uint32_t)known;
    if (!known) {
        r = add_class(programs, process, program, class, ret);
        if (r == 0 && text)
            r = lh_map_put(programs->by_text, text, strlen(text), (void *)(uintptr_t)*ret);
    }
    if (r == 0)
        programs->classes[*ret].n_processes++;
    return r;
}

static int place_members(struct lh_programs *programs)
{
    const struct lh_model *model = programs->model;
    int r = 0;

    for (size_t i = 0; i < model->n_processes && r == 0; i++) {
        const struct lh_process *process = model->processes[i];
        struct member *member = &programs->members[i];
        member->process = process;
        r = place_program(programs, process, &member->program);
        if (r == 0)
            r = lh_map_put(programs->by_process, &member->process, sizeof(member->process), member);
        for (size_t k = 1; k < process->n_classes && r == 0; k++)
            r = meet_family(programs, process, member->program, &process->classes[k]);
    }
    return r;
}

static int place_classes(struct lh_programs *programs)
{
    const struct lh_model *model = programs->model;
    int r = 0;

    programs->n_classes = 1; /* 0 is none */
    for (size_t i = 0; i < model->n_processes && r == 0; i++) {
        const struct lh_process *process = model->processes[i];
        struct member *member = &programs->members[i];
        member->numbers =
            lh_pool_alloc(programs->pool, (process->n_classes + 1) * sizeof(*member->numbers));
        r = member->numbers ? 0 : -ENOMEM;
        for (size_t k = 1; k < process->n_classes && r == 0; k++)
            r = place_class(programs, process, member->program, &process->classes[k],
                            &member->numbers[k]);
    }
    return r;
}

struct lh_programs *lh_programs_new(const struct lh_model *model)
{
    struct lh_programs *programs = calloc(1, sizeof(*programs));
    int r = -ENOMEM;

    if (!programs)
        return NULL;
    programs->model = model;
    programs->pool = lh_pool_new();
    programs->by_name = lh_map_new();
    programs->by_process = lh_map_new();
    programs->families = lh_map_new();
    programs->twins = lh_map_new();
    programs->by_text = lh_map_new();
    programs->members = calloc(model->n_processes + 1, sizeof(*programs->members));
    if (programs->pool && programs->by_name && programs->by_process && programs->families &&
        programs->twins && programs->by_text && programs->members &&
        lh_grow(&programs->classes, &programs->classes_capacity, 1, sizeof(*programs->classes)) ==
            0)
        r = place_members(programs);
    if (r == 0)
        r = place_classes(programs);
    if (r == 0)
        return programs;
    lh_programs_free(programs);
    return NULL;
}

void lh_programs_free(struct lh_programs *programs)
{
    if (!programs)
        return;
    lh_map_free(programs->by_name);
    lh_map_free(programs->by_process);
    lh_map_free(programs->families);
    lh_map_free(programs->twins);
    lh_map_free(programs->by_text);
    lh_pool_free(programs->pool);
    free(programs->members);
    free(programs->programs);
    free(programs->classes);
    free(programs);
}

/* ---- lookups ---- */

size_t lh_programs_count(const struct lh_programs *programs)
{
    return programs->n_programs;
}

const struct lh_program *lh_programs_at(const struct lh_programs *programs, size_t index)
{
    return &programs->programs[index];
}

size_t lh_programs_classes(const struct lh_programs *programs)
{
    return programs->n_classes - 1;
}

const struct lh_common_class *lh_programs_class(const struct lh_programs *programs, size_t number)
{
    return &programs->classes[number];
}

/* Of a process that is not in the model, only what it says of itself is known. */
static size_t look_up(const struct lh_programs *programs, const struct lh_process *process,
                      uint32_t class_id)
{
    const char *name = lh_process_program(process);
    uintptr_t program = (uintptr_t)lh_map_get(programs->by_name, name, strlen(name));
    struct lh_pool *scratch = lh_pool_new();
    const char *text = NULL;
    uintptr_t number = 0;

    if (scratch && program)
        text = identity(programs, scratch, program - 1, &process->classes[class_id]);
    if (text)
        number = (uintptr_t)lh_map_get(programs->by_text, text, strlen(text));
    lh_pool_free(scratch);
    return number;
}

size_t lh_programs_number(const struct lh_programs *programs, const struct lh_process *process,
                          uint32_t class_id)
{
    const struct member *member = lh_map_get(programs->by_process, &process, sizeof(process));

    if (class_id == 0 || class_id >= process->n_classes)
        return 0;
    return member ? member->numbers[class_id] : look_up(programs, process, class_id);
}
