/* Threads: from their slots, and from the records that outlive the slots. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

/* What one place of the trace says of a thread. */
struct account {
    struct lh_thread thread;
    bool slot;
    size_t number; /* in the order of the trace */
};

struct accounts {
    struct account *items;
    size_t n, capacity;
};

static struct lh_thread *add(struct accounts *accounts, bool slot)
{
    struct account *account = &accounts->items[accounts->n];

    account->slot = slot;
    account->number = accounts->n++;
    return &account->thread;
}

static int visit_info(struct lh_loader *loader, const struct lh_record *record, void *data)
{
    const struct lh_trace_thread_info *from = (const void *)record->record;
    struct accounts *accounts = data;
    struct lh_thread *thread;

    if (accounts->n == accounts->capacity || !lh_load_fits(loader, record, sizeof(*from), 0, 1) ||
        from->uid == LH_NO_THREAD)
        return 0;
    thread = add(accounts, false);
    thread->uid = from->uid;
    thread->tid = from->tid;
    thread->creator = from->creator;
    thread->create_stack = lh_load_stack_id(loader, from->create_stack);
    thread->start_routine = from->start_routine;
    thread->name = lh_pool_strndup(loader->pool, from->name, sizeof(from->name));
    return thread->name ? 0 : -ENOMEM;
}

static const struct lh_trace_held *held_set(struct lh_loader *loader,
                                            const struct lh_trace_thread *slot, size_t *ret_n)
{
    uint32_t n = slot->held_count;
    const struct lh_trace_held *held;

    *ret_n = 0;
    if (n == 0)
        return NULL;
    if (n > slot->held_capacity)
        n = slot->held_capacity;
    held = slot->held_offset % LH_RECORD_ALIGN == 0
               ? lh_reader_range(loader->reader, slot->held_offset, n, sizeof(*held))
               : NULL;
    if (!held || n < slot->held_count)
        lh_reader_note(loader->reader, "the held locks of thread %u lie outside of the trace",
                       slot->uid);
    *ret_n = held ? n : 0;
    return held;
}

static int fill_held(struct lh_loader *loader, const struct lh_trace_thread *slot,
                     struct lh_thread *thread)
{
    size_t n;
    const struct lh_trace_held *from = held_set(loader, slot, &n);
    void *held;
    int r = lh_load_array(loader, n, sizeof(struct lh_held), &held);

    if (r < 0)
        return r;
    thread->held = held;
    for (size_t i = 0; i < n; i++) {
        struct lh_held *to = &thread->held[thread->n_held];

        if (!lh_load_has_lock(loader, from[i].lock)) {
            lh_reader_note(loader->reader, "thread %u holds the lock %u, which is missing",
                           slot->uid, from[i].lock);
            continue;
        }
        to->lock = from[i].lock;
        to->stack = lh_load_stack_id(loader, from[i].stack);
        to->mode = from[i].mode;
        to->flags = from[i].flags;
        to->depth = from[i].depth;
        thread->n_held++;
    }
    return 0;
}

static void set_last(struct lh_loader *loader, struct lh_thread *thread,
                     const struct lh_trace_event *event)
{
    thread->last = (struct lh_event){
        .type = (uint8_t)event->time_type,
        .lock = event->lock,
        .stack = lh_load_stack_id(loader, event->stack),
    };
}

/* The newest event of the flight recorder. With --full it is empty. */
static void fill_last(struct lh_loader *loader, const struct lh_trace_thread *slot,
                      struct lh_thread *thread)
{
    uint64_t mask = (uint64_t)slot->flight_slots - 1, place;
    const struct lh_trace_event *event;

    if (slot->flight_count == 0 || slot->flight_slots == 0 || (slot->flight_slots & mask) != 0)
        return;
    place = (slot->flight_count - 1) & mask;
    event = slot->flight_offset % LH_RECORD_ALIGN == 0 &&
                    slot->flight_offset < lh_reader_size(loader->reader)
                ? lh_reader_range(loader->reader, slot->flight_offset + place * sizeof(*event), 1,
                                  sizeof(*event))
                : NULL;
    if (event)
        set_last(loader, thread, event);
    else
        lh_reader_note(loader->reader, "the flight recorder of thread %u lies outside of the trace",
                       slot->uid);
}

/* The writer has one way to wait for all that can be taken. */
static uint32_t wait_kind(struct lh_loader *loader, const struct lh_trace_thread *slot)
{
    const struct lh_lock *lock = lh_process_lock(loader->process, slot->wait_lock);
    /* Python's locks are semaphores, but locks to whoever uses them. */
    bool semaphore = lock->kind == LH_LOCK_SEMAPHORE &&
                     (!lock->python || (lock->flags & (LH_LOCK_SEM_SIGNAL | LH_LOCK_OBJECT)));

    return slot->wait_kind == LH_WAIT_LOCK && semaphore ? LH_WAIT_SEM : slot->wait_kind;
}

static int fill_live(struct lh_loader *loader, const struct lh_trace_thread *slot,
                     struct lh_thread *thread)
{
    thread->live = true;
    thread->wait_kind = wait_kind(loader, slot);
    thread->wait_lock = slot->wait_lock;
    thread->wait_other = slot->wait_other;
    thread->wait_stack = slot->wait_kind ? lh_load_stack_id(loader, slot->wait_stack) : LH_NO_STACK;
    thread->wait_number = slot->wait_number;
    thread->wait_mode = slot->wait_mode;
    thread->wait_flags = slot->wait_flags;
    thread->wait_uses = slot->wait_uses;
    fill_last(loader, slot, thread);
    return fill_held(loader, slot, thread);
}

/* What the thread counted by itself. */
static void add_counts(struct lh_process *process, const struct lh_trace_thread *slot)
{
    uint64_t *locks = &process->counters[LH_COUNT_LOCKS];
    uint64_t *ended = &process->counters[LH_COUNT_LOCKS_ENDED];

    if (__builtin_add_overflow(*locks, slot->locks, locks))
        *locks = UINT64_MAX;
    if (__builtin_add_overflow(*ended, slot->locks_ended, ended))
        *ended = UINT64_MAX;
}

static int visit_slot(struct lh_loader *loader, const struct lh_extent *extent, void *data)
{
    struct lh_trace_thread slot;
    struct accounts *accounts = data;
    struct lh_thread *thread;
    int r;

    if (accounts->n == accounts->capacity ||
        !lh_reader_thread_slot(loader->reader, extent, &slot) || slot.uid == LH_NO_THREAD ||
        slot.state == LH_THREAD_FREE)
        return 0;
    add_counts(loader->process, &slot);
    thread = add(accounts, true);
    thread->uid = slot.uid;
    thread->tid = slot.tid;
    thread->creator = slot.creator;
    thread->create_stack = lh_load_stack_id(loader, slot.create_stack);
    thread->start_routine = slot.start_routine;
    thread->name = lh_pool_strndup(loader->pool, slot.name, sizeof(slot.name));
    if (!thread->name)
        return -ENOMEM;
    r = lh_load_deeds(loader, &slot, thread);
    if (r < 0)
        return r;
    return slot.state == LH_THREAD_LIVE ? fill_live(loader, &slot, thread) : 0;
}

/* By uid; of one thread the slot first, then the latest record. */
static int compare(const void *a, const void *b)
{
    const struct account *left = a, *right = b;

    if (left->thread.uid != right->thread.uid)
        return left->thread.uid < right->thread.uid ? -1 : 1;
    if (left->slot != right->slot)
        return left->slot ? -1 : 1;
    return (left->number < right->number) - (left->number > right->number);
}

static void merge(struct lh_thread *thread, const struct lh_thread *older)
{
    if (thread->tid == 0)
        thread->tid = older->tid;
    if (thread->creator == LH_NO_THREAD)
        thread->creator = older->creator;
    if (thread->create_stack == LH_NO_STACK)
        thread->create_stack = older->create_stack;
    if (thread->start_routine == 0)
        thread->start_routine = older->start_routine;
    if (thread->name[0] == '\0')
        thread->name = older->name;
}

/* How many modules with a lower start are looked at: only a damaged trace has many that overlap. */
#define OVERLAP_MAX 64

/* The epoch for the thread's function: of its creation, else of the first module that contains it.
 */
static uint32_t start_epoch(const struct lh_process *process, const struct lh_thread *thread)
{
    const struct lh_stack *created = lh_process_stack(process, thread->create_stack);
    uint64_t addr = thread->start_routine;
    size_t low = 0, high = process->n_modules;
    uint32_t epoch = UINT32_MAX;

    if (created->id != 0)
        return created->epoch;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (process->modules[middle].start <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low; i > 0 && low - i < OVERLAP_MAX; i--) {
        const struct lh_module *module = &process->modules[i - 1];

        if (addr < module->end && module->epoch < epoch)
            epoch = module->epoch;
    }
    return epoch == UINT32_MAX ? 0 : epoch;
}

/* A thread that nobody named carries its creator's name: that of the program tells nothing. */
static void hide_inherited_names(struct lh_process *process)
{
    const char *path = process->argc ? process->argv[0] : "";
    const char *slash = strrchr(path, '/');
    const char *program = slash ? slash + 1 : path;

    for (size_t i = 0; i < process->n_threads; i++) {
        const char *name = process->threads[i].name;
        /* The kernel cuts names. */
        if (*name && strncmp(name, program, LH_THREAD_NAME - 1) == 0)
            process->threads[i].name = "";
    }
}

static int join_accounts(struct lh_loader *loader, struct accounts *accounts)
{
    struct lh_process *process = loader->process;
    struct lh_thread *last = NULL;
    void *threads;
    int r = lh_load_array(loader, accounts->n, sizeof(struct lh_thread), &threads);

    if (r < 0 || !threads)
        return r;
    process->threads = threads;
    qsort(accounts->items, accounts->n, sizeof(*accounts->items), compare);
    for (size_t i = 0; i < accounts->n; i++) {
        const struct lh_thread *thread = &accounts->items[i].thread;

        if (last && last->uid == thread->uid) {
            merge(last, thread);
        } else {
            last = &process->threads[process->n_threads++];
            *last = *thread;
        }
    }
    for (size_t i = 0; i < process->n_threads; i++)
        process->threads[i].start_epoch = start_epoch(process, &process->threads[i]);
    hide_inherited_names(process);
    return 0;
}

/* ---- full event streams ---- */

/* The streams of a thread lie in the trace in their order: the last extent is the newest. */
static int visit_events(struct lh_loader *loader, const struct lh_extent *extent, void *data)
{
    struct lh_process *process = loader->process;
    const struct lh_thread *thread = lh_process_thread(process, extent->owner);
    const struct lh_trace_event *events;
    size_t n;

    (void)data;
    if (!thread->live)
        return 0;
    events = lh_reader_events(extent, &n);
    if (n > 0)
        set_last(loader, &process->threads[thread - process->threads], &events[n - 1]);
    return 0;
}

int lh_load_threads(struct lh_loader *loader)
{
    struct accounts accounts = {.capacity = loader->n_thread_records};
    int r;

    if (accounts.capacity == 0)
        return 0;
    accounts.items = calloc(accounts.capacity, sizeof(*accounts.items));
    if (!accounts.items)
        return -ENOMEM;
    r = lh_load_each_extent(loader, LH_EXTENT_THREADS, visit_slot, &accounts);
    if (r == 0)
        r = lh_load_each_record(loader, LH_RECORD_THREAD, visit_info, &accounts);
    if (r == 0)
        r = join_accounts(loader, &accounts);
    if (r == 0 && loader->process->full)
        r = lh_load_each_extent(loader, LH_EXTENT_EVENTS, visit_events, NULL);
    free(accounts.items);
    return r;
}
