#include "stack_text.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "site.h"

const char *lh_short_path(const char *path)
{
    char here[PATH_MAX];

    if (path[0] != '/' || getcwd(here, sizeof here) == NULL)
        return path;
    size_t size = strlen(here);
    if (size > 1 && strncmp(path, here, size) == 0 && path[size] == '/' && path[size + 1] != '\0')
        return path + size + 1;
    return path;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool lh_frame_is_recorder(const struct lh_frame *frame)
{
    return frame->module != NULL && starts_with(lh_site_basename(frame->module), "liblockhound.so");
}

static bool in_libc(const struct lh_frame *frame)
{
    if (frame->module == NULL)
        return false;
    const char *name = lh_site_basename(frame->module);
    return starts_with(name, "libc.so") || starts_with(name, "libc-") ||
           starts_with(name, "libpthread") || starts_with(name, "ld-linux");
}

static bool starts_programs(const struct lh_frame *frame)
{
    static const char *const names[] = {
        "_start",
        "__libc_start_main",
        "__libc_start_main_impl",
        "__libc_start_call_main",
        "start_thread",
        "clone",
        "__clone",
        "clone3",
        "__clone3",
        "thread_start",
    };

    if (frame->function == NULL)
        return in_libc(frame);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(frame->function, names[i]) == 0)
            return strcmp(names[i], "_start") == 0 || in_libc(frame);
    return starts_with(frame->function, "__libc_start_main@");
}

size_t lh_stack_shown(const struct lh_stack *stack)
{
    size_t n = stack->frames != NULL ? stack->n_frames : 0;
    size_t shown = n;

    while (shown > 0 && (starts_programs(&stack->frames[shown - 1]) ||
                         lh_frame_is_recorder(&stack->frames[shown - 1])))
        shown--;
    return shown > 0 ? shown : n; /* a stack of nothing else is shown as it is */
}

/* The name and the number after it, as "%s%s"; returns the name. */
static const char *place_parts(const struct lh_frame *frame, char *buffer, size_t size)
{
    if (frame->file != NULL && frame->line > 0) {
        snprintf(buffer, size, ":%d", frame->line);
        return lh_short_path(frame->file);
    }
    if (frame->module != NULL) {
        snprintf(buffer, size, "+0x%" PRIx64, frame->offset);
        return lh_site_basename(frame->module);
    }
    snprintf(buffer, size, "0x%" PRIx64, frame->offset);
    return "";
}

void lh_put_place(FILE *out, const struct lh_frame *frame)
{
    char number[32];

    lh_put_terminal(out, place_parts(frame, number, sizeof number));
    fputs(number, out);
}

size_t lh_place_columns(const struct lh_frame *frame)
{
    char number[32];

    return lh_terminal_columns(place_parts(frame, number, sizeof number)) + strlen(number);
}
