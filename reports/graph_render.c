#include "graph_render.h"

#include <errno.h>
#include <graphviz/gvc.h>
#include <stdlib.h>
#include <string.h>

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
int lh_graph_render(Agraph_t *graph, enum lh_layout layout, const char *format,
                    struct lh_picture *ret, const char **ret_why)
{
    struct lh_picture picture = {NULL, 0};
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
