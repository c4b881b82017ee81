#include "outlets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "complain.h"
#include "pool.h"

const struct lh_output *lh_outlet_format(const char *option, const char *name)
{
    const struct lh_output *output = lh_output_find(name);
    char *names;

    if (output)
        return output;
    names = lh_text("%s", "");
    for (output = lh_outputs; output->name; output++) {
        char *longer = lh_text("%s%s%s", names, *names ? ", " : "", output->name);

        free(names);
        names = longer;
    }
    lh_complain("--%s: %s: no such format (%s)", option, name, names);
    free(names);
    return NULL;
}

bool lh_outlets_parse(const char *value, void *to)
{
    struct lh_outlets *outlets = to;
    const char *path = strchr(value, '=');
    const struct lh_output *format;
    char *name;

    if (!path || !path[1]) {
        lh_complain("--report: %s: expected FORMAT=FILE (such as sarif=out.sarif)", value);
        return false;
    }
    name = lh_text("%.*s", (int)(path - value), value);
    format = lh_outlet_format("report", name);
    free(name);
    if (!format)
        return false;
    if (lh_grow(&outlets->items, &outlets->capacity, outlets->n + 1, sizeof(*outlets->items)) < 0) {
        lh_complain("out of memory");
        return false;
    }
    outlets->items[outlets->n++] = (struct lh_outlet){.format = format, .path = path + 1};
    return true;
}

/* One file for two reports; devices and pipes take both. */
static bool same_file(const struct lh_outlet *a, const struct lh_outlet *b)
{
    struct stat one, other;

    if (fstat(fileno(a->sink.file), &one) < 0 || fstat(fileno(b->sink.file), &other) < 0)
        return false;
    if (a->sink.file == stdout && b->sink.file == stdout)
        return true;
    return S_ISREG(one.st_mode) && one.st_dev == other.st_dev && one.st_ino == other.st_ino &&
           (a->sink.own || b->sink.own);
}

static bool check_distinct(const struct lh_outlet *first, const struct lh_outlet *outlet)
{
    if (!same_file(first, outlet))
        return true;
    lh_complain("%s: two reports would go there (give each a file of its own)", outlet->sink.name);
    return false;
}

bool lh_outlets_open(struct lh_outlets *outlets, const struct lh_outlet *first)
{
    for (size_t i = 0; i < outlets->n; i++) {
        struct lh_outlet *outlet = &outlets->items[i];

        if (!lh_sink_open(&outlet->sink, outlet->path, stdout) || !check_distinct(first, outlet))
            return false;
        for (size_t k = 0; k < i; k++)
            if (!check_distinct(&outlets->items[k], outlet))
                return false;
    }
    return true;
}

bool lh_outlet_write(struct lh_outlet *outlet, const struct lh_report *report)
{
    FILE *out = lh_sink_begin(&outlet->sink);
    int r;

    errno = 0;
    r = outlet->format->write(report, out);
    /* When the stream itself failed, closing it complains. */
    if (ferror(out))
        outlet->sink.error = errno;
    else if (r < 0)
        lh_complain("%s: the report failed: %s", outlet->sink.name, strerror(-r));
    return lh_sink_close(&outlet->sink) && r >= 0;
}

bool lh_outlets_write(struct lh_outlets *outlets, const struct lh_report *report)
{
    bool good = true;

    for (size_t i = 0; i < outlets->n; i++)
        good = lh_outlet_write(&outlets->items[i], report) && good;
    return good;
}

void lh_outlets_discard(struct lh_outlets *outlets)
{
    for (size_t i = 0; i < outlets->n; i++)
        lh_sink_discard(&outlets->items[i].sink);
    free(outlets->items);
    memset(outlets, 0, sizeof(*outlets));
}
