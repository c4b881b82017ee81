#include "html_tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "held_text.h"
#include "map.h"
#include "pool.h"
#include "site.h"
#include "source_lines.h"
#include "stack_text.h"
#include "words.h"

#define AROUND    3   /* lines of source before and after a place */
#define LINE_MOST 240 /* characters of a line */
/* Bytes that the page may have after what one can go without; of that there is always some. */
#define STACKS_UNTIL   1200000 /* stacks as lists */
#define EXCERPTS_UNTIL 1500000
#define ROOM_LEAST     100000
#define ROOM_MOST      400000

/* Of a frame in the page's data. */
enum frame_flags {
    FRAME_INLINED = 1,
    FRAME_RUNTIME = 2,
};

struct frame_row {
    const struct lh_frame *frame;
    const char *place;
    uint64_t since; /* when its process began */
    bool site;      /* of a stack */
    uint32_t excerpt;
};

struct stack_row {
    const struct lh_process *process;
    const struct lh_stack *stack;
    uint32_t *frames; /* numbers; the pool's */
    uint32_t n_frames, site;
    bool linked;
};

struct lock_row {
    const struct lh_process *process;
    uint32_t index, birth;
};

/* Numbers given so far to what is in a process, by the numbers of the trace, plus 1; made when
 * first needed. */
struct numbers {
    struct numbers *next;
    const struct lh_process *process;
    uint32_t *stacks, *locks;
};

struct lh_html_tables {
    struct lh_programs *programs;
    struct lh_pool *pool;
    struct lh_map *frames_by_text, *stacks_by_frames, *numbers_by_process;
    struct lh_sources *sources;
    struct frame_row *frames;
    size_t n_frames, frames_capacity;
    struct stack_row *stacks;
    size_t n_stacks, stacks_capacity;
    struct lock_row *locks;
    size_t n_locks, locks_capacity;
    struct numbers *numbers; /* a list */
    size_t excerpts_left_out;
    bool failed;
};

struct lh_html_tables *lh_html_tables_new(const struct lh_report *report)
{
    struct lh_html_tables *tables = calloc(1, sizeof *tables);

    if (tables == NULL)
        return NULL;
    tables->programs = lh_programs_new(report->model);
    tables->pool = lh_pool_new();
    tables->frames_by_text = lh_map_new();
    tables->stacks_by_frames = lh_map_new();
    tables->numbers_by_process = lh_map_new();
    tables->sources = lh_sources_new(report->source_root);
    if (tables->programs != NULL && tables->pool != NULL && tables->frames_by_text != NULL &&
        tables->stacks_by_frames != NULL && tables->numbers_by_process != NULL &&
        tables->sources != NULL)
        return tables;
    lh_html_tables_free(tables);
    return NULL;
}

void lh_html_tables_free(struct lh_html_tables *tables)
{
    if (tables == NULL)
        return;
    for (struct numbers *numbers = tables->numbers; numbers != NULL; numbers = numbers->next) {
        free(numbers->stacks);
        free(numbers->locks);
    }
    free(tables->frames);
    free(tables->stacks);
    free(tables->locks);
    lh_map_free(tables->frames_by_text);
    lh_map_free(tables->stacks_by_frames);
    lh_map_free(tables->numbers_by_process);
    lh_sources_free(tables->sources);
    lh_programs_free(tables->programs);
    lh_pool_free(tables->pool); /* the list of numbers lies in it */
    free(tables);
}

bool lh_html_tables_failed(const struct lh_html_tables *tables)
{
    return tables->failed;
}

static uint32_t fail(struct lh_html_tables *tables)
{
    tables->failed = true;
    return LH_HTML_NONE;
}

/* NULL: out of memory, remembered. */
static struct numbers *numbers_of(struct lh_html_tables *tables, const struct lh_process *process)
{
    struct numbers *numbers = lh_map_get(tables->numbers_by_process, &process, sizeof process);

    if (numbers != NULL)
        return numbers;
    numbers = lh_pool_alloc(tables->pool, sizeof *numbers);
    if (numbers != NULL) {
        numbers->process = process;
        numbers->next = tables->numbers;
        tables->numbers = numbers;
        if (lh_map_put(tables->numbers_by_process, &numbers->process, sizeof process, numbers) == 0)
            return numbers;
    }
    fail(tables);
    return NULL;
}

const struct lh_programs *lh_html_programs(const struct lh_html_tables *tables)
{
    return tables->programs;
}

size_t lh_html_node(const struct lh_html_tables *tables, const struct lh_process *process,
                    uint32_t class_id)
{
    return lh_programs_number(tables->programs, process, class_id);
}

/* ---- frames ---- */

/* The place as text, in the pool. NULL: out of memory. */
static const char *place_of(struct lh_html_tables *tables, const struct lh_frame *frame)
{
    char *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);

    if (memory == NULL)
        return NULL;
    lh_put_place(memory, frame);
    const char *kept = fclose(memory) == 0 ? lh_pool_strdup(tables->pool, text) : NULL;
    free(text);
    return kept;
}

static uint32_t add_frame(struct lh_html_tables *tables, const struct lh_process *process,
                          const struct lh_frame *frame, const char *place, const char *key)
{
    if (lh_grow(&tables->frames, &tables->frames_capacity, tables->n_frames + 1,
                sizeof *tables->frames) != 0)
        return fail(tables);
    tables->frames[tables->n_frames++] = (struct frame_row){
        .frame = frame,
        .place = place,
        .since = process->start_realtime,
        .excerpt = LH_HTML_NONE,
    };
    if (lh_map_put(tables->frames_by_text, key, strlen(key), (void *)tables->n_frames) != 0)
        return fail(tables);
    return (uint32_t)(tables->n_frames - 1);
}

uint32_t lh_html_frame(struct lh_html_tables *tables, const struct lh_process *process,
                       const struct lh_frame *frame)
{
    if (frame == NULL)
        return LH_HTML_NONE;
    const char *place = place_of(tables, frame);
    if (place == NULL)
        return fail(tables);
    const char *key = lh_pool_printf(tables->pool, "%d %s\n%s", frame->inlined,
                                     frame->function != NULL ? frame->function : "", place);
    if (key == NULL)
        return fail(tables);
    uintptr_t number = (uintptr_t)lh_map_get(tables->frames_by_text, key, strlen(key));
    return number != 0 ? (uint32_t)number - 1 : add_frame(tables, process, frame, place, key);
}

static void put_excerpt(const struct frame_row *row, const struct lh_excerpt *excerpt, FILE *out)
{
    fprintf(out, "[%d,%d,%d", excerpt->first, row->frame->line,
            row->since != 0 && excerpt->changed_at > row->since);
    for (size_t at = 0; at < excerpt->size;) {
        const char *end = memchr(excerpt->text + at, '\n', excerpt->size - at);
        size_t size = end != NULL ? (size_t)(end - excerpt->text) - at : excerpt->size - at;
        char *line = strndup(excerpt->text + at, size);
        if (size > 0 && line != NULL && line[size - 1] == '\r')
            line[size - 1] = '\0';
        putc(',', out);
        lh_put_script_text(out, line != NULL ? line : "", LINE_MOST);
        free(line);
        at += size + 1;
    }
    putc(']', out);
}

static long room(long used, long until)
{
    long left = until - used;

    return left < ROOM_LEAST ? ROOM_LEAST : left > ROOM_MOST ? ROOM_MOST : left;
}

/* First of the places that a reader looks at first; as long as there is room, of the others too. */
static void put_excerpts(struct lh_html_tables *tables, FILE *out)
{
    long end = ftell(out) + room(ftell(out), EXCERPTS_UNTIL);
    struct lh_excerpt excerpt;
    uint32_t count = 0;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < tables->n_frames; i++) {
            struct frame_row *row = &tables->frames[i];
            if (row->site != (pass == 0) || !lh_source_excerpt(tables->sources, row->frame->file,
                                                               row->frame->line, AROUND, &excerpt))
                continue;
            if (ftell(out) >= end) {
                tables->excerpts_left_out++;
                continue;
            }
            if (count > 0)
                fputs(",\n", out);
            put_excerpt(row, &excerpt, out);
            row->excerpt = count++;
        }
}

static const char *function_name(const struct lh_frame *frame)
{
    return frame->function != NULL ? frame->function : "??";
}

static void put_frame(const struct frame_row *row, FILE *out)
{
    int flags = (row->frame->inlined ? FRAME_INLINED : 0) |
                (lh_site_is_runtime(row->frame) ? FRAME_RUNTIME : 0);

    putc('[', out);
    lh_put_script_text(out, function_name(row->frame), SIZE_MAX);
    putc(',', out);
    lh_put_script_text(out, row->place, SIZE_MAX);
    if (flags != 0 || row->excerpt != LH_HTML_NONE)
        fprintf(out, ",%d", flags);
    if (row->excerpt != LH_HTML_NONE)
        fprintf(out, ",%" PRIu32, row->excerpt);
    putc(']', out);
}

/* ---- stacks ---- */

static bool collect_frames(struct lh_html_tables *tables, struct stack_row *row)
{
    struct lh_shown_frames shown = lh_shown_frames(row->stack);
    const struct lh_frame *site = lh_site_frame(row->process, row->stack->id);

    row->frames = lh_pool_alloc(tables->pool, (row->stack->n_frames + 1) * sizeof *row->frames);
    if (row->frames == NULL)
        return false;
    for (const struct lh_frame *frame; (frame = lh_shown_next(&shown)) != NULL;) {
        uint32_t number = lh_html_frame(tables, row->process, frame);
        if (number == LH_HTML_NONE)
            return false;
        if (frame == site) {
            row->site = row->n_frames;
            tables->frames[number].site = true;
        }
        row->frames[row->n_frames++] = number;
    }
    return true;
}

/* Stacks of the same frames, at other addresses or in other processes, are one. */
static uint32_t add_stack(struct lh_html_tables *tables, const struct lh_process *process,
                          const struct lh_stack *stack)
{
    struct stack_row row = {.process = process, .stack = stack};

    if (!collect_frames(tables, &row))
        return fail(tables);
    row.frames[row.n_frames] = stack->cut; /* part of the key */
    size_t key_size = (row.n_frames + 1) * sizeof *row.frames;
    uintptr_t same = (uintptr_t)lh_map_get(tables->stacks_by_frames, row.frames, key_size);
    if (same != 0)
        return (uint32_t)same - 1;
    if (lh_grow(&tables->stacks, &tables->stacks_capacity, tables->n_stacks + 1,
                sizeof *tables->stacks) != 0)
        return fail(tables);
    tables->stacks[tables->n_stacks++] = row;
    if (lh_map_put(tables->stacks_by_frames, row.frames, key_size, (void *)tables->n_stacks) != 0)
        return fail(tables);
    return (uint32_t)(tables->n_stacks - 1);
}

/* The place for a number; NULL: out of memory, remembered. */
static uint32_t *number_place(struct lh_html_tables *tables, uint32_t **numbers, size_t count,
                              size_t index)
{
    if (*numbers == NULL)
        *numbers = calloc(count + 1, sizeof **numbers);
    if (*numbers == NULL) {
        fail(tables);
        return NULL;
    }
    return &(*numbers)[index];
}

uint32_t lh_html_stack(struct lh_html_tables *tables, const struct lh_process *process, uint32_t id)
{
    const struct lh_stack *stack = lh_process_stack(process, id);

    if (id >= process->n_stacks || stack->n_frames == 0 || stack->frames == NULL)
        return LH_HTML_NONE;
    struct numbers *numbers = numbers_of(tables, process);
    uint32_t *place =
        numbers != NULL ? number_place(tables, &numbers->stacks, process->n_stacks, id) : NULL;
    if (place != NULL && *place == 0)
        *place = add_stack(tables, process, stack) + 1;
    return place != NULL ? *place - 1 : LH_HTML_NONE;
}

static void put_stack(const struct stack_row *row, FILE *out)
{
    fprintf(out, "[%" PRIu32 ",%d", row->site, row->stack->cut);
    for (uint32_t i = 0; i < row->n_frames; i++)
        fprintf(out, ",%" PRIu32, row->frames[i]);
    putc(']', out);
}

static void put_stack_list(const struct lh_html_tables *tables, const struct stack_row *row,
                           size_t number, FILE *out)
{
    fprintf(out, "<h3 id=\"s%zu\">Stack %zu</h3>\n<ol start=\"0\">\n", number, number);
    for (uint32_t i = 0; i < row->n_frames; i++) {
        const struct frame_row *frame = &tables->frames[row->frames[i]];
        fputs("<li><code>", out);
        lh_put_html(out, function_name(frame->frame));
        fputs("</code> ", out);
        lh_put_html(out, frame->place);
        fputs(frame->frame->inlined ? " (inlined)</li>\n" : "</li>\n", out);
    }
    fputs("</ol>\n", out);
    if (row->stack->cut)
        fputs("<p>Deeper than what is recorded of a stack.</p>\n", out);
}

void lh_html_put_stacks(struct lh_html_tables *tables, FILE *out)
{
    long end = ftell(out) + room(ftell(out), STACKS_UNTIL);
    size_t i = 0;

    for (; i < tables->n_stacks && ftell(out) < end; i++)
        put_stack_list(tables, &tables->stacks[i], i, out);
    if (i == tables->n_stacks)
        return;
    fprintf(out,
            "<p>%zu more stacks are shown only where scripts run, or by "
            "<code>--format text</code>.",
            tables->n_stacks - i);
    for (; i < tables->n_stacks; i++)
        if (tables->stacks[i].linked)
            fprintf(out, "<i id=\"s%zu\"></i>", i);
    fputs("</p>\n", out);
}

void lh_html_link_stack(struct lh_html_tables *tables, uint32_t number)
{
    if (number < tables->n_stacks)
        tables->stacks[number].linked = true;
}

/* ---- locks ---- */

uint32_t lh_html_lock(struct lh_html_tables *tables, const struct lh_process *process,
                      uint32_t index)
{
    struct numbers *numbers = index < process->n_locks ? numbers_of(tables, process) : NULL;

    if (numbers == NULL)
        return LH_HTML_NONE;
    uint32_t *place = number_place(tables, &numbers->locks, process->n_locks, index);
    if (place == NULL)
        return LH_HTML_NONE;
    if (*place == 0) {
        uint32_t birth =
            lh_html_stack(tables, process, lh_process_lock(process, index)->birth_stack);
        if (lh_grow(&tables->locks, &tables->locks_capacity, tables->n_locks + 1,
                    sizeof *tables->locks) != 0)
            return fail(tables);
        tables->locks[tables->n_locks++] = (struct lock_row){process, index, birth};
        *place = (uint32_t)tables->n_locks;
    }
    return *place - 1;
}

/* The parts of a lock's name: its own, and where its class was born, if that does not say it. */
static const char *lock_name(const struct lh_process *process, uint32_t index, char buffer[32],
                             const char **ret_place)
{
    const struct lh_lock *lock = lh_process_lock(process, index);
    const char *place = lh_class_place(lh_process_class(process, index)->name);

    *ret_place = "";
    if (lock->name == NULL || lock->name[0] == '\0') {
        snprintf(buffer, 32, "lock 0x%" PRIx64, lock->addr);
        return buffer;
    }
    if (strcmp(lh_class_place(lock->name), place) != 0)
        *ret_place = place;
    return lock->name;
}

void lh_html_put_lock_name(FILE *out, const struct lh_process *process, uint32_t index)
{
    char buffer[32];
    const char *place, *name = lock_name(process, index, buffer, &place);

    lh_put_html(out, name);
    lh_put_html(out, place);
}

void lh_html_put_number(FILE *out, uint32_t number)
{
    if (number == LH_HTML_NONE)
        fputs("null", out);
    else
        fprintf(out, "%" PRIu32, number);
}

static void put_attributes(const struct lh_lock *lock, FILE *out)
{
    const char *attribute, *separator = "";

    putc('"', out);
    for (size_t i = 0; (attribute = lh_lock_attribute(lock->flags, i)) != NULL; i++) {
        if (strcmp(attribute, "ended") == 0)
            continue;
        fprintf(out, "%s%s", separator, attribute);
        separator = " ";
    }
    putc('"', out);
}

static void put_lock(const struct lh_html_tables *tables, const struct lock_row *row, FILE *out)
{
    const struct lh_lock *lock = lh_process_lock(row->process, row->index);
    const struct lh_class *class = lh_process_class(row->process, row->index);
    char buffer[32];
    const char *place, *name = lock_name(row->process, row->index, buffer, &place);

    putc('[', out);
    lh_put_script_text(out, name, SIZE_MAX);
    putc(',', out);
    lh_put_script_text(out, place, SIZE_MAX);
    putc(',', out);
    lh_put_script_text(out, class->n_locks > 1 && class->name != NULL ? class->name : "", SIZE_MAX);
    fprintf(out, ",%" PRIu32 ",\"%s\",", class->n_locks, lh_lock_kind_name(lock->kind));
    put_attributes(lock, out);
    fprintf(out, ",\"0x%" PRIx64 "\",%d,", lock->addr, (lock->flags & LH_LOCK_INIT_SEEN) != 0);
    lh_html_put_number(out, row->birth);
    fprintf(out, ",%zu]", lh_html_node(tables, row->process, lock->class_id));
}

/* ---- all of it ---- */

void lh_html_put_tables(struct lh_html_tables *tables, FILE *out)
{
    fputs("\"excerpts\":[", out);
    put_excerpts(tables, out);
    fprintf(out, "],\n\"excerpts_left_out\":%zu,\n\"frames\":[", tables->excerpts_left_out);
    for (size_t i = 0; i < tables->n_frames; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        put_frame(&tables->frames[i], out);
    }
    fputs("],\n\"stacks\":[", out);
    for (size_t i = 0; i < tables->n_stacks; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        put_stack(&tables->stacks[i], out);
    }
    fputs("],\n\"locks\":[", out);
    for (size_t i = 0; i < tables->n_locks; i++) {
        fputs(i > 0 ? ",\n" : "", out);
        put_lock(tables, &tables->locks[i], out);
    }
    fputs("],\n", out);
}
