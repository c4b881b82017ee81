#include "python.h"

#include <string.h>

#include "arena.h"
#include "map64.h"
#include "modules.h"
#include "python_frames.h"
#include "python_objects.h"
#include "real.h"
#include "recorder.h"
#include "stacks.h"
#include "thread_nodes.h"

#define CHAIN_MAX   256u
#define CACHE_SLOTS (sizeof((struct lh_python_thread *)0)->cache / sizeof(struct lh_python_cache))

struct lh_python_code lh_python_code;
struct lh_python_extension lh_python_extension;

/* What a CODE record says, kept for the traces of forked children. */
struct code {
    struct code *next;
    struct lh_trace_code record;
};

/* Under the recorder lock: */
static struct lh_map64 codes;  /* struct code */
static struct lh_map64 chains; /* struct chain */
static struct code *all_codes;
static uint32_t last_code;
static uint32_t modes; /* enum lh_mode_bits that are about Python */
static uint32_t forks; /* numbers of stacks are those of a trace */
static bool is_new_trace;
static struct lh_map64 names; /* struct name, by address of the Thread object */

struct name {
    char text[LH_THREAD_NAME];
};

static void note_mode(enum lh_mode_bits bit)
{
    struct lh_self *self = lh_enter();

    if (!self)
        return;
    lh_recorder_lock();
    modes |= bit;
    if (lh_recording())
        lh_writer.header->mode |= bit;
    lh_recorder_unlock();
    lh_leave(self);
}

uint32_t lh_python_modes(void)
{
    return modes;
}

/* The size last: until then it is 0, and no call is the interpreter's. */
static void use(enum lh_python_found found, uintptr_t start, uintptr_t size)
{
    if (found == LH_PYTHON_FOUND) {
        __atomic_store_n(&lh_python_code.start, start, __ATOMIC_RELAXED);
        __atomic_store_n(&lh_python_code.size, size, __ATOMIC_RELEASE);
    }
    if (found != LH_PYTHON_ABSENT)
        note_mode(found == LH_PYTHON_FOUND ? LH_RECORD_PYTHON : LH_RECORD_PYTHON_UNKNOWN);
}

void lh_python_find(void)
{
    uintptr_t start = 0, size = 0;

    /* A lookup that fails allocates and frees. */
    lh_real_need();
    enum lh_python_found found = lh_python_find_interpreter(&start, &size);
    use(found, start, size);
}

void lh_python_look_at(uintptr_t pc)
{
    /* The object that was looked at last; relaxed: at worst it is looked at once more. */
    static uintptr_t start, size;
    uintptr_t new_start = 0, new_size = 0;

    if (pc - __atomic_load_n(&start, __ATOMIC_RELAXED) < __atomic_load_n(&size, __ATOMIC_RELAXED))
        return;
    enum lh_python_found found = lh_python_find_caller(pc, &new_start, &new_size);
    __atomic_store_n(&start, new_start, __ATOMIC_RELAXED);
    __atomic_store_n(&size, found == LH_PYTHON_FOUND ? 0 : new_size, __ATOMIC_RELAXED);
    /* Before the release in use(): who finds that a call is the interpreter's finds this, too. */
    __atomic_store_n(&lh_python_code.late, true, __ATOMIC_RELAXED);
    use(found, new_start, new_size);
}

void lh_python_check_loaded(void)
{
    if (!lh_python_code.size || !lh_python_is_unloaded(lh_python_code.start))
        return;
    __atomic_store_n(&lh_python_code.size, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&lh_python_extension.size, 0, __ATOMIC_RELAXED);
    lh_python_objects_forget();
}

struct lh_python_thread *lh_python_thread(struct lh_self *self)
{
    struct lh_python_thread *thread = self->python;

    if (!thread)
        thread = self->python = lh_arena_alloc(sizeof *thread);
    if (thread && (thread->uid != self->uid || thread->forks != forks))
        *thread = (struct lh_python_thread){.uid = self->uid, .forks = forks};
    return thread;
}

/* `ret_key` is that of the chain in these modules. */
static uint32_t read_chain(struct lh_python_call chain[CHAIN_MAX], uint64_t *ret_key)
{
    uint32_t most =
        lh_options.stack_depth < CHAIN_MAX ? (uint32_t)lh_options.stack_depth : CHAIN_MAX;
    uint32_t count = lh_python_chain(chain, most ? most : 1, ret_key);

    *ret_key = lh_join(*ret_key + count, lh_module_epoch);
    return count;
}

/* ---- recording ---- */

static size_t put_name(char *to, size_t size, const struct lh_python_call *call)
{
    size_t used = 0;

    if (lh_python_lacks_class(call)) {
        const char *class = lh_python_class_of(lh_python_local(call, 0));
        used = strnlen(class, size / 2);
        memcpy(to, class, used);
        to[used++] = '.';
    }
    return used + lh_python_utf8(to + used, size - used, lh_python_name(call->code));
}

static void write_code(const struct code *code)
{
    size_t size = sizeof code->record + code->record.file_size + code->record.name_size;
    size_t head = sizeof code->record.record;
    struct lh_trace_code *record = lh_writer_record(&lh_writer, size);

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return;
    }
    memcpy((char *)record + head, (const char *)&code->record + head, size - head);
    lh_writer_commit(record, LH_RECORD_CODE, size);
}

/* What a child holds, and what was held at its fork, refers to code that its parent recorded. */
static void write_known_codes(void)
{
    if (!is_new_trace || !lh_recording())
        return;
    is_new_trace = false;
    for (const struct code *code = all_codes; code; code = code->next)
        write_code(code);
}

/* The number of a function in the trace, by what it is called: its object may be made anew. */
static uint32_t record_code(const struct lh_python_call *call)
{
    char text[2048];
    const void *code = call->code;
    size_t file = lh_python_utf8(text, sizeof text / 2, lh_python_file(code));
    size_t name = put_name(text + file, sizeof text / 2, call);
    uint64_t key = lh_join((uint64_t)lh_python_first_line(code), file);

    for (size_t i = 0; i < file + name; i++)
        key = lh_join(key, (unsigned char)text[i]);
    struct code *known = lh_map64_find(&codes, key);
    if (known)
        return known->record.id;
    known = lh_arena_alloc(sizeof *known + file + name);
    if (!known || !lh_map64_add(&codes, key, known)) {
        lh_lost_record(LH_DROP_NO_MEMORY);
        return 0;
    }
    known->record.id = ++last_code;
    known->record.line = (uint32_t)lh_python_first_line(code);
    known->record.file_size = (uint32_t)file;
    known->record.name_size = (uint32_t)name;
    memcpy(known->record.text, text, file + name);
    known->next = all_codes;
    all_codes = known;
    write_code(known);
    return known->record.id;
}

static uintptr_t record_call(const struct lh_python_call *call)
{
    uint32_t code = record_code(call);
    int line = code ? lh_python_line(call) : 0;

    return code ? LH_PYTHON_PC(code, line > 0 ? (uint32_t)line : 0) : 0;
}

/* To find a line means to go through all those before it. */
static uintptr_t pc_of(const struct lh_python_call *call)
{
    static struct {
        uint64_t key;
        uintptr_t pc;
    } known[4096];
    uint64_t key = lh_python_join(lh_module_epoch, call);
    size_t at = key & (sizeof known / sizeof known[0] - 1);

    /* The name depends on the object, too. */
    if (lh_python_lacks_class(call))
        return record_call(call);
    if (known[at].key != key || !known[at].pc) {
        /* Release: a child forked by another thread finds it whole or not at all. */
        __atomic_store_n(&known[at].pc, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&known[at].key, key, __ATOMIC_RELEASE);
        __atomic_store_n(&known[at].pc, record_call(call), __ATOMIC_RELEASE);
    }
    return known[at].pc;
}

static uint32_t record_chain(const struct lh_python_call *chain, uint32_t count)
{
    uintptr_t pcs[CHAIN_MAX];
    uint32_t used = 0;

    write_known_codes();
    for (uint32_t i = 0; lh_recording() && i < count; i++) {
        pcs[used] = pc_of(&chain[i]);
        used += pcs[used] != 0;
    }
    return used ? lh_stack_record(pcs, used) : LH_NO_STACK;
}

/* ---- what the library does ---- */

static const struct {
    const char *function, *caller; /* NULL: any */
    enum lh_python_act act;
} acts[] = {
    {"_is_owned", "notify", LH_PYTHON_ACT_NOTIFY}, {"wait", NULL, LH_PYTHON_ACT_WAIT},
    {"notify", NULL, LH_PYTHON_ACT_WAKE},          {"__exit__", "acquire", LH_PYTHON_ACT_TAKEN},
    {"_delete", NULL, LH_PYTHON_ACT_END},          {"_bootstrap_inner", NULL, LH_PYTHON_ACT_END},
};

static bool is_threading(const struct lh_python_call *call)
{
    return lh_python_ends_with(lh_python_file(call->code), "/threading.py");
}

static enum lh_python_act act_of(const struct lh_python_call *chain, uint32_t count)
{
    if (!is_threading(&chain[0]))
        return LH_PYTHON_ACT_NONE;
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (!lh_python_is(lh_python_short_name(chain[0].code), acts[i].function))
            continue;
        if (!acts[i].caller || (count > 1 && is_threading(&chain[1]) &&
                                lh_python_is(lh_python_short_name(chain[1].code), acts[i].caller)))
            return acts[i].act;
    }
    return LH_PYTHON_ACT_NONE;
}

/* A Condition's, a Semaphore's or one of multiprocessing's __enter__() serves a with statement,
 * whose end releases it. */
static uint32_t flags_of(const struct lh_python_call *call)
{
    uint32_t flags = lh_python_flags_of(call);

    if (!flags &&
        (is_threading(call) ||
         lh_python_ends_with(lh_python_file(call->code), "/synchronize.py")) &&
        lh_python_is(lh_python_short_name(call->code), "__enter__"))
        return LH_ATTEMPT_SCOPED;
    return flags;
}

/* A chain that some thread has been in. */
struct chain {
    uint32_t stack;
    uint8_t act, flags;
};

static struct chain *record_known(uint64_t key, const struct lh_python_call *chain, uint32_t count)
{
    uint32_t stack = record_chain(chain, count);
    struct chain *known = stack ? lh_arena_alloc(sizeof *known) : NULL;

    if (!known || !lh_map64_add(&chains, key, known))
        return NULL;
    *known = (struct chain){
        .stack = stack,
        .act = (uint8_t)act_of(chain, count),
        .flags = (uint8_t)flags_of(&chain[0]),
    };
    return known;
}

static void find_chain(uint64_t key, const struct lh_python_call *chain, uint32_t count,
                       struct lh_python_cache *ret)
{
    lh_recorder_lock();
    const struct chain *known = lh_map64_find(&chains, key);
    if (!known)
        known = record_known(key, chain, count);
    *ret = known ? (struct lh_python_cache){key, known->stack, known->act, known->flags}
                 : (struct lh_python_cache){0};
    lh_recorder_unlock();
}

/* "Thread-3 (work)" is what Python calls a thread that has no other name: "work" says it all. */
static void shorten(char *to, const char *name)
{
    const char *from = strchr(name, '('), *end = from ? strchr(from, ')') : NULL;
    size_t n;

    if (strncmp(name, "Thread-", 7) != 0 || !from)
        from = name, end = NULL;
    else
        from++;
    n = end ? (size_t)(end - from) : strlen(from);
    if (n >= LH_THREAD_NAME)
        n = LH_THREAD_NAME - 1;
    memset(to, 0, LH_THREAD_NAME);
    memcpy(to, from, n);
}

void lh_python_name_thread(const void *thread_object, const void *name)
{
    uint64_t key = lh_mix((uintptr_t)thread_object);
    char text[256];

    lh_python_utf8(text, sizeof text, name);
    lh_recorder_lock();
    struct name *known = lh_map64_find(&names, key);
    if (!known) {
        known = lh_arena_alloc(sizeof *known);
        if (known && !lh_map64_add(&names, key, known))
            known = NULL;
    }
    if (known)
        shorten(known->text, text);
    lh_recorder_unlock();
}

static void take_name(struct lh_self *self)
{
    struct lh_python_thread *thread = self->python;

    lh_recorder_lock();
    const struct name *name = lh_map64_find(&names, lh_mix((uintptr_t)thread->object));
    if (name && name->text[0]) {
        memcpy(thread->name, name->text, sizeof thread->name);
        lh_thread_set_name(self, thread->name);
    }
    lh_recorder_unlock();
}

/* The Thread object of a thread is known by the method that it begins with. */
static void note_object(struct lh_self *self, const struct lh_python_call *outermost)
{
    struct lh_python_thread *thread = self->python;

    if (thread->looked)
        return;
    thread->looked = true;
    if (is_threading(outermost) &&
        lh_python_is(lh_python_short_name(outermost->code), "_bootstrap"))
        thread->object = lh_python_local(outermost, 0);
    if (thread->object)
        take_name(self);
}

uint32_t lh_python_stack(struct lh_self *self)
{
    struct lh_python_call chain[CHAIN_MAX];
    struct lh_python_thread *thread = lh_python_thread(self);

    if (!thread)
        return LH_NO_STACK;
    uint64_t key;
    uint32_t count = read_chain(chain, &key);
    thread->has_gil = count > 0;
    if (!count) {
        thread->act = LH_PYTHON_ACT_NONE;
        return thread->stack;
    }
    note_object(self, &chain[count - 1]);
    struct lh_python_cache *cached = &thread->cache[key & (CACHE_SLOTS - 1)];
    if (cached->key != key || !cached->stack)
        find_chain(key, chain, count, cached);
    thread->act = cached->act;
    thread->flags = cached->flags;
    return thread->stack = cached->stack;
}

void lh_python_forked(void)
{
    forks++;
    is_new_trace = true;
    chains = (struct lh_map64){0};
    lh_recorder_lock();
    write_known_codes();
    lh_recorder_unlock();
}
