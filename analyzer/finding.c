#include "finding.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "fingerprint.h"
#include "pool.h"

static const struct {
    const char *name, *help;
} kinds[] = {
#define KIND(name, text, help) [LH_KIND_##name] = {text, help},
#include "kinds.def"
#undef KIND
};

static const struct {
    const char *name, *help;
} filters[] = {
#define FILTER(name, text, help) [LH_FILTER_##name] = {text, help},
#include "filters.def"
#undef FILTER
};

static const char *const severities[] = {
    [LH_NOTE] = "note", [LH_WARNING] = "warning", [LH_ERROR] = "error"};

const char *lh_kind_name(enum lh_kind kind)
{
    return (unsigned)kind < LH_KINDS ? kinds[kind].name : "unknown";
}

const char *lh_kind_help(enum lh_kind kind)
{
    return (unsigned)kind < LH_KINDS ? kinds[kind].help : "";
}

int lh_kind_from_name(const char *name)
{
    for (int kind = 0; kind < LH_KINDS; kind++)
        if (strcmp(kinds[kind].name, name) == 0)
            return kind;
    return -1;
}

const char *lh_severity_name(enum lh_severity severity)
{
    return (unsigned)severity < LH_SEVERITIES ? severities[severity] : "unknown";
}

const char *lh_filter_name(enum lh_filter filter)
{
    return (unsigned)filter < LH_FILTERS ? filters[filter].name : "none";
}

const char *lh_filter_help(enum lh_filter filter)
{
    return (unsigned)filter < LH_FILTERS ? filters[filter].help : "";
}

struct lh_findings *lh_findings_new(void)
{
    struct lh_findings *findings = calloc(1, sizeof(*findings));

    if (!findings)
        return NULL;
    findings->pool = lh_pool_new();
    if (!findings->pool) {
        free(findings);
        return NULL;
    }
    return findings;
}

void lh_findings_free(struct lh_findings *findings)
{
    if (!findings)
        return;
    free(findings->items);
    free(findings->filtered);
    lh_pool_free(findings->pool);
    free(findings);
}

struct lh_finding *lh_findings_add(struct lh_findings *findings)
{
    struct lh_finding *finding;

    if (lh_grow(&findings->items, &findings->capacity, findings->n_items + 1,
                sizeof(*findings->items)) < 0)
        return NULL;
    finding = &findings->items[findings->n_items++];
    memset(finding, 0, sizeof(*finding));
    finding->filter = LH_FILTER_NONE;
    return finding;
}

int lh_findings_finish(struct lh_findings *findings)
{
    const struct lh_finding *last = &findings->items[findings->n_items - 1];

    if (!last->message) {
        findings->n_items--;
        return -ENOMEM;
    }
    for (size_t i = 0; i + 1 < findings->n_items; i++) {
        struct lh_finding *other = &findings->items[i];
        if (other->process != last->process || other->kind != last->kind ||
            other->places != last->places || strcmp(other->fingerprint, last->fingerprint) != 0)
            continue;
        other->similar += last->similar + 1;
        findings->n_items--;
        return 0;
    }
    return 0;
}

struct lh_finding *lh_findings_add_filtered(struct lh_findings *findings, enum lh_filter filter)
{
    struct lh_finding *finding;

    if (lh_grow(&findings->filtered, &findings->filtered_capacity, findings->n_filtered + 1,
                sizeof(*findings->filtered)) < 0)
        return NULL;
    finding = &findings->filtered[findings->n_filtered++];
    memset(finding, 0, sizeof(*finding));
    finding->filter = filter;
    return finding;
}

int lh_findings_filter_last(struct lh_findings *findings, enum lh_filter filter)
{
    struct lh_finding *example = lh_findings_add_filtered(findings, filter);

    if (!example)
        return -ENOMEM;
    *example = findings->items[--findings->n_items];
    example->filter = filter;
    findings->filtered_count[filter]++;
    return example->message ? 0 : -ENOMEM;
}

static int compare_class_names(const struct lh_finding *a, const struct lh_finding *b)
{
    for (size_t i = 0; i < a->n_locks && i < b->n_locks; i++) {
        const char *one = lh_process_class(a->process, a->locks[i])->name;
        const char *other = lh_process_class(b->process, b->locks[i])->name;
        int order = strcmp(one ? one : "", other ? other : "");
        if (order)
            return order;
    }
    return (a->n_locks > b->n_locks) - (a->n_locks < b->n_locks);
}

static int compare_findings(const void *left, const void *right)
{
    const struct lh_finding *a = left, *b = right;
    int order = (int)b->severity - (int)a->severity;

    if (!order)
        order = (int)a->kind - (int)b->kind;
    if (!order)
        order = (a->n_participants > b->n_participants) - (a->n_participants < b->n_participants);
    if (!order && a->memory && b->memory)
        order = strcmp(a->memory->text, b->memory->text);
    if (!order)
        order = compare_class_names(a, b);
    if (!order)
        order = strcmp(a->fingerprint, b->fingerprint);
    if (!order)
        order = (a->places > b->places) - (a->places < b->places);
    if (!order && a->process && b->process)
        order = (a->process->pid > b->process->pid) - (a->process->pid < b->process->pid);
    return order;
}

static bool happened_as_deadlock(const struct lh_findings *findings,
                                 const struct lh_finding *inversion)
{
    uint64_t classes = lh_class_cycle(inversion);

    for (size_t i = 0; i < findings->n_items; i++)
        if (findings->items[i].kind == LH_KIND_DEADLOCK &&
            lh_class_cycle(&findings->items[i]) == classes)
            return true;
    return false;
}

/* Of the same lines and memory. */
static bool is_proven_race(const struct lh_findings *findings, const struct lh_finding *suspect)
{
    for (size_t i = 0; i < findings->n_items; i++)
        if (findings->items[i].kind == LH_KIND_DATA_RACE &&
            findings->items[i].places == suspect->places)
            return true;
    return false;
}

/* What did happen says all that "it could happen" says. What happened is never removed. */
static void drop_what_is_told(struct lh_findings *findings)
{
    size_t kept = 0;

    for (size_t i = 0; i < findings->n_items; i++) {
        struct lh_finding item = findings->items[i];
        if (item.kind == LH_KIND_LOCK_ORDER_INVERSION && happened_as_deadlock(findings, &item))
            continue;
        if (item.kind == LH_KIND_INCONSISTENT_LOCKING && is_proven_race(findings, &item))
            continue;
        findings->items[kept++] = item;
    }
    findings->n_items = kept;
}

static int compare_sameness(const void *left, const void *right)
{
    const struct lh_finding *a = *(struct lh_finding *const *)left;
    const struct lh_finding *b = *(struct lh_finding *const *)right;
    int order = strcmp(a->fingerprint, b->fingerprint);

    if (!order)
        order = (int)a->kind - (int)b->kind;
    if (!order)
        order = (int)b->severity - (int)a->severity;
    if (!order)
        order = (a->places > b->places) - (a->places < b->places);
    return order ? order : (a > b) - (a < b);
}

/* The same fault of the same code, seen in several processes, or in several runs of a test suite.
 */
static bool tells_the_same(const struct lh_finding *a, const struct lh_finding *b)
{
    return b->kind == a->kind && a->severity == b->severity && a->places == b->places &&
           a->process != b->process && a->fingerprint[0] &&
           strcmp(a->fingerprint, b->fingerprint) == 0;
}

/* Of n findings the first counts the rest. Without memory it does not name their processes. */
static void merge_group(struct lh_pool *pool, struct lh_finding **group, size_t n)
{
    struct lh_finding *first = group[0];
    const struct lh_process *last = NULL;
    uint32_t *pids = lh_pool_alloc(pool, (n < LH_PIDS_MOST ? n : LH_PIDS_MOST) * sizeof(*pids));

    first->n_processes = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            first->similar += group[i]->similar + 1;
        if (group[i]->process == last)
            continue;
        last = group[i]->process;
        if (pids && first->n_processes < LH_PIDS_MOST)
            pids[first->n_processes] = last ? last->pid : 0;
        first->n_processes++;
    }
    first->pids = pids;
}

/* The first of those that tell the same goes on to stand for all; the others get a mark. */
static void count_repeated(struct lh_findings *findings, struct lh_finding **sorted, bool *repeated)
{
    size_t n;

    for (size_t i = 0; i < findings->n_items; i++)
        sorted[i] = &findings->items[i];
    if (findings->n_items)
        qsort(sorted, findings->n_items, sizeof(*sorted), compare_sameness);
    for (size_t first = 0; first < findings->n_items; first += n) {
        for (n = 1; first + n < findings->n_items; n++) {
            if (!tells_the_same(sorted[first], sorted[first + n]))
                break;
            repeated[sorted[first + n] - findings->items] = true;
        }
        if (n > 1)
            merge_group(findings->pool, sorted + first, n);
    }
}

static void drop_marked(struct lh_findings *findings, const bool *marked)
{
    size_t kept = 0;

    for (size_t i = 0; i < findings->n_items; i++)
        if (!marked[i])
            findings->items[kept++] = findings->items[i];
    findings->n_items = kept;
}

/* A fault of the code is told once. Without memory it is told of each process. */
static void merge_processes(struct lh_findings *findings)
{
    struct lh_finding **sorted = calloc(findings->n_items + 1, sizeof(*sorted));
    bool *repeated = calloc(findings->n_items + 1, sizeof(*repeated));

    if (sorted && repeated) {
        count_repeated(findings, sorted, repeated);
        drop_marked(findings, repeated);
    }
    free(sorted);
    free(repeated);
}

void lh_findings_sort(struct lh_findings *findings)
{
    if (findings->n_items)
        qsort(findings->items, findings->n_items, sizeof(*findings->items), compare_findings);
    if (findings->n_filtered)
        qsort(findings->filtered, findings->n_filtered, sizeof(*findings->filtered),
              compare_findings);
    drop_what_is_told(findings);
    merge_processes(findings);
}
