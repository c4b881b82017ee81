#include "text_finding.h"

#include <inttypes.h>
#include <string.h>

#include "escape.h"
#include "held_text.h"
#include "stack_text.h"
#include "site.h"
#include "words.h"

#define PIDS_SHOWN     8
#define STACK_INDENT   11
#define FUNCTION_MOST  36 /* wider functions get their place on the next line */
#define FRAMES_MOST    28 /* deeper stacks are cut in the middle */
#define FRAMES_OUTER   4  /* of them at the outer end */
#define ALSO_HELD_MOST 4  /* further held locks with their stacks; of the rest just the place */

/* The stack of everything of a finding, for what is measured before it is printed. */
typedef void visit_stack(const struct lh_finding *finding, uint32_t stack, size_t *most);

static void visit_all(const struct lh_finding *finding, visit_stack *visit, size_t *most)
{
    for (size_t i = 0; i < finding->n_participants; i++) {
        const struct lh_participant *participant = &finding->participants[i];
        for (size_t k = 0; k < participant->n_holds; k++)
            visit(finding, participant->holds[k].stack, most);
        if (participant->has_wants || participant->joins != LH_NO_THREAD)
            visit(finding, participant->wants.stack, most);
        if (participant->access != NULL)
            visit(finding, participant->access->stack, most);
    }
    if (finding->memory != NULL && finding->memory->block != NULL)
        visit(finding, finding->memory->block->stack, most);
}

static const char *function_name(const struct lh_frame *frame)
{
    return frame->function != NULL ? frame->function : "??";
}

static void widest_function(const struct lh_finding *finding, uint32_t stack, size_t *most)
{
    struct lh_shown_frames frames = lh_shown_frames(lh_process_stack(finding->process, stack));

    for (const struct lh_frame *frame; (frame = lh_shown_next(&frames)) != NULL;) {
        size_t columns = lh_terminal_columns(function_name(frame));
        if (columns > *most && columns <= FUNCTION_MOST)
            *most = columns;
    }
}

static void put_place(const struct lh_style *style, const struct lh_frame *frame)
{
    if (frame->file == NULL)
        lh_paint_begin(style, LH_PAINT_DIM);
    else
        lh_paint_begin(style, LH_PAINT_CYAN);
    lh_put_place(style->out, frame);
    lh_paint_end(style);
}

static void put_frame(const struct lh_style *style, const struct lh_frame *frame, size_t number,
                      size_t width)
{
    const char *function = function_name(frame);
    size_t columns = lh_terminal_columns(function);

    lh_put_spaces(style->out, STACK_INDENT);
    int prefix = fprintf(style->out, "#%zu ", number);
    lh_put_terminal(style->out, function);
    if (columns > width) {
        putc('\n', style->out);
        columns = 0;
        lh_put_spaces(style->out, STACK_INDENT + (size_t)prefix);
    }
    lh_put_spaces(style->out, width - columns + 2);
    put_place(style, frame);
    fputs(frame->inlined ? "  (inlined)\n" : "\n", style->out);
}

static void put_stack_note(const struct lh_style *style, const char *text)
{
    lh_put_spaces(style->out, STACK_INDENT);
    lh_paint_text(style, LH_PAINT_DIM, text);
    putc('\n', style->out);
}

static void put_frames_left_out(const struct lh_style *style, size_t count)
{
    char text[80];

    snprintf(text, sizeof text, "... %zu more, which the JSON report has ...", count);
    put_stack_note(style, text);
}

static size_t count_shown(const struct lh_stack *stack)
{
    struct lh_shown_frames frames = lh_shown_frames(stack);
    size_t count = 0;

    while (lh_shown_next(&frames) != NULL)
        count++;
    return count;
}

static void put_stack(const struct lh_style *style, const struct lh_stack *stack, size_t width)
{
    struct lh_shown_frames frames = lh_shown_frames(stack);
    size_t count = count_shown(stack), number = 0;
    size_t cut_from = count > FRAMES_MOST ? FRAMES_MOST - FRAMES_OUTER : count;
    size_t cut_to = count > FRAMES_MOST ? count - FRAMES_OUTER : count;

    if (count == 0)
        put_stack_note(style, "(no stack was recorded)");
    for (const struct lh_frame *frame; (frame = lh_shown_next(&frames)) != NULL; number++) {
        if (number == cut_from)
            put_frames_left_out(style, cut_to - cut_from);
        if (number < cut_from || number >= cut_to)
            put_frame(style, frame, number, width);
    }
    if (stack->cut)
        put_stack_note(style, "... (deeper than what is recorded of a stack)");
}

/* "accounts[3].lock (bank.c:31)": the lock's name and the place of its class. */
static void put_lock_name(const struct lh_text_context *text, const struct lh_finding *finding,
                          uint32_t index)
{
    const struct lh_lock *lock = lh_process_lock(finding->process, index);
    const char *place = lh_class_place(lh_process_class(finding->process, index)->name);

    if (lock->name == NULL || lock->name[0] == '\0') {
        fprintf(text->style.out, "lock 0x%" PRIx64, lock->addr);
        return;
    }
    lh_paint_text(&text->style, LH_PAINT_BOLD, lock->name);
    if (strcmp(lh_class_place(lock->name), place) != 0)
        lh_put_terminal(text->style.out, place);
}

static void put_manner(FILE *out, const struct lh_finding *finding, const struct lh_held *held,
                       bool wanted)
{
    if (lh_put_manner(out, " (", finding->process, held, wanted) > 0)
        putc(')', out);
}

enum role {
    HOLDS, /* the lock that the thread before it wants */
    WANTS,
    DOES, /* something else to the lock: no mode belongs to it */
    ALSO_HOLDS,
};

static void put_held(const struct lh_text_context *text, const struct lh_finding *finding,
                     const struct lh_held *held, enum role role, const char *verb, size_t width)
{
    static const enum lh_paint paints[] = {
        [HOLDS] = LH_PAINT_GREEN,
        [WANTS] = LH_PAINT_RED,
        [DOES] = LH_PAINT_RED,
        [ALSO_HOLDS] = LH_PAINT_DIM,
    };
    FILE *out = text->style.out;

    fputs("    ", out);
    lh_paint_text(&text->style, paints[role], verb);
    fputs("  ", out);
    put_lock_name(text, finding, held->lock);
    if (role != DOES)
        put_manner(out, finding, held, role == WANTS);
    putc('\n', out);
    put_stack(&text->style, lh_process_stack(finding->process, held->stack), width);
}

static void put_joins(const struct lh_text_context *text, const struct lh_finding *finding,
                      const struct lh_participant *participant, size_t width)
{
    FILE *out = text->style.out;
    const struct lh_thread *thread = lh_process_thread(finding->process, participant->joins);
    char label[LH_THREAD_LABEL];

    fputs("    ", out);
    lh_paint_text(&text->style, LH_PAINT_RED, "joins");
    fprintf(out, "  Thread %" PRIu32 " \"", participant->joins);
    lh_put_terminal(out, lh_thread_label(thread, participant->joins, label));
    fputs("\"\n", out);
    put_stack(&text->style, lh_process_stack(finding->process, participant->wants.stack), width);
}

/* "writes  4 bytes of total" */
static void put_access(const struct lh_text_context *text, const struct lh_finding *finding,
                       const struct lh_participant *participant, size_t width)
{
    FILE *out = text->style.out;
    const struct lh_access *access = participant->access;

    fputs("    ", out);
    lh_paint_text(&text->style, LH_PAINT_RED, lh_access_verb(access->flags));
    fprintf(out, "  %" PRIu64 " byte%s ", access->size, access->size == 1 ? "" : "s");
    if (finding->memory->name != NULL) {
        fputs("of ", out);
        lh_paint_text(&text->style, LH_PAINT_BOLD, finding->memory->name);
    } else {
        fprintf(out, "at 0x%" PRIx64, access->addr);
    }
    fputs(access->flags & LH_ACCESS_ATOMIC ? ", atomically\n" : "\n", out);
    put_stack(&text->style, lh_process_stack(finding->process, access->stack), width);
    if (participant->n_holds == 0) {
        fputs("    ", out);
        lh_paint_text(&text->style, LH_PAINT_DIM, "holds");
        fputs("  no lock\n", out);
    }
}

static void put_why(const struct lh_text_context *text, const char *why)
{
    FILE *out = text->style.out;

    fputs("    ", out);
    lh_paint_text(&text->style, LH_PAINT_BOLD, "why");
    fputs("  ", out);
    lh_put_wrapped(out, why, 9, 9);
    putc('\n', out);
}

/* A held lock of many: one line. */
static void put_held_briefly(const struct lh_text_context *text, const struct lh_finding *finding,
                             const struct lh_held *held)
{
    FILE *out = text->style.out;
    const struct lh_frame *site = lh_site_frame(finding->process, held->stack);

    fputs("    ", out);
    lh_paint_text(&text->style, LH_PAINT_DIM, "also holds");
    fputs("  ", out);
    put_lock_name(text, finding, held->lock);
    put_manner(out, finding, held, false);
    if (site != NULL) {
        fputs(", taken in ", out);
        lh_put_terminal(out, function_name(site));
        fputs("  ", out);
        put_place(&text->style, site);
    }
    putc('\n', out);
}

static void put_thread(const struct lh_text_context *text, const struct lh_finding *finding,
                       const struct lh_participant *participant)
{
    FILE *out = text->style.out;
    const struct lh_thread *thread = lh_process_thread(finding->process, participant->thread);
    uint32_t uid = thread->number ? thread->number : participant->thread;
    const struct lh_frame *site = lh_site_frame(finding->process, thread->create_stack);
    bool named = (thread->name != NULL && thread->name[0] != '\0') || uid == 1;

    fputs("  ", out);
    lh_paint_begin(&text->style, LH_PAINT_BOLD);
    fprintf(out, "Thread %" PRIu32, uid);
    if (named) {
        char label[LH_THREAD_LABEL];
        fputs(" \"", out);
        lh_put_terminal(out, lh_thread_label(thread, uid, label));
        putc('"', out);
    }
    lh_paint_end(&text->style);
    if (finding->across)
        fprintf(out, " of process %" PRIu32, participant->pid);
    else if (thread->tid != 0)
        fprintf(out, " (tid %" PRIu32 ")", thread->tid);
    if (site != NULL) {
        fputs(", created in ", out);
        lh_put_terminal(out, function_name(site));
        fputs("  ", out);
        put_place(&text->style, site);
    }
    putc('\n', out);
}

static void put_participant(const struct lh_text_context *text, const struct lh_finding *finding,
                            const struct lh_participant *participant, size_t width)
{
    size_t main_hold = participant->cycle_hold, also = 0;
    const char *verb = main_hold < participant->n_holds ? "also holds" : "holds";

    put_thread(text, finding, participant);
    if (main_hold < participant->n_holds)
        put_held(text, finding, &participant->holds[main_hold], HOLDS, "holds", width);
    if (participant->has_wants && participant->want_verb != NULL)
        put_held(text, finding, &participant->wants, DOES, participant->want_verb, width);
    else if (participant->has_wants)
        put_held(text, finding, &participant->wants, WANTS, "wants", width);
    else if (participant->joins != LH_NO_THREAD)
        put_joins(text, finding, participant, width);
    if (participant->access != NULL)
        put_access(text, finding, participant, width);
    if (participant->why != NULL)
        put_why(text, participant->why);
    for (size_t i = 0; i < participant->n_holds; i++) {
        if (i == main_hold)
            continue;
        if (main_hold < i && participant->holds[i].lock == participant->holds[main_hold].lock)
            put_held(text, finding, &participant->holds[i], ALSO_HOLDS, "and again", width);
        else if (also++ < ALSO_HELD_MOST)
            put_held(text, finding, &participant->holds[i], ALSO_HOLDS, verb, width);
        else
            put_held_briefly(text, finding, &participant->holds[i]);
    }
}

void lh_text_participant(const struct lh_text_context *text, const struct lh_finding *finding,
                         const struct lh_participant *participant)
{
    size_t width = 0;

    visit_all(finding, widest_function, &width);
    put_participant(text, finding, participant, width);
}

static void put_birth(const struct lh_text_context *text, const struct lh_finding *finding,
                      const struct lh_lock *lock)
{
    FILE *out = text->style.out;
    const struct lh_frame *site = lh_site_frame(finding->process, lock->birth_stack);

    if (site == NULL)
        return;
    fputs(lock->flags & LH_LOCK_INIT_SEEN ? ", initialized in " : ", first used in ", out);
    lh_put_terminal(out, function_name(site));
    fputs("  ", out);
    put_place(&text->style, site);
}

/* The class, for a lock that is not alone in it. */
static void put_siblings(FILE *out, const struct lh_finding *finding, uint32_t index)
{
    const struct lh_class *class = lh_process_class(finding->process, index);

    if (class->n_locks < 2 || class->name == NULL)
        return;
    fprintf(out, "      one of %" PRIu32 " locks of the class ", class->n_locks);
    lh_put_terminal(out, class->name);
    putc('\n', out);
}

static void put_lock(const struct lh_text_context *text, const struct lh_finding *finding,
                     uint32_t index)
{
    FILE *out = text->style.out;
    const struct lh_lock *lock = lh_process_lock(finding->process, index);
    const char *attribute;

    fputs("    ", out);
    put_lock_name(text, finding, index);
    fputs("\n      ", out);
    for (size_t i = 0; (attribute = lh_lock_attribute(lock->flags, i)) != NULL; i++)
        if (strcmp(attribute, "ended") != 0)
            fprintf(out, "%s ", attribute);
    fputs(lh_lock_kind_name(lock->kind), out);
    if (lock->name == NULL || strstr(lock->name, "0x") == NULL)
        fprintf(out, " at 0x%" PRIx64, lock->addr);
    put_birth(text, finding, lock);
    putc('\n', out);
    put_siblings(out, finding, index);
}

static void put_locks(const struct lh_text_context *text, const struct lh_finding *finding)
{
    if (finding->n_locks == 0)
        return;
    fputs("  Locks\n", text->style.out);
    for (size_t i = 0; i < finding->n_locks; i++)
        put_lock(text, finding, finding->locks[i]);
    putc('\n', text->style.out);
}

static void put_guarded(const struct lh_text_context *text, const char *sentence)
{
    fputs("      ", text->style.out);
    lh_put_wrapped(text->style.out, sentence, 6, 6);
    putc('\n', text->style.out);
}

/* What the accesses of a race have in common. A block comes with the stack of its allocation. */
static void put_memory(const struct lh_text_context *text, const struct lh_finding *finding,
                       size_t width)
{
    FILE *out = text->style.out;
    const struct lh_memory *memory = finding->memory;

    if (memory == NULL)
        return;
    fputs("  Memory\n    ", out);
    lh_paint_begin(&text->style, LH_PAINT_BOLD);
    lh_put_wrapped(out, memory->text, 4, 6);
    lh_paint_end(&text->style);
    putc('\n', out);
    if (memory->name != NULL || memory->block != NULL) /* else that is its name */
        fprintf(out, "      %" PRIu64 " byte%s at 0x%" PRIx64 "\n", memory->size,
                memory->size == 1 ? "" : "s", memory->addr);
    if (memory->block != NULL)
        put_stack(&text->style, lh_process_stack(finding->process, memory->block->stack), width);
    if (memory->guarded != NULL)
        put_guarded(text, memory->guarded);
    putc('\n', out);
}

static void put_body(const struct lh_text_context *text, const struct lh_finding *finding)
{
    size_t width = 0;

    putc('\n', text->style.out);
    visit_all(finding, widest_function, &width);
    for (size_t i = 0; i < finding->n_participants; i++) {
        put_participant(text, finding, &finding->participants[i], width);
        putc('\n', text->style.out);
    }
    put_memory(text, finding, width);
    put_locks(text, finding);
}

static void put_labelled(const struct lh_text_context *text, const char *label,
                         const char *sentence)
{
    FILE *out = text->style.out;
    size_t indent = strlen(label) + 4;

    fputs("  ", out);
    lh_paint_text(&text->style, LH_PAINT_BOLD, label);
    fputs(": ", out);
    lh_put_wrapped(out, sentence, indent, indent);
    putc('\n', out);
}

static void put_process(const struct lh_text_context *text, const struct lh_finding *finding)
{
    FILE *out = text->style.out;
    const struct lh_process *process = finding->process;

    if (text->model->n_processes < 2 || finding->across)
        return;
    fprintf(out, "  in process %" PRIu32, process->pid);
    if (process->argc > 0) {
        fputs(" (", out);
        lh_put_terminal(out, process->argv[0]);
        putc(')', out);
    }
    putc('\n', out);
}

static size_t put_headline(const struct lh_text_context *text, const struct lh_finding *finding,
                           size_t number)
{
    static const enum lh_paint paints[LH_SEVERITIES] = {
        [LH_NOTE] = LH_PAINT_CYAN,
        [LH_WARNING] = LH_PAINT_YELLOW,
        [LH_ERROR] = LH_PAINT_RED,
    };
    FILE *out = text->style.out;
    int columns = 0;

    if (number > 0)
        columns += fprintf(out, "[%zu] ", number);
    lh_paint_begin(&text->style, paints[finding->severity]);
    columns += fprintf(out, "%s%s (%s):", finding->baseline == LH_BASELINE_KNOWN ? "known " : "",
                       lh_kind_name(finding->kind), lh_severity_name(finding->severity));
    lh_paint_end(&text->style);
    putc(' ', out);
    return (size_t)columns + 1;
}

/* One variable, or blocks allocated at one place. */
static bool is_same_memory(const struct lh_finding *a, const struct lh_finding *b)
{
    const struct lh_memory *one = a->memory, *other = b->memory;

    if (one == NULL || other == NULL || a->kind != b->kind || a->process != b->process)
        return false;
    if (one->family != NULL && other->family != NULL)
        return strcmp(one->family, other->family) == 0 && one->line == other->line;
    return one->block != NULL && other->block != NULL && one->block->stack == other->block->stack;
}

static void put_message(const struct lh_text_context *text, const struct lh_finding *finding,
                        size_t column)
{
    FILE *out = text->style.out;

    lh_put_wrapped(out, finding->message != NULL ? finding->message : lh_kind_help(finding->kind),
                   column, 2);
    putc('\n', out);
    put_process(text, finding);
}

void lh_text_known(const struct lh_text_context *text, const struct lh_finding *finding,
                   size_t number)
{
    put_message(text, finding, put_headline(text, finding, number));
    if (finding->reason != NULL)
        put_labelled(text, "reason", finding->reason);
    put_labelled(text, "fingerprint", finding->fingerprint);
    putc('\n', text->style.out);
}

void lh_text_suppressed(const struct lh_text_context *text, const struct lh_finding *finding)
{
    FILE *out = text->style.out;

    lh_paint_begin(&text->style, LH_PAINT_CYAN);
    int columns = fprintf(out, "suppressed %s:", lh_kind_name(finding->kind));
    lh_paint_end(&text->style);
    putc(' ', out);
    put_message(text, finding, (size_t)columns + 1);
    put_labelled(text, "by", finding->suppressed != NULL ? finding->suppressed : "");
    put_body(text, finding);
    put_labelled(text, "fingerprint", finding->fingerprint);
    putc('\n', out);
}

/* "  seen in 500 processes: 12, 13, 14 and 497 more" */
static void put_processes(FILE *out, const struct lh_finding *finding)
{
    size_t n = finding->pids == NULL                ? 0
               : finding->n_processes <= PIDS_SHOWN ? finding->n_processes
                                                    : PIDS_SHOWN;

    fprintf(out, "  seen in %zu processes", finding->n_processes);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%" PRIu32, i > 0 ? ", " : ": ", finding->pids[i]);
    if (n > 0 && n < finding->n_processes)
        fprintf(out, " and %zu more", finding->n_processes - n);
    putc('\n', out);
}

static void put_similar(FILE *out, const struct lh_finding *finding)
{
    bool cyclic =
        finding->kind == LH_KIND_LOCK_ORDER_INVERSION || finding->kind == LH_KIND_DEADLOCK;
    const char *what = cyclic ? "cycle" : "case";

    if (finding->n_processes > 1 && !finding->across)
        put_processes(out, finding);
    /* Once in each of them: there is nothing more to say. */
    if (finding->similar + 1 == finding->n_processes)
        return;
    if (finding->similar > 0 && finding->memory != NULL)
        fprintf(out, "  seen %" PRIu64 " time%s more at these places\n", finding->similar,
                finding->similar == 1 ? "" : "s");
    else if (finding->similar > 0)
        fprintf(out, "  and %" PRIu64 " more %s%s of the same locks and places\n", finding->similar,
                what, finding->similar == 1 ? "" : "s");
}

void lh_text_finding(const struct lh_text_context *text, const struct lh_finding *finding,
                     const struct lh_finding *before, size_t number)
{
    FILE *out = text->style.out;

    put_message(text, finding, put_headline(text, finding, number));
    if (finding->reason != NULL)
        put_labelled(text, "reason", finding->reason);
    if (before == NULL || !is_same_memory(finding, before))
        put_body(text, finding);
    put_similar(out, finding);
    if (finding->remedy != NULL)
        put_labelled(text, "remedy", finding->remedy);
    put_labelled(text, "fingerprint", finding->fingerprint);
    putc('\n', out);
}

void lh_text_filtered(const struct lh_text_context *text, const struct lh_finding *finding)
{
    FILE *out = text->style.out;

    lh_paint_begin(&text->style, LH_PAINT_CYAN);
    int columns = fprintf(out, "filtered (%s):", lh_filter_name(finding->filter));
    lh_paint_end(&text->style);
    putc(' ', out);
    lh_put_wrapped(out, finding->message != NULL ? finding->message : lh_kind_help(finding->kind),
                   (size_t)columns + 1, 2);
    putc('\n', out);
    put_process(text, finding);
    put_labelled(text, "why not", lh_filter_help(finding->filter));
    put_body(text, finding);
}
