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

static bool starts_the_program(const struct lh_frame *frame)
{
    return lh_site_is_runtime(frame) ||
           (frame->function != NULL && strcmp(frame->function, "_start") == 0);
}

struct lh_shown_frames lh_shown_frames(const struct lh_stack *stack)
{
    struct lh_shown_frames frames = {.stack = stack};
    size_t n = stack->frames != NULL ? stack->n_frames : 0;

    frames.end = n;
    while (frames.end > 0 && starts_the_program(&stack->frames[frames.end - 1]))
        frames.end--;
    if (frames.end == 0) {
        frames.end = n;
        frames.all = true;
    }
    return frames;
}

/* The runtime called itself: the next frame outwards is the runtime's too. */
static bool inside_runtime(const struct lh_shown_frames *frames, size_t place)
{
    return lh_site_is_runtime(&frames->stack->frames[place]) && place + 1 < frames->end &&
           lh_site_is_runtime(&frames->stack->frames[place + 1]);
}

const struct lh_frame *lh_shown_next(struct lh_shown_frames *frames)
{
    while (frames->next < frames->end) {
        size_t place = frames->next++;
        const struct lh_frame *frame = &frames->stack->frames[place];
        if (frames->all || (!lh_frame_is_recorder(frame) && !inside_runtime(frames, place)))
            return frame;
    }
    return NULL;
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
