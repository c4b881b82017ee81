#include "suppress.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "site.h"

enum type {
    TYPE_DEADLOCK,
    TYPE_MUTEX,
    TYPE_RACE,
    TYPE_RACE_TOP,
    TYPE_CALLED_FROM_LIB,
    TYPE_NONE, /* what Lockhound does not look for */
    TYPE_FINGERPRINT,
};

struct suppression {
    enum type type;
    const char *pattern;
    const char *text; /* "race:foo (x.supp:3)" */
};

struct lh_suppressions {
    struct suppression *items;
    size_t n, capacity;
    struct lh_pool *pool;
};

/* ---- reading ---- */

static const struct {
    const char *name;
    enum type type;
} types[] = {
    {"deadlock", TYPE_DEADLOCK},
    {"mutex", TYPE_MUTEX},
    {"race", TYPE_RACE},
    {"race_top", TYPE_RACE_TOP},
    {"called_from_lib", TYPE_CALLED_FROM_LIB},
    {"thread", TYPE_NONE},
    {"signal", TYPE_NONE},
    {"fingerprint", TYPE_FINGERPRINT},
};

/* The type that a line begins with; *ret_pattern is what follows the colon. -1: none. */
static int type_of(const char *line, const char **ret_pattern)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t length = strlen(types[i].name);
        if (strncmp(line, types[i].name, length) == 0 && line[length] == ':') {
            *ret_pattern = line + length + 1;
            return (int)types[i].type;
        }
    }
    return -1;
}

static bool is_fingerprint(const char *text)
{
    return strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

static int invalid(const char *why, const char **ret_why)
{
    *ret_why = why;
    return -EINVAL;
}

/* A line without the blanks around it. */
static int add(struct lh_suppressions *to, const char *line, const char *name, size_t number,
               const char **ret_why)
{
    const char *pattern = NULL;
    int type = type_of(line, &pattern);
    struct suppression *item;

    if (type < 0)
        return invalid("no such type of suppression (deadlock, mutex, race, race_top, "
                       "called_from_lib, thread, signal or fingerprint, and a colon)",
                       ret_why);
    if (*pattern == '\0')
        return invalid("the pattern is missing", ret_why);
    if (type == TYPE_FINGERPRINT && !is_fingerprint(pattern))
        return invalid("a fingerprint has 16 hexadecimal digits", ret_why);
    if (lh_grow(&to->items, &to->capacity, to->n + 1, sizeof(*to->items)) < 0)
        return -ENOMEM;
    item = &to->items[to->n];
    item->type = (enum type)type;
    item->pattern = lh_pool_strdup(to->pool, pattern);
    item->text = lh_pool_printf(to->pool, "%s (%s:%zu)", line, name, number);
    if (!item->pattern || !item->text)
        return -ENOMEM;
    to->n++;
    return 0;
}

/* The line at `text` without the blanks around it, in the pool; *ret_next is the one after it. */
static char *next_line(struct lh_pool *pool, const char *text, const char **ret_next)
{
    const char *end = text + strcspn(text, "\n");

    *ret_next = *end ? end + 1 : end;
    while (text < end && isspace((unsigned char)*text))
        text++;
    while (text < end && isspace((unsigned char)end[-1]))
        end--;
    return lh_pool_strndup(pool, text, (size_t)(end - text));
}

int lh_suppressions_parse(const char *text, const char *name, struct lh_suppressions **ret,
                          size_t *ret_line, const char **ret_why)
{
    struct lh_suppressions *made = calloc(1, sizeof(*made));
    int r = 0;

    if (!made)
        return -ENOMEM;
    made->pool = lh_pool_new();
    for (*ret_line = 1; made->pool && *text && r == 0; ++*ret_line) {
        char *line = next_line(made->pool, text, &text);
        if (!line)
            r = -ENOMEM;
        else if (*line && *line != '#')
            r = add(made, line, name, *ret_line, ret_why);
        if (r < 0)
            break;
    }
    if (r == 0 && made->pool) {
        *ret = made;
        return 0;
    }
    lh_suppressions_free(made);
    return r < 0 ? r : -ENOMEM;
}

void lh_suppressions_free(struct lh_suppressions *suppressions)
{
    if (!suppressions)
        return;
    free(suppressions->items);
    lh_pool_free(suppressions->pool);
    free(suppressions);
}

/* ---- matching ---- */

/* Where the piece lies in text at or after it; the piece ends at a wildcard. */
static const char *find_piece(const char *text, const char *piece, size_t length)
{
    for (; strlen(text) >= length; text++)
        if (memcmp(text, piece, length) == 0)
            return text;
    return NULL;
}

/* The last piece, tied to the end: it must not lie before `from`. */
static bool ends_with(const char *from, const char *piece, size_t length)
{
    size_t rest = strlen(from);

    return rest >= length && memcmp(from + rest - length, piece, length) == 0;
}

bool lh_suppression_matches(const char *pattern, const char *name)
{
    bool tied = *pattern == '^';
    const char *at = name;

    if (!name || !*name)
        return false;
    pattern += tied;
    for (;;) {
        size_t length = strcspn(pattern, "*$");
        if (pattern[length] == '$' && !tied)
            return ends_with(at, pattern, length);
        const char *found = find_piece(at, pattern, length);
        if (!found || (tied && found != at))
            return false;
        at = found + length;
        if (pattern[length] == '$')
            return *at == '\0';
        if (pattern[length] == '\0')
            return true;
        pattern += length + 1;
        tied = false;
    }
}

static bool frame_matches(const struct lh_frame *frame, const char *pattern)
{
    return (frame->function && lh_suppression_matches(pattern, frame->function)) ||
           (frame->file && lh_suppression_matches(pattern, frame->file)) ||
           (frame->module && lh_suppression_matches(pattern, frame->module));
}

static bool any_frame_matches(const struct lh_process *process, uint32_t id, const char *pattern)
{
    const struct lh_stack *stack = lh_process_stack(process, id);

    for (size_t i = 0; stack->frames && i < stack->n_frames; i++)
        if (frame_matches(&stack->frames[i], pattern))
            return true;
    return false;
}

/* As ThreadSanitizer has it: only the function that makes the access. */
static bool top_matches(const struct lh_process *process, uint32_t id, const char *pattern)
{
    const struct lh_frame *top = lh_site_frame(process, id);

    return top && frame_matches(top, pattern);
}

static bool any_top_matches(const struct lh_finding *finding, const char *pattern)
{
    for (size_t i = 0; i < finding->n_participants; i++) {
        const struct lh_access *access = finding->participants[i].access;
        if (access && top_matches(finding->process, access->stack, pattern))
            return true;
    }
    return false;
}

static bool caller_matches(const struct lh_process *process, uint32_t id, const char *pattern)
{
    const struct lh_frame *caller = lh_site_frame(process, id);

    return caller && caller->module && lh_suppression_matches(pattern, caller->module);
}

typedef bool stack_test(const struct lh_process *process, uint32_t id, const char *pattern);

/* The stacks that make the finding: not those of locks that are held besides. */
static bool any_stack(const struct lh_finding *finding, const char *pattern, stack_test *test)
{
    for (size_t i = 0; i < finding->n_participants; i++) {
        const struct lh_participant *participant = &finding->participants[i];
        bool one = participant->cycle_hold < participant->n_holds;
        if (test(finding->process, participant->wants.stack, pattern))
            return true;
        for (size_t k = 0; k < participant->n_holds; k++)
            if ((!one || k == participant->cycle_hold) &&
                test(finding->process, participant->holds[k].stack, pattern))
                return true;
    }
    return false;
}

static bool any_creation(const struct lh_finding *finding, const char *pattern)
{
    for (size_t i = 0; i < finding->n_participants; i++) {
        const struct lh_thread *thread =
            lh_process_thread(finding->process, finding->participants[i].thread);
        if (any_frame_matches(finding->process, thread->create_stack, pattern))
            return true;
    }
    return false;
}

/* A race is known by its variable, too. */
static bool memory_matches(const struct lh_memory *memory, const char *pattern)
{
    return memory && (lh_suppression_matches(pattern, memory->name) ||
                      lh_suppression_matches(pattern, memory->family) ||
                      lh_suppression_matches(pattern, memory->file));
}

/* What ThreadSanitizer's types mean for our kinds. */
static enum type type_of_kind(enum lh_kind kind)
{
    switch (kind) {
    case LH_KIND_DATA_RACE:
    case LH_KIND_INCONSISTENT_LOCKING:
        return TYPE_RACE;
    case LH_KIND_UNBALANCED_RECURSIVE:
    case LH_KIND_UNLOCK_NOT_OWNER:
    case LH_KIND_UNLOCK_NOT_LOCKED:
    case LH_KIND_HELD_AT_THREAD_EXIT:
    case LH_KIND_DESTROY_WHILE_HELD:
    case LH_KIND_USE_AFTER_DESTROY:
    case LH_KIND_FREED_WHILE_HELD:
    case LH_KIND_WAIT_WITHOUT_LOCK:
    case LH_KIND_COND_TWO_MUTEXES:
    case LH_KIND_FORK_WHILE_HELD:
        return TYPE_MUTEX;
    default:
        return TYPE_DEADLOCK;
    }
}

static bool applies(const struct suppression *item, const struct lh_finding *finding)
{
    if (item->type == TYPE_FINGERPRINT)
        return strcmp(item->pattern, finding->fingerprint) == 0;
    if (item->type == TYPE_CALLED_FROM_LIB)
        return any_stack(finding, item->pattern, caller_matches);
    if (item->type == TYPE_RACE_TOP)
        return any_top_matches(finding, item->pattern);
    return item->type == type_of_kind(finding->kind) &&
           (any_stack(finding, item->pattern, any_frame_matches) ||
            any_creation(finding, item->pattern) || memory_matches(finding->memory, item->pattern));
}

/* The first one that applies; all that do are marked as used. */
static const struct suppression *find(const struct lh_suppressions *suppressions,
                                      const struct lh_finding *finding, bool *used)
{
    const struct suppression *first = NULL;

    for (size_t i = 0; i < suppressions->n; i++) {
        if (!applies(&suppressions->items[i], finding))
            continue;
        used[i] = true;
        if (!first)
            first = &suppressions->items[i];
    }
    return first;
}

static int list_unused(struct lh_findings *findings, const struct lh_suppressions *suppressions,
                       const bool *used)
{
    const char **list = lh_pool_alloc(findings->pool, (suppressions->n + 1) * sizeof(*list));
    size_t n = 0;

    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < suppressions->n; i++) {
        const struct suppression *item = &suppressions->items[i];
        if (used[i] || item->type == TYPE_NONE)
            continue;
        list[n] = lh_pool_strdup(findings->pool, item->text);
        if (!list[n++])
            return -ENOMEM;
    }
    findings->unused_suppressions = list;
    findings->n_unused_suppressions = n;
    return 0;
}

static int move(struct lh_findings *findings, const struct lh_suppressions *suppressions,
                bool *used)
{
    size_t kept = 0;

    for (size_t i = 0; i < findings->n_items; i++) {
        struct lh_finding *item = &findings->items[i];
        const struct suppression *by = find(suppressions, item, used);
        if (by && !(item->suppressed = lh_pool_strdup(findings->pool, by->text)))
            return -ENOMEM;
        if (by)
            findings->suppressed[findings->n_suppressed++] = *item;
        else
            findings->items[kept++] = *item;
    }
    findings->n_items = kept;
    return 0;
}

int lh_suppress(struct lh_findings *findings, const struct lh_suppressions *suppressions)
{
    bool *used = calloc(suppressions->n + 1, sizeof(*used));
    int r;

    findings->suppressed =
        lh_pool_alloc(findings->pool, (findings->n_items + 1) * sizeof(*findings->suppressed));
    r = used && findings->suppressed ? move(findings, suppressions, used) : -ENOMEM;
    if (r == 0)
        r = list_unused(findings, suppressions, used);
    free(used);
    return r;
}
