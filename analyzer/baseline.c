#include "baseline.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lh_baseline *lh_baseline_new(void)
{
    struct lh_baseline *baseline = calloc(1, sizeof(*baseline));

    if (!baseline)
        return NULL;
    baseline->pool = lh_pool_new();
    if (baseline->pool)
        return baseline;
    free(baseline);
    return NULL;
}

void lh_baseline_free(struct lh_baseline *baseline)
{
    if (!baseline)
        return;
    free(baseline->items);
    lh_pool_free(baseline->pool);
    free(baseline);
}

const struct lh_known_finding *lh_baseline_find(const struct lh_baseline *baseline,
                                                enum lh_kind kind, const char *fingerprint)
{
    for (size_t i = 0; i < baseline->n; i++)
        if (baseline->items[i].kind == kind &&
            strcmp(baseline->items[i].fingerprint, fingerprint) == 0)
            return &baseline->items[i];
    return NULL;
}

/* ---- adding ---- */

/* One line of text: what would break the layout becomes a space, none of them at the ends. */
static const char *one_line(struct lh_pool *pool, const char *text)
{
    char *copy = lh_pool_strdup(pool, text ? text : ""), *end = copy;

    if (!copy)
        return NULL;
    for (char *c = copy; *c; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            *c = ' ';
        else
            end = c + 1;
    }
    *end = '\0';
    return copy + strspn(copy, " ");
}

int lh_baseline_add(struct lh_baseline *baseline, const struct lh_known_finding *known)
{
    struct lh_known_finding *item;

    if (lh_baseline_find(baseline, known->kind, known->fingerprint))
        return 0;
    if (lh_grow(&baseline->items, &baseline->capacity, baseline->n + 1, sizeof(*item)) < 0)
        return -ENOMEM;
    item = &baseline->items[baseline->n];
    *item = *known;
    item->message = one_line(baseline->pool, known->message);
    item->reason = known->reason ? one_line(baseline->pool, known->reason) : NULL;
    if (!item->message || (known->reason && !item->reason))
        return -ENOMEM;
    baseline->n++;
    return 0;
}

int lh_baseline_add_findings(struct lh_baseline *baseline, const struct lh_findings *findings)
{
    int r = 0;

    for (size_t i = 0; i < findings->n_items && r == 0; i++) {
        const struct lh_finding *finding = &findings->items[i];
        struct lh_known_finding known = {
            .kind = finding->kind,
            .severity = finding->severity,
            .message = finding->message,
            .reason = finding->reason,
        };
        memcpy(known.fingerprint, finding->fingerprint, sizeof(known.fingerprint));
        r = lh_baseline_add(baseline, &known);
    }
    return r;
}

int lh_baseline_keep_words(struct lh_baseline *baseline, const struct lh_baseline *earlier)
{
    for (size_t i = 0; i < baseline->n; i++) {
        struct lh_known_finding *item = &baseline->items[i];
        const struct lh_known_finding *old =
            lh_baseline_find(earlier, item->kind, item->fingerprint);
        if (!old)
            continue;
        if (*old->message)
            item->message = lh_pool_strdup(baseline->pool, old->message);
        if (old->reason)
            item->reason = lh_pool_strdup(baseline->pool, old->reason);
        if (!item->message || (old->reason && !item->reason))
            return -ENOMEM;
    }
    return 0;
}

/* ---- reading ---- */

static int invalid(const char *why, const char **ret_why)
{
    *ret_why = why;
    return -EINVAL;
}

/* "lock-order-inversion 0123456789abcdef" */
static int parse_head(struct lh_baseline *baseline, char *line, const char **ret_why)
{
    char *fingerprint = strchr(line, ' ');
    struct lh_known_finding known = {.severity = LH_WARNING, .message = ""};
    int kind;

    if (!fingerprint)
        return invalid("expected a kind and a fingerprint", ret_why);
    *fingerprint++ = '\0';
    kind = lh_kind_from_name(line);
    if (kind < 0)
        return invalid("no such kind of finding", ret_why);
    if (strlen(fingerprint) != 16 || strspn(fingerprint, "0123456789abcdef") != 16)
        return invalid("a fingerprint has 16 hexadecimal digits", ret_why);
    known.kind = (enum lh_kind)kind;
    memcpy(known.fingerprint, fingerprint, sizeof(known.fingerprint));
    if (lh_baseline_find(baseline, known.kind, known.fingerprint))
        return invalid("this finding is there twice", ret_why);
    return lh_baseline_add(baseline, &known);
}

static int parse_severity(const char *word, enum lh_severity *ret)
{
    for (int i = 0; i < LH_SEVERITIES; i++) {
        if (strcmp(word, lh_severity_name((enum lh_severity)i)) == 0) {
            *ret = (enum lh_severity)i;
            return 0;
        }
    }
    return -EINVAL;
}

/* "key: value" of the finding that was begun last. */
static int parse_field(struct lh_baseline *baseline, char *line, const char **ret_why)
{
    struct lh_known_finding *item = &baseline->items[baseline->n - 1];
    char *value = strchr(line, ':');

    if (!value)
        return invalid("expected severity:, message: or reason:", ret_why);
    *value++ = '\0';
    value += strspn(value, " \t");
    if (strcmp(line, "reason") == 0) {
        item->reason = *value ? value : NULL;
    } else if (strcmp(line, "message") == 0) {
        item->message = value;
    } else if (strcmp(line, "severity") != 0) {
        return invalid("expected severity:, message: or reason:", ret_why);
    } else if (parse_severity(value, &item->severity) < 0) {
        return invalid("no such severity (error, warning or note)", ret_why);
    }
    return 0;
}

static int parse_line(struct lh_baseline *baseline, char *line, bool *inside, const char **ret_why)
{
    size_t blanks = strspn(line, " \t"), length = strlen(line);

    while (length > blanks && isspace((unsigned char)line[length - 1]))
        line[--length] = '\0';
    if (line[blanks] == '\0' || line[blanks] == '#')
        return 0;
    if (blanks == 0) {
        *inside = true;
        return parse_head(baseline, line, ret_why);
    }
    if (!*inside)
        return invalid("this belongs to no finding", ret_why);
    return parse_field(baseline, line + blanks, ret_why);
}

int lh_baseline_parse(struct lh_baseline *baseline, const char *text, size_t *ret_line,
                      const char **ret_why)
{
    bool inside = false;
    int r;

    for (*ret_line = 1; *text; ++*ret_line) {
        size_t length = strcspn(text, "\n");
        char *line = lh_pool_strndup(baseline->pool, text, length);
        if (!line)
            return -ENOMEM;
        r = parse_line(baseline, line, &inside, ret_why);
        if (r < 0)
            return r;
        text += length + (text[length] == '\n');
    }
    return 0;
}

/* ---- writing ---- */

static int compare(const void *left, const void *right)
{
    const struct lh_known_finding *a = left, *b = right;
    int order = strcmp(lh_kind_name(a->kind), lh_kind_name(b->kind));

    return order ? order : strcmp(a->fingerprint, b->fingerprint);
}

void lh_baseline_sort(struct lh_baseline *baseline)
{
    if (baseline->n > 0)
        qsort(baseline->items, baseline->n, sizeof(*baseline->items), compare);
}

/* Lines move with every edit: "bank.c:31)" is written as "bank.c)". */
static void write_message(const char *message, FILE *out)
{
    for (; *message; message++) {
        size_t digits = *message == ':' ? strspn(message + 1, "0123456789") : 0;
        if (digits > 0 && message[1 + digits] == ')')
            message += digits;
        else
            putc(*message, out);
    }
}

void lh_baseline_write(struct lh_baseline *baseline, FILE *out)
{
    lh_baseline_sort(baseline);
    fputs(
        "# Known findings: they pass the gate of `lockhound --baseline'. Say behind `reason:' why\n"
        "# one may stay; `lockhound baseline' keeps that when it writes this file again.\n",
        out);
    for (size_t i = 0; i < baseline->n; i++) {
        const struct lh_known_finding *item = &baseline->items[i];
        fprintf(out, "\n%s %s\n    severity: %s\n    message: ", lh_kind_name(item->kind),
                item->fingerprint, lh_severity_name(item->severity));
        write_message(item->message, out);
        fprintf(out, "\n    reason:%s%s\n", item->reason ? " " : "",
                item->reason ? item->reason : "");
    }
}

/* ---- use ---- */

static bool was_found(const struct lh_finding *items, size_t n,
                      const struct lh_known_finding *known)
{
    for (size_t i = 0; i < n; i++)
        if (items[i].kind == known->kind && strcmp(items[i].fingerprint, known->fingerprint) == 0)
            return true;
    return false;
}

static int mark(const struct lh_baseline *baseline, struct lh_findings *findings)
{
    for (size_t i = 0; i < findings->n_items; i++) {
        struct lh_finding *item = &findings->items[i];
        const struct lh_known_finding *known =
            lh_baseline_find(baseline, item->kind, item->fingerprint);
        item->baseline = known ? LH_BASELINE_KNOWN : LH_BASELINE_NEW;
        if (!known || !known->reason)
            continue;
        item->reason = lh_pool_strdup(findings->pool, known->reason);
        if (!item->reason)
            return -ENOMEM;
    }
    return 0;
}

static int list_vanished(const struct lh_baseline *baseline, struct lh_findings *findings)
{
    struct lh_known_finding *list =
        lh_pool_alloc(findings->pool, (baseline->n + 1) * sizeof(*list));
    size_t n = 0;

    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < baseline->n; i++) {
        const struct lh_known_finding *known = &baseline->items[i];
        if (was_found(findings->items, findings->n_items, known) ||
            was_found(findings->suppressed, findings->n_suppressed, known))
            continue;
        list[n] = *known;
        list[n].message = lh_pool_strdup(findings->pool, known->message);
        list[n].reason = known->reason ? lh_pool_strdup(findings->pool, known->reason) : NULL;
        if (!list[n].message || (known->reason && !list[n].reason))
            return -ENOMEM;
        n++;
    }
    findings->vanished = list;
    findings->n_vanished = n;
    return 0;
}

int lh_baseline_apply(const struct lh_baseline *baseline, struct lh_findings *findings)
{
    int r = mark(baseline, findings);

    return r < 0 ? r : list_vanished(baseline, findings);
}
