/* The lock graph as a file. */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class_graph.h"
#include "graph_draw.h"
#include "graph_layout.h"
#include "graph_render.h"
#include "graph_select.h"

const char *lh_report_graph_format(const struct lh_graph_options *options, const char *path)
{
    static const char *const formats[] = {"dot", "svg", "png", "pdf"};
    const char *name = options->format, *dot = strrchr(path, '.');

    if (name == NULL && dot != NULL && strchr(dot, '/') == NULL)
        name = dot + 1;
    if (name != NULL && strcmp(name, "gv") == 0)
        name = "dot";
    for (size_t i = 0; name != NULL && i < sizeof formats / sizeof *formats; i++)
        if (strcmp(name, formats[i]) == 0)
            return formats[i];
    return NULL;
}

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

/* Half a picture is worse than none; what is no plain file (/dev/stdout) stays. */
static void remove_broken(int fd, const char *path)
{
    struct stat status;

    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        unlink(path);
}

static int write_picture(const struct lh_picture *picture, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        return -errno;
    int result = write_all(fd, picture->bytes, picture->size);
    if (result != 0)
        remove_broken(fd, path);
    if (close(fd) != 0 && result == 0)
        result = -errno;
    return result;
}

static int draw(const struct lh_report *report, const struct lh_graph_options *options,
                struct lh_class_graph *classes, const char *format, struct lh_picture *ret,
                const char **ret_why)
{
    struct lh_selection selection;
    const struct lh_graph_bounds *bounds = strcmp(format, "dot") != 0 ? &lh_graph_readable : NULL;
    int result = lh_graph_select(classes, options, bounds, &selection);

    if (result == -ENOENT)
        *ret_why = "no lock class has this in its name (lockhound locks lists them)";
    if (result != 0)
        return result;
    enum lh_layout layout;
    result = lh_graph_layout(classes, &layout);
    if (result != 0)
        return result;
    Agraph_t *graph = lh_graph_draw(report, classes, options, &selection, layout);
    if (graph == NULL)
        return -ENOMEM;
    result = lh_graph_render(graph, layout, format, ret, ret_why);
    agclose(graph);
    return result;
}

int lh_report_graph(const struct lh_report *report, const struct lh_graph_options *options,
                    const char *path, const char **ret_why)
{
    const char *format = lh_report_graph_format(options, path), *why = NULL;
    struct lh_programs *programs = NULL;
    struct lh_class_graph classes = {0};
    struct lh_picture picture = {NULL, 0};
    int result;

    if (format == NULL) {
        why = "unknown graph format (dot, svg, png and pdf are known)";
        result = -EINVAL;
    } else {
        programs = lh_programs_new(report->model);
        result = programs == NULL
                     ? -ENOMEM
                     : lh_class_graph_build(report->model, programs, report->findings, &classes);
    }
    if (result == 0) {
        result = draw(report, options, &classes, format, &picture, &why);
        lh_class_graph_free(&classes);
    }
    if (result == 0) {
        result = write_picture(&picture, path);
        free(picture.bytes);
    }
    lh_programs_free(programs);
    if (result != 0 && ret_why != NULL)
        *ret_why = why != NULL ? why : strerror(-result);
    return result;
}
