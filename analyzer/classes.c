/*
 * Names and classes of locks. A lock in a global or static variable is of the variable's class; any
 * other (heap, stack, thread-local) of the class of the place where it was born: the same line of
 * the program makes the same kind of lock.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "map.h"
#include "plain_name.h"
#include "pool.h"
#include "python_locks.h"
#include "python_words.h"
#include "site.h"
#include "symbolize.h"

/* What a class needs only until all of them are known. */
struct draft {
    struct lh_class class;
    int line; /* orders classes that share a key */
    uint64_t offset;
};

struct namer {
    struct lh_model *model;
    struct lh_process *process;
    struct lh_pool *pool;
    struct lh_map *by_text;  /* identity of a class: its index, as a pointer */
    struct lh_map *by_birth; /* struct birth: the same */
    struct draft *drafts;
    size_t n, capacity;
};

struct birth {
    uint32_t kind, stack;
};

static const char *kind_word(uint8_t kind)
{
    switch (kind) {
    case LH_LOCK_MUTEX:
        return "mutex";
    case LH_LOCK_RWLOCK:
        return "rwlock";
    case LH_LOCK_SPIN:
        return "spin lock";
    case LH_LOCK_SEMAPHORE:
        return "semaphore";
    case LH_LOCK_COND:
        return "condition";
    case LH_LOCK_BARRIER:
        return "barrier";
    case LH_LOCK_ONCE:
        return "once";
    case LH_LOCK_FUTEX:
        return "futex";
    default:
        return "lock";
    }
}

/* The class of this identity; a new one is made of the draft. Takes NULL for a text without memory.
 */
static int class_of(struct namer *namer, const char *identity, const struct draft *draft,
                    uint32_t *ret)
{
    uintptr_t known;
    int r;

    if (!identity || !draft->class.name || !draft->class.key)
        return -ENOMEM;
    known = (uintptr_t)lh_map_get(namer->by_text, identity, strlen(identity));
    if (!known) {
        known = namer->n;
        r = lh_grow(&namer->drafts, &namer->capacity, known + 1, sizeof(*namer->drafts));
        if (r < 0)
            return r;
        r = lh_map_put(namer->by_text, identity, strlen(identity), (void *)known);
        if (r < 0)
            return r;
        namer->drafts[namer->n++] = *draft;
    }
    *ret = (uint32_t)known;
    return 0;
}

static struct draft draft_of(const struct lh_lock *lock)
{
    return (struct draft){.class = {.kind = lock->kind, .birth_stack = lock->birth_stack}};
}

/* ---- locks with a name of their own: named semaphores ---- */

static int name_named(struct namer *namer, struct lh_lock *lock)
{
    struct draft draft = draft_of(lock);

    draft.class.name = lh_pool_printf(namer->pool, "%s \"%s\"", kind_word(lock->kind), lock->name);
    draft.class.key = draft.class.name;
    return class_of(namer, draft.class.name, &draft, &lock->class_id);
}

/* ---- locks in variables ---- */

static const char *module_name(struct namer *namer, const struct lh_lock *lock)
{
    const struct lh_module *module =
        lh_symbolize_module(namer->model, namer->process, lock->addr, lock->epoch);

    return module && module->path ? module->path : "";
}

static const char *variable_class_name(struct namer *namer, const struct lh_symbol *symbol,
                                       const char *module)
{
    if (symbol->file && symbol->line > 0)
        return lh_pool_printf(namer->pool, "%s (%s:%d)", symbol->family,
                              lh_site_basename(symbol->file), symbol->line);
    return lh_pool_printf(namer->pool, "%s (%s)", symbol->family,
                          lh_site_basename(symbol->file ? symbol->file : module));
}

static int name_variable(struct namer *namer, struct lh_lock *lock, const struct lh_symbol *symbol)
{
    struct draft draft = draft_of(lock);
    const char *module = module_name(namer, lock);
    const char *file = symbol->file ? symbol->file : "";
    char *plain = lh_plain_module(module);
    const char *identity;

    draft.line = symbol->line;
    draft.class.name = variable_class_name(namer, symbol, module);
    draft.class.key = lh_pool_printf(namer->pool, "%s:%s:%s %s", plain ? plain : "",
                                     lh_site_basename(file), kind_word(lock->kind), symbol->family);
    free(plain);
    identity = lh_pool_printf(namer->pool, "variable\n%u\n%s\n%s\n%d\n%s", (unsigned int)lock->kind,
                              module, file, symbol->line, symbol->family);
    lock->name = symbol->name;
    return class_of(namer, identity, &draft, &lock->class_id);
}

/* ---- locks that are known only by the place of their birth ---- */

/* Like lh_site_text(), but two places of one function differ even without line numbers. */
static const char *place_text(struct namer *namer, uint32_t stack)
{
    const struct lh_frame *frame = lh_site_frame(namer->process, stack);

    if (frame && frame->function && frame->module && frame->line <= 0)
        return lh_pool_printf(namer->pool, "%s (%s+0x%" PRIx64 ")", frame->function,
                              lh_site_basename(frame->module), frame->offset);
    return lh_site_text(namer->pool, namer->process, stack);
}

static const char *birth_word(const struct lh_lock *lock)
{
    return lock->flags & LH_LOCK_INIT_SEEN ? "born" : "first used";
}

static const char *birth_key(struct namer *namer, const struct lh_lock *lock,
                             const struct lh_frame *frame)
{
    char *plain = frame->function ? lh_plain_name(frame->function) : NULL;
    char *module = frame->module ? lh_plain_module(frame->module) : NULL;
    const char *key;

    key = lh_pool_printf(namer->pool, "%s:%s:%s of %s", module ? module : "",
                         frame->file ? lh_site_basename(frame->file) : "", kind_word(lock->kind),
                         plain ? plain : "?");
    free(module);
    free(plain);
    return key;
}

/* By the line, as one line may be compiled to several calls; by the address where lines are
 * unknown. */
static const char *birth_identity(struct namer *namer, const struct lh_lock *lock,
                                  const struct lh_frame *frame)
{
    uint64_t place = frame->line > 0 ? (uint64_t)frame->line : frame->offset;

    return lh_pool_printf(namer->pool, "birth\n%u\n%s\n%s\n%s\n%c%" PRIu64,
                          (unsigned int)lock->kind, frame->module ? frame->module : "",
                          frame->file ? frame->file : "", frame->function ? frame->function : "",
                          frame->line > 0 ? 'l' : 'o', place);
}

/* "Account.lock (bank.py:5)", or "Condition at bank.py:9" when nothing names it. */
static int new_python_class(struct namer *namer, const struct lh_lock *lock,
                            const struct lh_frame *frame, uint32_t *ret)
{
    const char *word = lh_python_class_word(lock->python);
    const char *variable = lock->flags & LH_LOCK_INIT_SEEN
                               ? lh_python_lock_variable(namer->pool, frame, word)
                               : lh_python_lock_used(namer->pool, frame);
    const char *file = lh_site_basename(frame->file ? frame->file : "?");
    struct draft draft = draft_of(lock);

    draft.line = frame->line;
    draft.class.name = variable
                           ? lh_pool_printf(namer->pool, "%s (%s:%d)", variable, file, frame->line)
                           : lh_pool_printf(namer->pool, "%s at %s:%d", word, file, frame->line);
    draft.class.key = lh_pool_printf(namer->pool, "%s:%s %s", file, word,
                                     variable          ? variable
                                     : frame->function ? frame->function
                                                       : "?");
    return class_of(namer, birth_identity(namer, lock, frame), &draft, ret);
}

static int new_birth_class(struct namer *namer, const struct lh_lock *lock, uint32_t *ret)
{
    static const struct lh_frame nowhere;
    const struct lh_frame *frame = lh_site_frame(namer->process, lock->birth_stack);
    const char *place = place_text(namer, lock->birth_stack);
    struct draft draft = draft_of(lock);

    if (!place)
        return -ENOMEM;
    if (frame && lh_frame_is_python(frame))
        return new_python_class(namer, lock, frame, ret);
    if (!frame)
        frame = &nowhere;
    draft.line = frame->line;
    draft.offset = frame->offset;
    draft.class.first_used = !(lock->flags & LH_LOCK_INIT_SEEN);
    draft.class.name =
        lh_pool_printf(namer->pool, "%s %s in %s", kind_word(lock->kind), birth_word(lock), place);
    draft.class.key = birth_key(namer, lock, frame);
    return class_of(namer, birth_identity(namer, lock, frame), &draft, ret);
}

/* A stack leads to one class, so it is looked at once however many locks were born there. */
static int birth_class(struct namer *namer, const struct lh_lock *lock, uint32_t *ret)
{
    struct birth key = {lock->kind, lock->birth_stack}, *kept;
    uintptr_t known = (uintptr_t)lh_map_get(namer->by_birth, &key, sizeof(key));
    int r;

    if (known) {
        *ret = (uint32_t)known;
        return 0;
    }
    r = new_birth_class(namer, lock, ret);
    if (r < 0)
        return r;
    kept = lh_pool_copy(namer->pool, &key, sizeof(key));
    return kept ? lh_map_put(namer->by_birth, kept, sizeof(*kept), (void *)(uintptr_t)*ret)
                : -ENOMEM;
}

/* "Account.lock 0x55d0 (bank.py:5)", "Condition 0x55d0 at bank.py:9" */
static const char *python_name(struct namer *namer, const struct lh_lock *lock, const char *name)
{
    const char *place = strstr(name, " (");

    if (!place)
        place = strstr(name, " at ");
    if (!place)
        place = name + strlen(name);
    return lh_pool_printf(namer->pool, "%.*s 0x%" PRIx64 "%s", (int)(place - name), name,
                          lock->addr, place);
}

static int name_by_birth(struct namer *namer, struct lh_lock *lock)
{
    const char *name, *word = kind_word(lock->kind);
    int r = birth_class(namer, lock, &lock->class_id);

    if (r < 0)
        return r;
    name = namer->drafts[lock->class_id].class.name;
    if (lock->flags & LH_LOCK_AGGREGATE) /* stands for many, at no address */
        lock->name = name;
    else if (strncmp(name, word, strlen(word)) == 0)
        lock->name = lh_pool_printf(namer->pool, "%s 0x%" PRIx64 "%s", word, lock->addr,
                                    name + strlen(word));
    else
        lock->name = python_name(namer, lock, name);
    return lock->name ? 0 : -ENOMEM;
}

/* ---- all locks of a process ---- */

static int name_lock(struct namer *namer, struct lh_lock *lock)
{
    struct lh_symbol symbol;
    struct lh_class *class;
    uint32_t instances = lock->instances ? lock->instances : 1;
    int r;

    if (lock->name && *lock->name)
        r = name_named(namer, lock);
    else if (!(lock->flags & LH_LOCK_AGGREGATE) &&
             lh_symbolize_data(namer->model, namer->process, lock->addr, lock->epoch, &symbol) &&
             !symbol.raw)
        r = name_variable(namer, lock, &symbol);
    else
        r = name_by_birth(namer, lock);
    if (r < 0)
        return r;
    class = &namer->drafts[lock->class_id].class;
    if (__builtin_add_overflow(class->n_locks, instances, &class->n_locks))
        class->n_locks = UINT32_MAX;
    return 0;
}

static int name_all(struct namer *namer)
{
    int r = lh_grow(&namer->drafts, &namer->capacity, 1, sizeof(*namer->drafts));

    if (r < 0)
        return r;
    namer->drafts[0].class = (struct lh_class){.name = "", .key = ""}; /* no class */
    namer->n = 1;
    for (size_t i = 0; i < namer->process->n_locks; i++) {
        struct lh_lock *lock = &namer->process->locks[i];

        if (lock->uid == 0) {
            lock->name = "";
            continue;
        }
        r = name_lock(namer, lock);
        if (r < 0)
            return r;
    }
    return 0;
}

static int by_key_and_line(const void *a, const void *b)
{
    const struct draft *x = *(struct draft *const *)a, *y = *(struct draft *const *)b;
    int order = strcmp(x->class.key, y->class.key);

    if (order != 0)
        return order;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    order = strcmp(x->class.name, y->class.name);
    if (order != 0)
        return order;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Classes born in one function get the same key, as lines do not count: number them, in their
 * order. */
static int number_keys(struct namer *namer)
{
    struct draft **sorted = calloc(namer->n, sizeof(struct draft *));
    const char *key = NULL;
    unsigned int same = 1;
    int r = 0;

    if (!sorted)
        return -ENOMEM;
    for (size_t i = 0; i < namer->n; i++)
        sorted[i] = &namer->drafts[i];
    qsort(sorted, namer->n, sizeof(*sorted), by_key_and_line);
    for (size_t i = 0; i < namer->n; i++) {
        struct lh_class *class = &sorted[i]->class;

        same = key && !strcmp(key, class->key) ? same + 1 : 1;
        key = class->key;
        if (same > 1)
            class->key = lh_pool_printf(namer->pool, "%s #%u", key, same);
        if (!class->key)
            r = -ENOMEM;
    }
    free(sorted);
    return r;
}

static int publish(struct namer *namer)
{
    struct lh_class *classes = lh_pool_alloc(namer->pool, namer->n * sizeof(*classes));

    if (!classes)
        return -ENOMEM;
    for (size_t i = 0; i < namer->n; i++)
        classes[i] = namer->drafts[i].class;
    namer->process->classes = classes;
    namer->process->n_classes = namer->n;
    return 0;
}

static int name_process(struct lh_model *model, struct lh_process *process)
{
    struct namer namer = {
        .model = model,
        .process = process,
        .pool = model->pool,
        .by_text = lh_map_new(),
        .by_birth = lh_map_new(),
    };
    int r = namer.by_text && namer.by_birth ? name_all(&namer) : -ENOMEM;

    if (r == 0)
        r = number_keys(&namer);
    if (r == 0)
        r = publish(&namer);
    lh_map_free(namer.by_text);
    lh_map_free(namer.by_birth);
    free(namer.drafts);
    return r;
}

int lh_model_name_locks(struct lh_model *model)
{
    for (size_t i = 0; i < model->n_processes; i++) {
        int r = model->processes[i]->classes ? 0 : name_process(model, model->processes[i]);

        if (r < 0)
            return r;
    }
    return 0;
}
