#include "gating.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "read_text.h"

static void complain_line(const char *path, size_t line, int r, const char *why)
{
    if (r == -EINVAL)
        lh_complain("%s:%zu: %s", path, line, why);
    else
        lh_complain("%s: %s", path, strerror(-r));
}

static struct lh_suppressions *read_suppressions(const char *path)
{
    struct lh_suppressions *made = NULL;
    const char *why = NULL;
    char *text = lh_read_text(path);
    size_t line = 0;
    int r;

    if (!text)
        return NULL;
    r = lh_suppressions_parse(text, path, &made, &line, &why);
    if (r < 0)
        complain_line(path, line, r, why);
    free(text);
    return r < 0 ? NULL : made;
}

struct lh_baseline *lh_gating_parse_baseline(const char *path, const char *text)
{
    struct lh_baseline *made = lh_baseline_new();
    const char *why = NULL;
    size_t line = 0;
    int r = made ? lh_baseline_parse(made, text, &line, &why) : -ENOMEM;

    if (r >= 0)
        return made;
    complain_line(path, line, r, why);
    lh_baseline_free(made);
    return NULL;
}

static struct lh_baseline *read_baseline(const char *path)
{
    char *text = lh_read_text(path);
    struct lh_baseline *made = text ? lh_gating_parse_baseline(path, text) : NULL;

    free(text);
    return made;
}

bool lh_gating_open(struct lh_gating *gating)
{
    if (gating->suppressions_path)
        gating->suppressions = read_suppressions(gating->suppressions_path);
    if (gating->suppressions_path && !gating->suppressions)
        return false;
    if (gating->baseline_path)
        gating->baseline = read_baseline(gating->baseline_path);
    return !gating->baseline_path || gating->baseline;
}

void lh_gating_close(struct lh_gating *gating)
{
    lh_suppressions_free(gating->suppressions);
    lh_baseline_free(gating->baseline);
    gating->suppressions = NULL;
    gating->baseline = NULL;
}

bool lh_gating_apply(const struct lh_gating *gating, struct lh_findings *findings)
{
    int r = 0;

    if (gating->suppressions)
        r = lh_suppress(findings, gating->suppressions);
    if (r == 0 && gating->baseline)
        r = lh_baseline_apply(gating->baseline, findings);
    if (r < 0)
        lh_complain("the analysis failed: %s", strerror(-r));
    return r == 0;
}
