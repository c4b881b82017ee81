/* What is no finding, by the reason why not: cycles of the lock graph that cannot close, and pairs
 * of accesses. */
#include "html_parts.h"

#include <inttypes.h>

#include "escape.h"

#define EXAMPLES_MOST 5 /* of a reason, unless all are asked for */

/* Is the filtered cycle at `place` shown, as one of its reason's first? */
static bool shown(const struct lh_report *report, size_t place)
{
    const struct lh_findings *findings = report->findings;
    size_t before = 0;

    for (size_t i = 0; i < place && before < EXAMPLES_MOST && !report->all; i++)
        before += findings->filtered[i].filter == findings->filtered[place].filter;
    return before < EXAMPLES_MOST;
}

static void put_reason(const struct lh_html *html, enum lh_filter filter)
{
    const struct lh_findings *findings = html->report->findings;
    uint64_t count = findings->filtered_count[filter];

    fprintf(html->out,
            "<section class=\"reason\"><h3><span class=\"kind\">%s</span> "
            "<span class=\"count\">%" PRIu64 " %s%s</span></h3>\n<p>%s</p>\n",
            lh_filter_name(filter), count, filter < LH_CYCLE_FILTERS ? "cycle" : "pair",
            count == 1 ? "" : "s", lh_filter_help(filter));
    for (size_t i = 0; i < findings->n_filtered; i++)
        if (findings->filtered[i].filter == filter && shown(html->report, i))
            lh_html_card(html, &findings->filtered[i], 'x', i + 1);
    fputs("</section>\n", html->out);
}

void lh_html_filtered(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;
    bool any = false;

    fputs("<section id=\"filtered\" aria-labelledby=\"filtered-title\">\n"
          "<h2 id=\"filtered-title\">Filtered</h2>\n"
          "<p class=\"about\">Cycles of the lock graph that cannot become a deadlock, and pairs of "
          "accesses that break no discipline of locks, by the reason why not, with examples.</p>\n",
          html->out);
    for (int i = 0; i < LH_FILTERS; i++)
        if (findings->filtered_count[i] > 0) {
            put_reason(html, (enum lh_filter)i);
            any = true;
        }
    if (!any)
        fputs("<p class=\"none\">Nothing was filtered.</p>\n", html->out);
    fputs("</section>\n", html->out);
}

/* By number, so that the script finds "x3" at place 2; null for what is not shown. */
void lh_html_filtered_data(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;

    for (size_t i = 0; i < findings->n_filtered; i++) {
        fputs(i > 0 ? ",\n" : "", html->out);
        if (shown(html->report, i))
            lh_html_card_data(html, &findings->filtered[i]);
        else
            fputs("null", html->out);
    }
}
