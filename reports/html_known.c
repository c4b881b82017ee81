/*
 * What a person has decided of findings, in the HTML report: those that suppressions took out, and
 * what a baseline or a list of suppressions could do without.
 */
#include "html_parts.h"

#include "escape.h"

#define SHOWN_MOST                                                                \
    100 /* suppressed findings, unless all are asked for; rows of the other lists \
         */

static size_t shown(const struct lh_report *report)
{
    size_t n = report->findings->n_suppressed;

    return report->all || n < SHOWN_MOST ? n : SHOWN_MOST;
}

static void put_more(FILE *out, size_t n, size_t of)
{
    if (n < of)
        fprintf(out, "<p class=\"about\">And %zu more.</p>\n", of - n);
}

static void put_suppressed(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;
    size_t n = shown(html->report);

    if (n == 0)
        return;
    fprintf(html->out, "<h3>Suppressed <span class=\"count\">%zu</span></h3>\n",
            findings->n_suppressed);
    for (size_t i = 0; i < n; i++)
        lh_html_card(html, &findings->suppressed[i], 'u', i + 1);
    put_more(html->out, n, findings->n_suppressed);
}

static void put_unused(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;
    size_t all = findings->n_unused_suppressions, n = all < SHOWN_MOST ? all : SHOWN_MOST;

    if (n == 0)
        return;
    fprintf(html->out,
            "<h3>Suppressions that matched nothing <span class=\"count\">%zu</span></h3>\n<ul>\n",
            all);
    for (size_t i = 0; i < n; i++) {
        fputs("<li><code>", html->out);
        lh_put_html(html->out, findings->unused_suppressions[i]);
        fputs("</code></li>\n", html->out);
    }
    fputs("</ul>\n", html->out);
    put_more(html->out, n, all);
}

static void put_vanished_one(FILE *out, const struct lh_known_finding *known)
{
    fprintf(out, "<tr><td>%s</td><td>%s</td><td><code>%s</code></td><td>",
            lh_severity_name(known->severity), lh_kind_name(known->kind), known->fingerprint);
    lh_put_html(out, known->message);
    fputs("</td><td>", out);
    lh_put_html(out, known->reason != NULL ? known->reason : "");
    fputs("</td></tr>\n", out);
}

static void put_vanished(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;
    size_t all = findings->n_vanished, n = all < SHOWN_MOST ? all : SHOWN_MOST;

    if (n == 0)
        return;
    fprintf(html->out,
            "<h3>In the baseline, but not found <span class=\"count\">%zu</span></h3>\n"
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Not found\">"
            "<table class=\"vanished\">\n<thead><tr><th scope=\"col\">severity</th>"
            "<th scope=\"col\">kind</th><th scope=\"col\">fingerprint</th>"
            "<th scope=\"col\">message</th><th scope=\"col\">reason</th></tr></thead>\n<tbody>\n",
            all);
    for (size_t i = 0; i < n; i++)
        put_vanished_one(html->out, &findings->vanished[i]);
    fputs("</tbody></table></div>\n", html->out);
    put_more(html->out, n, all);
}

bool lh_html_has_known(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;

    return findings->n_suppressed + findings->n_unused_suppressions + findings->n_vanished > 0;
}

void lh_html_known(const struct lh_html *html)
{
    if (!lh_html_has_known(html))
        return;
    fputs("<section id=\"known\" aria-labelledby=\"known-title\">\n"
          "<h2 id=\"known-title\">Baseline and suppressions</h2>\n",
          html->out);
    put_suppressed(html);
    put_unused(html);
    put_vanished(html);
    fputs("</section>\n", html->out);
}

void lh_html_known_data(const struct lh_html *html)
{
    for (size_t i = 0; i < shown(html->report); i++) {
        fputs(i > 0 ? ",\n" : "", html->out);
        lh_html_card_data(html, &html->report->findings->suppressed[i]);
    }
}
