/* The report for a browser: one page that needs nothing else and fetches nothing. */
#include <errno.h>
#include <stdlib.h>

#include "html_parts.h"
#include "style.h"
#include "totals.h"

/* Scripts and styles only as this program brought them, whatever a trace may smuggle in. */
static void put_policy(FILE *out)
{
    fprintf(out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "script-src 'sha256-%s'; style-src 'sha256-%s'; base-uri 'none'; form-action "
            "'none'\"/>\n",
            lh_html_script_sum, lh_html_style_sum);
}

static void put_head(const struct lh_html *html)
{
    FILE *out = html->out;

    fputs("<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
          "<meta charset=\"utf-8\"/>\n",
          out);
    put_policy(out);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
          "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
          "<meta name=\"generator\" content=\"Lockhound " LH_VERSION "\"/>\n<title>Lockhound: ",
          out);
    lh_html_put_program(html);
    fputs("</title>\n<style>", out);
    fputs(lh_html_style, out);
    fputs("</style>\n</head>\n", out);
}

static void put_navigation(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;
    FILE *out = html->out;

    fputs("<body>\n<a class=\"skip\" href=\"#findings\">Skip to the findings</a>\n"
          "<header>\n<h1><span>Lockhound</span> ",
          out);
    lh_html_put_program(html);
    fprintf(out,
            "</h1>\n<nav aria-label=\"Sections\"><ul>\n"
            "<li><a href=\"#findings\">Findings <span class=\"count\">%zu</span></a></li>\n%s%s"
            "<li><a href=\"#graph\">Graph</a></li>\n<li><a href=\"#locks\">Locks</a></li>\n"
            "<li><a href=\"#filtered\">Filtered <span class=\"count\">%llu</span></a></li>\n"
            "<li><a href=\"#run\">Run</a></li>\n</ul></nav>\n<div id=\"theme\"></div>\n</header>\n",
            findings->n_items,
            html->report->run.timeout != NULL
                ? "<li><a href=\"#timeout\">When time was over</a></li>\n"
                : "",
            lh_html_has_known(html) ? "<li><a href=\"#known\">Baseline</a></li>\n" : "",
            (unsigned long long)lh_total_filtered(findings));
}

static void put_findings(const struct lh_html *html)
{
    const struct lh_findings *findings = html->report->findings;

    fputs("<section id=\"findings\" aria-labelledby=\"findings-title\" tabindex=\"-1\">\n"
          "<h2 id=\"findings-title\">Findings</h2>\n<div id=\"finding-filter\"></div>\n",
          html->out);
    if (findings->n_items == 0)
        fputs("<p class=\"none\">None.</p>\n", html->out);
    for (size_t i = 0; i < findings->n_items; i++)
        lh_html_card(html, &findings->items[i], 'f', i + 1);
    fputs("</section>\n", html->out);
}

static void put_stacks(const struct lh_html *html)
{
    fputs("<noscript><section id=\"stacks\">\n<h2>Stacks</h2>\n", html->out);
    lh_html_put_stacks(html->tables, html->out);
    fputs("</section></noscript>\n", html->out);
}

static void put_data(const struct lh_html *html, const char *parts)
{
    const struct lh_findings *findings = html->report->findings;
    FILE *out = html->out;

    fputs("<script type=\"application/json\" id=\"data\">{\n\"findings\":[", out);
    for (size_t i = 0; i < findings->n_items; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        lh_html_card_data(html, &findings->items[i]);
    }
    fputs("],\n\"filtered\":[", out);
    lh_html_filtered_data(html);
    fputs("],\n\"suppressed\":[", out);
    lh_html_known_data(html);
    fputs("],\n\"timeout\":[", out);
    lh_html_timeout_data(html);
    fputs("],\n", out);
    fputs(parts, out);
    lh_html_put_tables(html->tables, out);
    fprintf(out, "\"processes\":%zu}</script>\n", html->report->model->n_processes);
}

/* Data of a part goes to a stream of its own, to stand in the page behind all markup. */
static int put_body(const struct lh_html *html)
{
    char *parts = NULL;
    size_t size;
    FILE *data = open_memstream(&parts, &size);
    int result = data != NULL ? 0 : -ENOMEM;

    if (result != 0)
        return result;
    put_navigation(html);
    fputs("<main>\n", html->out);
    lh_html_summary(html);
    put_findings(html);
    lh_html_timeout(html);
    lh_html_known(html);
    result = lh_html_graph(html, data);
    if (result == 0)
        result = lh_html_locks(html, data);
    lh_html_filtered(html);
    lh_html_run(html);
    put_stacks(html);
    fputs("</main>\n", html->out);
    if (fclose(data) != 0 && result == 0)
        result = -ENOMEM;
    if (result == 0)
        put_data(html, parts);
    free(parts);
    fputs("<script>", html->out);
    fputs(lh_html_script, html->out);
    fputs("</script>\n</body>\n</html>\n", html->out);
    return result;
}

/* In memory, for the parts ask where they are in it. */
static int make_page(const struct lh_report *report, char **ret_page, size_t *ret_size)
{
    long static_bytes = 0;
    struct lh_html html = {.report = report, .static_bytes = &static_bytes};
    int result;

    result = lh_html_timeout_new(report, &html.timeout);
    if (result != 0)
        return result;
    html.tables = lh_html_tables_new(report);
    html.out = html.tables != NULL ? open_memstream(ret_page, ret_size) : NULL;
    if (html.out != NULL) {
        put_head(&html);
        result = put_body(&html);
    }
    if ((html.out == NULL || fclose(html.out) != 0 || lh_html_tables_failed(html.tables)) &&
        result == 0)
        result = -ENOMEM;
    lh_html_tables_free(html.tables);
    lh_html_timeout_free(html.timeout);
    return result;
}

int lh_report_html(const struct lh_report *report, FILE *out)
{
    char *page = NULL;
    size_t size = 0;
    int result = make_page(report, &page, &size);

    if (result == 0 && fwrite(page, 1, size, out) != size)
        result = errno != 0 ? -errno : -EIO;
    free(page);
    return result != 0 ? result : lh_finish(out);
}
