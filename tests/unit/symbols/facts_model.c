#include "facts_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pool.h"

#define TABLE 256

static void give_up(const char *what)
{
    fprintf(stderr, "facts: %s\n", what);
    abort();
}

static void *alloc(struct facts *facts, size_t n, size_t size)
{
    void *data = lh_pool_alloc(facts->model->pool, n * size);

    if (!data)
        give_up("no memory");
    return data;
}

struct facts *facts_empty(void)
{
    struct facts *facts = calloc(1, sizeof(*facts));

    if (!facts)
        give_up("no memory");
    facts->model = lh_model_new();
    if (!facts->model)
        give_up("no memory");
    facts->process = alloc(facts, 1, sizeof(*facts->process));
    facts->process->modules = alloc(facts, TABLE, sizeof(struct lh_module));
    facts->process->stacks = alloc(facts, TABLE, sizeof(struct lh_stack));
    facts->process->locks = alloc(facts, TABLE, sizeof(struct lh_lock));
    facts->process->n_stacks = facts->process->n_locks = 1;
    facts->model->processes = calloc(1, sizeof(struct lh_process *));
    if (!facts->model->processes)
        give_up("no memory");
    facts->model->processes[0] = facts->process;
    facts->model->n_processes = 1;
    return facts;
}

void facts_free(struct facts *facts)
{
    lh_model_free(facts->model);
    free(facts);
}

struct lh_module *facts_add_module(struct facts *facts, const char *path, uint64_t start,
                                   uint64_t end, uint64_t bias)
{
    struct lh_module *module = &facts->process->modules[facts->process->n_modules++];

    if (facts->process->n_modules > TABLE)
        give_up("too many modules");
    module->path = lh_pool_strdup(facts->model->pool, path);
    module->start = start;
    module->end = end;
    module->bias = bias;
    module->epoch_end = UINT32_MAX;
    return module;
}

uint32_t facts_add_stack(struct facts *facts, uint64_t pc, uint32_t epoch)
{
    uint32_t id = (uint32_t)facts->process->n_stacks++;
    struct lh_stack *stack = &facts->process->stacks[id];

    if (id >= TABLE)
        give_up("too many stacks");
    stack->id = id;
    stack->epoch = epoch;
    stack->pcs = lh_pool_copy(facts->model->pool, &pc, sizeof(pc));
    stack->n_pcs = 1;
    return id;
}

uint32_t facts_add_lock(struct facts *facts, uint8_t kind, uint64_t addr, uint32_t flags,
                        uint32_t birth_stack)
{
    uint32_t index = (uint32_t)facts->process->n_locks++;

    if (index >= TABLE)
        give_up("too many locks");
    facts->process->locks[index] = (struct lh_lock){.uid = index,
                                                    .addr = addr,
                                                    .kind = kind,
                                                    .flags = flags,
                                                    .birth_stack = birth_stack,
                                                    .instances = 1};
    return index;
}

static void add_build_id(struct facts *facts, struct lh_module *module, const char *hex)
{
    uint8_t bytes[64];
    size_t n = 0;
    unsigned int byte;

    while (n < sizeof(bytes) && sscanf(hex + 2 * n, "%2x", &byte) == 1)
        bytes[n++] = (uint8_t)byte;
    module->build_id = lh_pool_copy(facts->model->pool, bytes, n);
    module->build_id_size = n;
}

static void add_line(struct facts *facts, const char *text)
{
    struct fact *fact = &facts->items[facts->n];
    unsigned long long start, end, bias, address;
    char build_id[160], path[4096];

    if (facts->n == sizeof(facts->items) / sizeof(*facts->items))
        give_up("too many facts");
    if (sscanf(text, "module %llx %llx %llx %159s %4095[^\n]", &start, &end, &bias, build_id,
               path) == 5) {
        add_build_id(facts, facts_add_module(facts, path, start, end, bias), build_id);
    } else if (sscanf(text, "line %63s %d", fact->name, &fact->line) == 2) {
        strcpy(fact->kind, "line");
        facts->n++;
    } else if (sscanf(text, "%7s %63s %llx %d", fact->kind, fact->name, &address, &fact->line) >=
               3) {
        fact->address = address;
        if (!strcmp(fact->kind, "pc"))
            fact->stack = facts_add_stack(facts, address, 0);
        facts->n++;
    }
}

bool facts_exist(const char *directory, const char *program)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", directory, program);
    return access(path, X_OK) == 0;
}

struct facts *facts_run(const char *directory, const char *program)
{
    struct facts *facts = facts_empty();
    char text[8192];
    FILE *output;

    snprintf(text, sizeof(text), "'%s/%s'", directory, program);
    output = popen(text, "r");
    if (!output)
        give_up(text);
    while (fgets(text, sizeof(text), output))
        add_line(facts, text);
    if (pclose(output) != 0)
        give_up("the program failed");
    return facts;
}

const struct fact *facts_find(const struct facts *facts, const char *kind, const char *name)
{
    for (size_t i = 0; i < facts->n; i++) {
        if (!strcmp(facts->items[i].kind, kind) && !strcmp(facts->items[i].name, name))
            return &facts->items[i];
    }
    fprintf(stderr, "%s %s: ", kind, name);
    give_up("the program did not say");
    return NULL;
}
