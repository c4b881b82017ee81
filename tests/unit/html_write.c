/* Write pages for the tests in a browser: html_write FOLDER. */
#include <stdio.h>
#include <stdlib.h>

#include "html_pages.h"

static struct fixture *five_classes(void)
{
    return page_of_classes(5);
}

static struct fixture *hundred_classes(void)
{
    return page_of_classes(100);
}

static struct fixture *thousands_of_classes(void)
{
    return page_of_classes(2000);
}

static struct fixture *thousand_findings(void)
{
    return page_of_findings(1000);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        struct fixture *(*make)(void);
    } pages[] = {
        {"hostile", page_of_hostile_names}, {"odd", page_of_odd_findings},
        {"thousand", thousand_findings},    {"classes-5", five_classes},
        {"classes-100", hundred_classes},   {"classes-2000", thousands_of_classes},
        {"judged", page_of_a_judged_run},
    };

    for (size_t i = 0; argc == 2 && i < sizeof pages / sizeof *pages; i++) {
        char path[4096];
        struct fixture *fixture = pages[i].make();
        snprintf(path, sizeof path, "%s/%s.html", argv[1], pages[i].name);
        FILE *out = fopen(path, "w");
        if (out == NULL || lh_report_html(&fixture->report, out) != 0 || fclose(out) != 0)
            return EXIT_FAILURE;
        fixture_free(fixture);
    }
    return argc == 2 ? EXIT_SUCCESS : EXIT_FAILURE;
}
