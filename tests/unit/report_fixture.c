#include "report_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "pool.h"

static void *must(void *memory)
{
    if (memory == NULL)
        abort();
    return memory;
}

static void *table(struct fixture *fixture, size_t element)
{
    return must(lh_pool_alloc(fixture->model->pool, fixture->room * element));
}

static uint32_t next(const struct fixture *fixture, size_t *count)
{
    if (*count == 0)
        *count = 1; /* place 0 is unused */
    if (*count >= fixture->room)
        abort();
    return (uint32_t)(*count)++;
}

void fixture_process(struct fixture *fixture, uint32_t pid, const char *program)
{
    struct lh_model *model = fixture->model;
    struct lh_process *process = must(lh_pool_alloc(model->pool, sizeof *process));

    process->path = "bank.trace";
    process->pid = pid;
    process->state = LH_STATE_EXITED;
    process->argv = must(lh_pool_copy(model->pool, &program, sizeof program));
    process->argc = 1;
    process->locks = table(fixture, sizeof *process->locks);
    process->classes = table(fixture, sizeof *process->classes);
    process->stacks = table(fixture, sizeof *process->stacks);
    process->deps = table(fixture, sizeof *process->deps);
    process->threads = table(fixture, sizeof *process->threads);
    model->processes =
        must(realloc(model->processes, (model->n_processes + 1) * sizeof *model->processes));
    model->processes[model->n_processes++] = process;
    fixture->process = process;
}

struct fixture *fixture_new(size_t room)
{
    struct fixture *fixture = must(calloc(1, sizeof *fixture));

    fixture->room = room;
    fixture->model = must(lh_model_new());
    fixture->findings = must(lh_findings_new());
    fixture->report.model = fixture->model;
    fixture->report.findings = fixture->findings;
    fixture_process(fixture, 123, "./bank");
    return fixture;
}

void fixture_free(struct fixture *fixture)
{
    lh_findings_free(fixture->findings);
    lh_model_free(fixture->model);
    free(fixture);
}

struct lh_frame fixture_frame(const char *function, const char *file, int line)
{
    return (struct lh_frame){
        .function = function,
        .file = file,
        .line = line,
        .module = "/usr/bin/bank",
        .offset = 0x1000 + (uint64_t)line,
    };
}

uint32_t fixture_stack(struct fixture *fixture, const struct lh_frame *frames, size_t n)
{
    uint32_t id = next(fixture, &fixture->process->n_stacks);
    struct lh_stack *stack = &fixture->process->stacks[id];

    stack->id = id;
    stack->frames = must(lh_pool_copy(fixture->model->pool, frames, n * sizeof *frames));
    stack->n_frames = n;
    return id;
}

uint32_t fixture_site(struct fixture *fixture, const char *function, int line)
{
    const struct lh_frame frames[] = {
        {.function = "pthread_mutex_lock", .module = "/usr/lib/liblockhound.so", .offset = 0x99},
        fixture_frame(function, "/src/bank.c", line),
        fixture_frame("worker", "/src/bank.c", 80),
        {.function = "start_thread",
         .module = "/lib/x86_64-linux-gnu/libc.so.6",
         .offset = 0x891c5},
        {.function = "clone3", .module = "/lib/x86_64-linux-gnu/libc.so.6", .offset = 0x1098c0},
    };

    return fixture_stack(fixture, frames, sizeof frames / sizeof *frames);
}

uint32_t fixture_class(struct fixture *fixture, const char *name, uint8_t kind)
{
    uint32_t id = next(fixture, &fixture->process->n_classes);
    struct lh_class *class = &fixture->process->classes[id];

    class->name = class->key = name;
    class->kind = kind;
    return id;
}

uint32_t fixture_lock(struct fixture *fixture, uint32_t class, const char *name)
{
    uint32_t index = next(fixture, &fixture->process->n_locks);
    struct lh_lock *lock = &fixture->process->locks[index];

    lock->uid = index;
    lock->addr = 0x555500000000 + index * 64;
    lock->kind = fixture->process->classes[class].kind;
    lock->instances = 1;
    lock->name = name;
    lock->class_id = class;
    fixture->process->classes[class].n_locks++;
    return index;
}

uint32_t fixture_mutex(struct fixture *fixture, const char *name)
{
    return fixture_lock(fixture, fixture_class(fixture, name, LH_LOCK_MUTEX), name);
}

void fixture_thread(struct fixture *fixture, uint32_t uid, uint32_t tid, const char *name)
{
    struct lh_process *process = fixture->process;

    if (process->n_threads >= fixture->room)
        abort();
    process->threads[process->n_threads++] =
        (struct lh_thread){.uid = uid, .tid = tid, .name = name};
}

struct lh_dep *fixture_dep(struct fixture *fixture, uint32_t held, uint32_t held_stack,
                           uint32_t wanted, uint32_t wanted_stack, uint64_t count)
{
    struct lh_pool *pool = fixture->model->pool;
    uint32_t id = next(fixture, &fixture->process->n_deps);
    struct lh_dep *dep = &fixture->process->deps[id];

    dep->id = id;
    dep->wanted = (struct lh_held){.lock = wanted, .stack = wanted_stack};
    dep->held = must(lh_pool_alloc(pool, sizeof *dep->held));
    *dep->held = (struct lh_held){.lock = held, .stack = held_stack, .depth = 1};
    dep->n_held = 1;
    dep->seen = must(lh_pool_alloc(pool, sizeof *dep->seen));
    *dep->seen = (struct lh_seen){.segment = 1, .thread = 1, .count = count};
    dep->n_seen = 1;
    return dep;
}

static struct lh_finding *add_finding(struct fixture *fixture, bool filtered)
{
    struct lh_findings *findings = fixture->findings;
    struct lh_finding **items = filtered ? &findings->filtered : &findings->items;
    size_t *n = filtered ? &findings->n_filtered : &findings->n_items;
    size_t *capacity = filtered ? &findings->filtered_capacity : &findings->capacity;

    if (lh_grow(items, capacity, *n + 1, sizeof **items) != 0)
        abort();
    return &(*items)[(*n)++];
}

struct lh_finding *fixture_cycle(struct fixture *fixture, const uint32_t *locks, size_t n,
                                 const uint32_t *stacks, enum lh_filter filter)
{
    struct lh_pool *pool = fixture->findings->pool;
    struct lh_finding *finding = add_finding(fixture, filter != LH_FILTER_NONE);

    *finding = (struct lh_finding){
        .kind = LH_KIND_LOCK_ORDER_INVERSION,
        .severity = LH_WARNING,
        .process = fixture->process,
        .fingerprint = "0123456789abcdef",
        .message = "locks are taken in different orders",
        .filter = filter,
        .n_participants = n,
        .n_locks = n,
    };
    finding->locks = must(lh_pool_copy(pool, locks, n * sizeof *locks));
    finding->participants = must(lh_pool_alloc(pool, n * sizeof *finding->participants));
    for (size_t i = 0; i < n; i++) {
        struct lh_participant *participant = &finding->participants[i];
        participant->thread = (uint32_t)i + 1;
        participant->holds = must(lh_pool_alloc(pool, sizeof *participant->holds));
        *participant->holds = (struct lh_held){.lock = locks[i], .stack = stacks[i], .depth = 1};
        participant->n_holds = 1;
        participant->has_wants = true;
        participant->wants =
            (struct lh_held){.lock = locks[(i + 1) % n], .stack = stacks[(i + 1) % n]};
    }
    if (filter != LH_FILTER_NONE)
        fixture->findings->filtered_count[filter]++;
    return finding;
}

struct lh_finding *fixture_inversion(struct fixture *fixture)
{
    const uint32_t locks[] = {fixture_mutex(fixture, "first"), fixture_mutex(fixture, "second")};
    const uint32_t stacks[] = {fixture_site(fixture, "deposit", 31),
                               fixture_site(fixture, "withdraw", 52)};

    fixture_thread(fixture, 1, 1001, "");
    fixture_thread(fixture, 2, 1002, "worker");
    fixture_dep(fixture, locks[0], stacks[0], locks[1], stacks[1], 40);
    fixture_dep(fixture, locks[1], stacks[1], locks[0], stacks[0], 2);
    struct lh_finding *finding = fixture_cycle(fixture, locks, 2, stacks, LH_FILTER_NONE);
    finding->message = "first and second are taken in both orders";
    finding->remedy = "take first before second in withdraw (bank.c:52)";
    return finding;
}

static struct lh_participant race_participant(struct fixture *fixture, uint32_t thread,
                                              const char *function, int line)
{
    struct lh_access *access = must(lh_pool_alloc(fixture->model->pool, sizeof *access));

    *access = (struct lh_access){
        .thread = thread,
        .stack = fixture_site(fixture, function, line),
        .flags = LH_ACCESS_WRITE,
        .addr = 0x404100,
        .size = 8,
    };
    return (struct lh_participant){.thread = thread, .access = access};
}

struct lh_finding *fixture_race(struct fixture *fixture, const char *name)
{
    struct lh_pool *pool = fixture->findings->pool;
    const uint32_t lock = fixture_mutex(fixture, "first");
    const struct lh_held held = {
        .lock = lock, .stack = fixture_site(fixture, "deposit", 30), .depth = 1};
    struct lh_race *race = must(lh_pool_alloc(pool, sizeof *race));
    struct lh_memory *memory = must(lh_pool_alloc(pool, sizeof *memory));
    struct lh_finding *finding = add_finding(fixture, false);

    fixture_thread(fixture, 1, 1001, "");
    fixture_thread(fixture, 2, 1002, "worker");
    *race = (struct lh_race){
        .guard = lock, .reads = 7, .writes = 41203, .guarded_reads = 7, .guarded_writes = 41200};
    *memory = (struct lh_memory){.addr = 0x404100,
                                 .size = 8,
                                 .text = name,
                                 .name = name,
                                 .family = name,
                                 .guard = lock,
                                 .guarded = "41,200 of 41,203 writes and all 7 reads hold first",
                                 .race = race};
    *finding = (struct lh_finding){
        .kind = LH_KIND_DATA_RACE,
        .severity = LH_ERROR,
        .process = fixture->process,
        .fingerprint = "0123456789abcdef",
        .message = "balance is written by two threads at once",
        .filter = LH_FILTER_NONE,
        .memory = memory,
        .n_participants = 2,
        .n_locks = 1,
    };
    finding->locks = must(lh_pool_copy(pool, &lock, sizeof lock));
    finding->participants = must(lh_pool_alloc(pool, 2 * sizeof *finding->participants));
    finding->participants[0] = race_participant(fixture, 2, "withdraw", 52);
    finding->participants[1] = race_participant(fixture, 1, "deposit", 31);
    finding->participants[1].holds = must(lh_pool_copy(pool, &held, sizeof held));
    finding->participants[1].n_holds = finding->participants[1].cycle_hold = 1;
    return finding;
}

static void set_name(struct lh_timeout_thread *thread, const char *name)
{
    strncpy(thread->name, name, sizeof thread->name - 1);
}

void fixture_timeout(struct fixture *fixture, uint32_t held, uint32_t wanted)
{
    struct lh_pool *pool = fixture->model->pool;
    struct lh_timeout *timeout = must(lh_pool_alloc(pool, sizeof *timeout));
    struct lh_timeout_process *process = must(lh_pool_alloc(pool, sizeof *process));
    struct lh_timeout_thread threads[] = {
        {.tid = 1002, .state = 'S', .call = 202},
        {.tid = 1003, .state = 'S', .call = 0},
        {.tid = 99, .state = 'D', .call = 9999},
    };
    struct lh_thread *waiter, *reader;

    fixture_thread(fixture, 2, 1002, "waiter");
    fixture_thread(fixture, 3, 1003, "reader");
    waiter = &fixture->process->threads[fixture->process->n_threads - 2];
    reader = waiter + 1;
    waiter->live = reader->live = true;
    waiter->held = must(lh_pool_alloc(pool, sizeof *waiter->held));
    *waiter->held = (struct lh_held){.lock = held, .stack = fixture_site(fixture, "deposit", 31)};
    waiter->n_held = 1;
    waiter->wait_kind = LH_WAIT_LOCK;
    waiter->wait_lock = wanted;
    waiter->wait_stack = fixture_site(fixture, "withdraw", 52);
    reader->last = (struct lh_event){
        .type = LH_EVENT_RELEASE, .lock = held, .stack = fixture_site(fixture, "audit", 70)};
    set_name(&threads[2], "io\033[2J");
    *process = (struct lh_timeout_process){
        .trace = must(lh_pool_strdup(pool, fixture->process->path)), .pid = 123, .n = 3};
    process->threads = must(lh_pool_copy(pool, threads, sizeof threads));
    *timeout = (struct lh_timeout){.seconds = 2.5, .processes = process, .n = 1};
    fixture->report.run.timeout = timeout;
}

char *fixture_written(const struct fixture *fixture,
                      int (*write)(const struct lh_report *report, FILE *out))
{
    char *text = NULL;
    size_t size;
    FILE *out = must(open_memstream(&text, &size));

    if (write(&fixture->report, out) != 0)
        abort();
    fclose(out);
    return text;
}

void fixture_filtered(struct fixture *fixture, enum lh_filter filter, size_t n)
{
    const uint32_t locks[] = {fixture_mutex(fixture, "a"), fixture_mutex(fixture, "b")};
    const uint32_t stacks[] = {fixture_site(fixture, "f", 1), fixture_site(fixture, "g", 2)};

    for (size_t i = 0; i < n; i++)
        fixture_cycle(fixture, locks, 2, stacks, filter);
}

void fixture_gated(struct fixture *fixture, struct lh_finding *suppressed,
                   struct lh_known_finding *vanished, const char **unused)
{
    struct lh_findings *findings = fixture->findings;

    findings->suppressed = suppressed;
    findings->vanished = vanished;
    findings->unused_suppressions = unused;
    findings->n_suppressed = findings->n_vanished = findings->n_unused_suppressions = 1;
}

int fixture_on_full_disk(int (*write)(const struct lh_report *report, FILE *out))
{
    struct fixture *fixture = fixture_new(16);
    FILE *full = fopen("/dev/full", "w");
    int r = 1;

    fixture_inversion(fixture);
    if (full != NULL) {
        r = write(&fixture->report, full);
        fclose(full);
    }
    fixture_free(fixture);
    return r;
}
