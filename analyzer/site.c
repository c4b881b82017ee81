#include "site.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

const char *lh_site_basename(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_runtime_module(const char *path)
{
    static const char *const prefixes[] = {"libc.so",  "libpthread", "libstdc++",   "libc++",
                                           "ld-linux", "ld-musl",    "liblockhound"};
    const char *name = lh_site_basename(path);

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (starts_with(name, prefixes[i]))
            return true;
    /* libc-2.31.so, but not libc-client.so */
    return starts_with(name, "libc-") && isdigit((unsigned char)name[5]);
}

/* Where the qualified name begins: behind the return type that demangled templates carry. */
static const char *qualified_name(const char *function)
{
    const char *name = function;
    int depth = 0;

    for (const char *at = function; *at && !(*at == '(' && depth == 0); at++) {
        if (*at == '<')
            depth++;
        else if (*at == '>')
            depth--;
        else if (*at == ' ' && depth == 0)
            name = at + 1;
    }
    return name;
}

static bool is_runtime_function(const char *function)
{
    /* With "<", types of Rust's libraries and what they implement. */
    static const char *const prefixes[] = {"std::",  "__gnu_cxx::", "__gthread",
                                           "<std::", "<core::",     "<alloc::"};
    const char *name = qualified_name(function);

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (starts_with(name, prefixes[i]) || starts_with(function, prefixes[i]))
            return true;
    return false;
}

/* The modules of Python's library that wrap locks: what matters is who called them. */
static bool is_python_runtime(const struct lh_frame *frame)
{
    static const char *const files[] = {"/threading.py",
                                        "/queue.py",
                                        "/concurrent/futures/_base.py",
                                        "/concurrent/futures/thread.py",
                                        "/multiprocessing/context.py",
                                        "/multiprocessing/queues.py",
                                        "/multiprocessing/synchronize.py"};
    const char *library = frame->file ? strstr(frame->file, "/python3") : NULL;

    if (!library || !lh_frame_is_python(frame))
        return false;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *found = strstr(library, files[i]);
        if (found && !found[strlen(files[i])])
            return true;
    }
    return false;
}

/* Where the sources of Rust's libraries lay when they were compiled, or lie as a component. */
static bool is_rust_runtime(const char *file)
{
    return strstr(file, "/library/") &&
           (starts_with(file, "/rustc/") || strstr(file, "/rustlib/src/rust/"));
}

bool lh_site_is_runtime(const struct lh_frame *frame)
{
    return (frame->file && is_rust_runtime(frame->file)) ||
           (frame->module && is_python_runtime(frame)) ||
           (frame->module && is_runtime_module(frame->module)) ||
           (frame->function && is_runtime_function(frame->function));
}

const struct lh_frame *lh_site_frame(const struct lh_process *process, uint32_t stack)
{
    const struct lh_stack *found = lh_process_stack(process, stack);

    if (!found->frames)
        return NULL;
    for (size_t i = 0; i < found->n_frames; i++)
        if (!lh_site_is_runtime(&found->frames[i]))
            return &found->frames[i];
    return found->n_frames ? &found->frames[0] : NULL;
}

const char *lh_site_function(const struct lh_process *process, uint32_t stack)
{
    const struct lh_frame *frame = lh_site_frame(process, stack);

    if (frame && frame->function)
        return frame->function;
    if (frame && frame->module)
        return lh_site_basename(frame->module);
    return "?";
}

static const char *frame_text(struct lh_pool *pool, const struct lh_frame *frame)
{
    if (!frame || (!frame->function && !frame->module))
        return "an unknown place";
    if (!frame->function)
        return lh_pool_printf(pool, "%s+0x%" PRIx64, lh_site_basename(frame->module),
                              frame->offset);
    if (!frame->file)
        return lh_pool_strdup(pool, frame->function);
    if (frame->line <= 0)
        return lh_pool_printf(pool, "%s (%s)", frame->function, lh_site_basename(frame->file));
    return lh_pool_printf(pool, "%s (%s:%d)", frame->function, lh_site_basename(frame->file),
                          frame->line);
}

const char *lh_site_text(struct lh_pool *pool, const struct lh_process *process, uint32_t stack)
{
    return frame_text(pool, lh_site_frame(process, stack));
}

static bool is_same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_function(const struct lh_frame *a, const struct lh_frame *b)
{
    return is_same_text(a->module, b->module) && is_same_text(a->function, b->function) &&
           (a->function || a->offset == b->offset);
}

/* The frame `i` from the outside. NULL: there is none. */
static const struct lh_frame *outer(const struct lh_stack *stack, size_t i)
{
    return i < stack->n_frames ? &stack->frames[stack->n_frames - 1 - i] : NULL;
}

/* Did both go on through one call? What it called may have been compiled into it, as many places.
 */
static bool is_same_call(const struct lh_stack *from, const struct lh_stack *to, size_t i)
{
    const struct lh_frame *a = outer(from, i), *b = outer(to, i);
    const struct lh_frame *next_a = outer(from, i + 1), *next_b = outer(to, i + 1);

    if (!next_a || !next_b || a->line != b->line)
        return false;
    return a->offset == b->offset || (next_a->inlined && next_b->inlined);
}

/* The last frame of `to` that both stacks share: it called for both. NULL: no code of its own. */
static const struct lh_frame *meeting_frame(const struct lh_stack *from, const struct lh_stack *to)
{
    const struct lh_frame *found = NULL;

    for (size_t i = 0; outer(from, i) && outer(to, i); i++) {
        if (!is_same_function(outer(from, i), outer(to, i)))
            break;
        found = outer(to, i);
        if (!is_same_call(from, to, i))
            break;
    }
    return found && !lh_site_is_runtime(found) ? found : NULL;
}

const char *lh_meeting_text(struct lh_pool *pool, const struct lh_process *process, uint32_t from,
                            uint32_t to)
{
    const struct lh_stack *first = lh_process_stack(process, from);
    const struct lh_stack *second = lh_process_stack(process, to);
    const struct lh_frame *frame = NULL;

    if (first && second && first->frames && second->frames)
        frame = meeting_frame(first, second);
    return frame ? frame_text(pool, frame) : lh_site_text(pool, process, to);
}

size_t lh_site_name_length(const char *function)
{
    static const char *const marks[] = {" [clone", ".constprop.", ".isra.",
                                        ".part.",  ".cold",       ".lto_priv."};
    size_t length = strlen(function);

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const char *mark = strstr(function, marks[i]);
        if (mark && (size_t)(mark - function) < length)
            length = (size_t)(mark - function);
    }
    return length;
}
