#include "gate.h"

#include <stdlib.h>
#include <string.h>

#include "complain.h"

void lh_gate_default(struct lh_gate *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->severities[LH_ERROR] = true;
    ret->severities[LH_WARNING] = true;
}

static bool add_word(struct lh_gate *gate, const char *word)
{
    int kind = lh_kind_from_name(word);

    for (int i = 0; i < LH_SEVERITIES; i++) {
        if (strcmp(word, lh_severity_name((enum lh_severity)i)) == 0) {
            gate->severities[i] = true;
            return true;
        }
    }
    if (kind < 0)
        return false;
    gate->kinds[kind] = true;
    return true;
}

bool lh_gate_parse(const char *list, void *gate)
{
    struct lh_gate parsed = {0};
    char *copy = lh_text("%s", list), *rest = copy, *word;
    bool good = *list != '\0';

    if (strcmp(list, "none") == 0)
        rest = NULL;
    while (good && (word = strsep(&rest, ",")) != NULL) {
        good = add_word(&parsed, word);
        if (!good)
            lh_complain("--fail-on: %s: no such severity or kind (error, warning, note, none, or "
                        "a kind such as deadlock)",
                        word);
    }
    if (*list == '\0')
        lh_complain("--fail-on: the list is empty (use none)");
    if (good)
        *(struct lh_gate *)gate = parsed;
    free(copy);
    return good;
}

bool lh_gate_covers(const struct lh_gate *gate, enum lh_kind kind, enum lh_severity severity)
{
    return gate->severities[severity] || gate->kinds[kind];
}

bool lh_gate_mark(const struct lh_gate *gate, struct lh_findings *findings)
{
    bool hit = false;

    for (size_t i = 0; i < findings->n_items; i++) {
        struct lh_finding *finding = &findings->items[i];

        finding->fails = lh_gate_covers(gate, finding->kind, finding->severity) &&
                         finding->baseline != LH_BASELINE_KNOWN;
        hit = hit || finding->fails;
    }
    return hit;
}
