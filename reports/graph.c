/* The lock graph as a file, drawn by graphviz's own libraries. */
#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <graphviz/gvc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class_graph.h"
#include "graph_draw.h"
#include "graph_layout.h"
#include "graph_select.h"

struct picture {
    char *bytes; /* malloced */
    size_t size;
};

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

/* Graphviz says on stderr what its libraries think; a library of ours prints nothing. */
static int keep_silent(char *message)
{
    (void)message;
    return 0;
}

static int write_source(Agraph_t *graph, FILE *out)
{
    return agwrite(graph, out) == 0 ? 0 : -EIO;
}

/*
 * One for the whole process and never freed: graphviz 2.4x's pango plugin remembers the last font
 * by an address that gvFreeContext() frees, and compares with it when the next text is measured.
 */
static GVC_t *the_context(void)
{
    static GVC_t *context;

    if (context == NULL)
        context = gvContext();
    return context;
}

/* sfdp is a plugin of its own, which may be missing; dot takes longer but comes to an end. */
static int lay_out(GVC_t *context, Agraph_t *graph, enum lh_layout layout)
{
    if (layout == LH_LAYOUT_SPRING && gvLayout(context, graph, "sfdp") == 0)
        return 0;
    return gvLayout(context, graph, "dot");
}

static int render(Agraph_t *graph, enum lh_layout layout, const char *format, FILE *out,
                  const char **ret_why)
{
    GVC_t *context = the_context();
    int result = 0;

    if (context == NULL)
        return -ENOMEM;
    if (strcmp(format, "png") == 0) /* beyond 32767 pixels the renderer complains on stderr */
        agsafeset(graph, (char *)"size", (char *)"160,160", (char *)"");
    if (lay_out(context, graph, layout) != 0) {
        *ret_why = "graphviz could not lay the graph out (is its dot plugin installed? a .dot file "
                   "needs none)";
        return -ENOTSUP;
    }
    if (gvRender(context, graph, format, out) != 0) {
        *ret_why = "graphviz has no plugin for this format (svg and dot need none)";
        result = -ENOTSUP;
    }
    gvFreeLayout(context, graph);
    return result;
}

/* Into memory first: graphviz ends the process when a write fails. */
static int make_picture(Agraph_t *graph, enum lh_layout layout, const char *format,
                        struct picture *ret, const char **ret_why)
{
    struct picture picture = {NULL, 0};
    FILE *out = open_memstream(&picture.bytes, &picture.size);

    if (out == NULL)
        return -errno;
    agusererrf before = agseterrf(keep_silent);
    int result = strcmp(format, "dot") == 0 ? write_source(graph, out)
                                            : render(graph, layout, format, out, ret_why);
    agseterrf(before);
    if (fclose(out) != 0 && result == 0)
        result = -ENOMEM;
    if (result == 0 && picture.size == 0)
        result = -EIO;
    if (result != 0) {
        free(picture.bytes);
        return result;
    }
    *ret = picture;
    return 0;
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

static int write_picture(const struct picture *picture, const char *path)
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
                struct lh_class_graph *classes, const char *format, struct picture *ret,
                const char **ret_why)
{
    struct lh_selection selection;
    int result = lh_graph_select(classes, options, strcmp(format, "dot") != 0, &selection);

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
    result = make_picture(graph, layout, format, ret, ret_why);
    agclose(graph);
    return result;
}

int lh_report_graph(const struct lh_report *report, const struct lh_graph_options *options,
                    const char *path, const char **ret_why)
{
    const char *format = lh_report_graph_format(options, path), *why = NULL;
    struct lh_class_graph classes = {0};
    struct picture picture = {NULL, 0};
    int result;

    if (format == NULL) {
        why = "unknown graph format (dot, svg, png and pdf are known)";
        result = -EINVAL;
    } else {
        result = lh_class_graph_build(report->model, report->findings, &classes);
    }
    if (result == 0) {
        result = draw(report, options, &classes, format, &picture, &why);
        lh_class_graph_free(&classes);
    }
    if (result == 0) {
        result = write_picture(&picture, path);
        free(picture.bytes);
    }
    if (result != 0 && ret_why != NULL)
        *ret_why = why != NULL ? why : strerror(-result);
    return result;
}
