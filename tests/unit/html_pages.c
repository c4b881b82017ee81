#include "html_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"

/* Graphviz, pango and fontconfig keep what they loaded until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libgvc\nleak:libcgraph\nleak:libcdt\nleak:libgvplugin\nleak:libpango\n"
           "leak:libfontconfig\nleak:libglib\nleak:libcairo\nleak:libltdl\nleak:libexpat\n"
           "leak:libharfbuzz\nleak:libfreetype\nleak:libgobject\n";
}

static const char *text(const struct fixture *fixture, const char *format, size_t a, size_t b)
{
    char buffer[200];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(buffer, sizeof buffer, format, a, b);
#pragma GCC diagnostic pop
    return lh_pool_strdup(fixture->model->pool, buffer);
}

/* std::map<std::map<...>> of about `size` characters. */
static const char *long_name(const struct fixture *fixture, size_t size)
{
    char *name = lh_pool_alloc(fixture->model->pool, size + 64);
    size_t depth = 0;

    for (; strlen(name) < size; depth++)
        strcat(name, "std::map<");
    while (depth-- > 0 && strlen(name) < size + 60)
        strcat(name, ">");
    return name;
}

struct fixture *page_of_hostile_names(void)
{
    struct fixture *fixture = fixture_new(32);
    static const char *const names[] = {
        "</script><script>alert(1)</script>",
        "\" onload=\"alert(2)\" x=\"' onclick='alert(3)'",
        "<img src=x onerror=alert(4)>",
        "]]></noscript></style></svg><svg onload=alert(5)>",
        "line\nbreak\rand\ttab\x1b[31m\x7f",
        "bad \xff\xc0\xaf\xed\xa0\x80 \xe2\x80\xae reversed \xef\xbf\xbf end",
        "&lt;b&gt; &amp; <!-- comment --> ${alert(6)} {{7}} \\u003cb\\u003e",
    };
    enum { NAMES = sizeof names / sizeof *names };
    uint32_t locks[NAMES], stacks[NAMES];

    for (size_t i = 0; i < NAMES; i++) {
        const char *name = names[i];
        const struct lh_frame frames[] = {
            {.function = name, .file = name, .line = 7, .module = name},
            {.function = i == 0 ? long_name(fixture, 10000) : name, .module = name, .offset = 64},
        };
        locks[i] = fixture_mutex(fixture, i == 3 ? long_name(fixture, 10000) : name);
        stacks[i] = fixture_stack(fixture, frames, 2);
        fixture_thread(fixture, (uint32_t)i + 1, (uint32_t)i + 100, name);
    }
    for (size_t i = 0; i < NAMES; i++)
        fixture_dep(fixture, locks[i], stacks[i], locks[(i + 1) % NAMES], stacks[(i + 1) % NAMES],
                    i + 1);
    struct lh_finding *finding = fixture_cycle(fixture, locks, NAMES, stacks, LH_FILTER_NONE);
    finding->message = names[0];
    finding->remedy = long_name(fixture, 10000);
    finding->participants[0].want_verb = names[2];
    finding->participants[1].why = names[3];
    fixture_cycle(fixture, locks, 2, stacks, LH_FILTER_GATE_LOCK)->message = names[1];
    fixture_cycle(fixture, locks, 3, stacks, LH_FILTER_NONE)->message = names[4];
    fixture->process->argv[0] = names[2];
    fixture->process->path = names[5];
    fixture->process->tool_version = names[1];
    fixture->process->damaged = true;
    fixture->process->damage = names[0];
    return fixture;
}

/* The same callers, as in a server whose workers all come through one loop. */
static uint32_t deep_stack(struct fixture *fixture, const char *function, int line)
{
    static const char *const callers[] = {
        "server::session::handle_request(server::request const&, server::response&)",
        "server::router::dispatch(std::string_view, server::context&)",
        "server::worker::run_one(std::unique_lock<std::mutex>&)",
        "server::worker::loop()",
        "std::invoke<void (server::worker::*)(), server::worker*>",
        "server::pool::thread_main(server::pool*, unsigned long)",
    };
    enum { CALLERS = sizeof callers / sizeof *callers };
    struct lh_frame frames[CALLERS + 1];

    frames[0] =
        fixture_frame(function, "/home/build/server/src/storage/tables/row_locks.cpp", line);
    for (size_t i = 0; i < CALLERS; i++)
        frames[i + 1] = fixture_frame(callers[i], "/home/build/server/src/net/session_pool.cpp",
                                      (int)i * 37 + line % 5);
    return fixture_stack(fixture, frames, CALLERS + 1);
}

static const char *row_lock(const struct fixture *fixture, size_t i)
{
    return text(fixture, "storage::table_%zu::row_lock (row_locks.cpp:%zu)", i, i * 3 + 10);
}

static void add_inversion(struct fixture *fixture, uint32_t a, uint32_t b, size_t i)
{
    const uint32_t locks[] = {a, b};
    const uint32_t stacks[] = {
        deep_stack(fixture, text(fixture, "storage::table_%zu::update(row_id, %zu)", i, i),
                   (int)i + 20),
        deep_stack(fixture, text(fixture, "storage::table_%zu::compact(%zu, bool)", i, i),
                   (int)i + 400),
    };
    char fingerprint[17];

    fixture_dep(fixture, a, stacks[0], b, stacks[1], i + 1);
    fixture_dep(fixture, b, stacks[1], a, stacks[0], 3);
    struct lh_finding *finding = fixture_cycle(fixture, locks, 2, stacks, LH_FILTER_NONE);
    snprintf(fingerprint, sizeof fingerprint, "%016zx", i * 0x9e3779b97f4a7c15u);
    memcpy(finding->fingerprint, fingerprint, sizeof fingerprint);
    finding->message =
        text(fixture,
             "storage::table_%zu::row_lock (row_locks.cpp:10) and storage::table_%zu"
             "::row_lock (row_locks.cpp:13) are taken in opposite orders by thread 1 "
             "(main) and thread 2 (worker)",
             i, i + 1);
    finding->remedy = text(fixture,
                           "take storage::table_%zu::row_lock (row_locks.cpp:10) first in "
                           "storage::table_%zu::compact (row_locks.cpp:400), as update does",
                           i, i);
    finding->severity = i % 10 == 0 ? LH_ERROR : i % 10 == 9 ? LH_NOTE : LH_WARNING;
    if (finding->severity == LH_ERROR)
        finding->kind = LH_KIND_DEADLOCK;
}

struct fixture *page_of_findings(size_t n)
{
    struct fixture *fixture = fixture_new(4 * n + 16);
    uint32_t before = fixture_mutex(fixture, row_lock(fixture, 0));

    fixture_thread(fixture, 1, 1001, "");
    fixture_thread(fixture, 2, 1002, "worker");
    for (size_t i = 0; i < n; i++) {
        uint32_t lock = fixture_mutex(fixture, row_lock(fixture, i + 1));
        add_inversion(fixture, before, lock, i);
        before = lock;
    }
    return fixture;
}

/* Some quick ones and, of every other lock, a few slow ones. */
static struct lh_times *spread(struct fixture *fixture, uint32_t index)
{
    struct lh_times *times = lh_pool_alloc(fixture->model->pool, sizeof *times);

    for (int i = 0; times != NULL && i < 14; i++)
        lh_times_add(times, 12 + (int)(index % 8) + i, 1 + (index * 37u + (unsigned)i * 11u) % 60);
    if (times != NULL && index % 2 == 0)
        lh_times_add(times, 50, 3);
    return times;
}

static void use(struct fixture *fixture, uint32_t index)
{
    struct lh_lock *lock = &fixture->process->locks[index];

    lock->acquisitions = 1000 + (index * 7919u) % 100000;
    lock->contended = (index * 31u) % 900;
    lock->wait_total_ns = lock->contended * (index * 997u % 50000);
    lock->wait_max_ns = lock->wait_total_ns / 7;
    lock->hold_total_ns = lock->acquisitions * (index * 101u % 900);
    lock->hold_max_ns = lock->hold_total_ns / 11;
    lock->hold_samples = index % 9 == 0 ? 0 : lock->acquisitions / (1 + index % 5);
    lock->wait_times = lock->contended > 0 ? spread(fixture, index) : NULL;
    lock->hold_times = lock->hold_samples > 0 ? spread(fixture, index + 5) : NULL;
}

struct fixture *page_of_classes(size_t n)
{
    struct fixture *fixture = fixture_new(8 * n + 16);
    uint32_t stack = fixture_site(fixture, "deposit", 31), other = fixture_site(fixture, "pay", 52);
    size_t state = 12345;

    fixture_thread(fixture, 1, 1001, "");
    fixture_thread(fixture, 2, 1002, "worker");
    for (size_t i = 0; i < n; i++)
        use(fixture, fixture_mutex(fixture, row_lock(fixture, i)));
    for (size_t i = 1; i <= 2 * n && n > 2; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        uint32_t from = 1 + (uint32_t)((state >> 33) % (n - 1));
        uint32_t to = from + 1 + (uint32_t)((state >> 17) % (n - from < 12 ? n - from : 12));
        fixture_dep(fixture, from, stack, to, other, 1 + i % 90);
    }
    for (size_t i = 0; i < 3 && 5 * i + 2 <= n; i++)
        add_inversion(fixture, (uint32_t)(5 * i + 1), (uint32_t)(5 * i + 2), i);
    return fixture;
}

static struct lh_finding *odd(struct fixture *fixture, enum lh_kind kind, const char *message,
                              size_t threads)
{
    const uint32_t locks[] = {1, 2};
    const uint32_t stacks[] = {1, 2, 1, 2};
    struct lh_finding *finding = fixture_cycle(fixture, locks, 2, stacks, LH_FILTER_NONE);

    finding->kind = kind;
    finding->severity = LH_ERROR;
    finding->message = message;
    finding->n_participants = threads;
    for (size_t i = 0; i < 2; i++) {
        finding->participants[i].n_holds = 0;
        finding->participants[i].has_wants = false;
        finding->participants[i].wants.stack = LH_NO_STACK;
        finding->participants[i].cycle_hold = 0;
    }
    finding->n_locks = 1;
    return finding;
}

struct fixture *page_of_odd_findings(void)
{
    struct fixture *fixture = fixture_new(32);
    struct lh_finding *finding;

    fixture_mutex(fixture, "queue_lock (queue.c:9)");
    fixture_mutex(fixture, "not_empty (queue.c:10)");
    fixture_site(fixture, "consume", 31);
    fixture_site(fixture, "produce", 52);
    fixture_thread(fixture, 1, 1001, "");
    fixture_thread(fixture, 2, 1002, "worker");
    fixture->process->locks[1].acquisitions = 12;

    finding = odd(fixture, LH_KIND_STALL, "every thread waits and nobody is left to wake one", 2);
    finding->participants[0].joins = 2;
    finding->participants[0].wants.stack = 1;
    finding->participants[0].why = "thread 2 (worker) does not end";
    finding->participants[1].has_wants = true;
    finding->participants[1].want_verb = "waits for";
    finding->participants[1].wants = (struct lh_held){.lock = 2, .stack = 2};
    finding->participants[1].why = "nobody is left who would signal it";

    finding = odd(fixture, LH_KIND_UNLOCK_NOT_OWNER,
                  "worker unlocks queue_lock, which main has locked", 2);
    finding->participants[0].has_wants = true;
    finding->participants[0].want_verb = "unlocks";
    finding->participants[0].wants = (struct lh_held){.lock = 1, .stack = 2};
    finding->participants[1].n_holds = 1;
    *finding->participants[1].holds = (struct lh_held){.lock = 1, .stack = 1, .depth = 1};

    finding = odd(fixture, LH_KIND_HELD_AT_THREAD_EXIT, "worker ended while it held queue_lock", 1);
    finding->participants[0].n_holds = 1;
    odd(fixture, LH_KIND_DATA_RACE, "of two threads nothing is known", 2);
    odd(fixture, LH_KIND_LOST_WAKEUP, "there are no threads in it", 0);
    return fixture;
}

/* A run that was ended, with a baseline, suppressions, a stall, and an inversion across runs. */
struct fixture *page_of_a_judged_run(void)
{
    static struct lh_known_finding gone = {"00000000000000aa", LH_KIND_DEADLOCK, LH_ERROR,
                                           "a <b> was here", "we & they"};
    static const char *unused[] = {"race:<gone> (x.supp:3)"};
    static struct lh_finding suppressed;
    static struct lh_process united;
    struct fixture *fixture = fixture_new(64);
    struct lh_finding *finding;

    fixture_timeout(fixture, fixture_mutex(fixture, "till"), fixture_mutex(fixture, "safe"));
    fixture->process->doubt = "a signal <handler> may wake one";
    fixture_process(fixture, 200, "./bank");
    suppressed = *fixture_inversion(fixture);
    suppressed.suppressed = "deadlock:<deposit> (x.supp:1)";
    fixture->findings->n_items = 0;
    fixture_process(fixture, 300, "./bank");
    finding = fixture_inversion(fixture);
    finding->kind = LH_KIND_STALL;
    finding->severity = LH_ERROR;
    finding->n_roots = 1;
    finding->baseline = LH_BASELINE_NEW;
    fixture_process(fixture, 400, "./teller");
    finding = fixture_inversion(fixture);
    united = *fixture->process;
    finding->process = &united;
    finding->across = true;
    finding->participants[0].pid = 400;
    finding->participants[1].pid = 500;
    finding->baseline = LH_BASELINE_KNOWN;
    finding->reason = "before <any> thread starts";
    fixture_process(fixture, 500, "./teller");
    fixture_gated(fixture, &suppressed, &gone, unused);
    return fixture;
}
