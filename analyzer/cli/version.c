#include "version.h"

#include <elfutils/libdwfl.h>
#include <gnu/libc-version.h>
#include <graphviz/gvc.h>
#include <jansson.h>
#include <stdio.h>

#include "trace.h"

static void print_row(const char *name, const char *value)
{
    printf("  %-14s %s\n", name, value);
}

static void print_graphviz(void)
{
    GVC_t *context = gvContext();

    if (context) {
        print_row("graphviz", gvcVersion(context));
        gvFreeContext(context);
    }
}

void lh_print_version(bool verbose)
{
    puts("lockhound " LH_VERSION);
    if (!verbose)
        return;
    printf("  %-14s %u\n", "trace format", LH_TRACE_VERSION);
    print_row("compiler", __VERSION__);
    print_row("build", LH_BUILD);
    print_row("library", LH_LIBDIR "/liblockhound.so");
    puts("libraries:");
    print_row("elfutils", dwfl_version(NULL));
    print_row("jansson", JANSSON_VERSION);
    print_graphviz();
    print_row("glibc", gnu_get_libc_version());
}
