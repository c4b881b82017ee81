#include "place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "site.h"
#include "stack_text.h"
#include "words.h"

const struct lh_frame *lh_place_of_stack(const struct lh_process *process, uint32_t stack)
{
    struct lh_shown_frames frames = lh_shown_frames(lh_process_stack(process, stack));

    for (const struct lh_frame *frame; (frame = lh_shown_next(&frames)) != NULL;)
        if (frame->file != NULL && frame->line > 0 && !lh_site_is_runtime(frame))
            return frame;
    return lh_site_frame(process, stack);
}

static bool has_line(const struct lh_frame *frame)
{
    return frame != NULL && frame->file != NULL && frame->line > 0;
}

/* Keep the better of two places: one with a line, else the first. */
static const struct lh_frame *better(const struct lh_frame *old, const struct lh_frame *new)
{
    return old == NULL || (!has_line(old) && has_line(new)) ? new : old;
}

const struct lh_frame *lh_place_of_finding(const struct lh_finding *finding)
{
    const struct lh_process *process = finding->process;
    const struct lh_frame *place = NULL;
    size_t participant = 0, hold = 0;
    struct lh_step step;

    for (size_t i = 0; i < finding->n_participants && !has_line(place); i++)
        place = better(place, lh_place_of_stack(process, finding->participants[i].wants.stack));
    while (!has_line(place) && lh_step_next(finding, &participant, &hold, &step))
        place = better(place, lh_place_of_stack(process, step.held->stack));
    for (size_t i = 0; i < finding->n_locks && !has_line(place); i++) {
        const struct lh_lock *lock = lh_process_lock(process, finding->locks[i]);
        place = better(place, lh_place_of_stack(process, lock->birth_stack));
    }
    return place;
}

const char *lh_place_path(const struct lh_report *report, const char *file)
{
    size_t size = report->source_root != NULL ? strlen(report->source_root) : 0;

    if (report->source_root == NULL)
        return lh_short_path(file);
    while (size > 0 && report->source_root[size - 1] == '/')
        size--;
    if (strncmp(file, report->source_root, size) == 0 && file[size] == '/' &&
        file[size + 1] != '\0')
        return file + size + 1;
    return file;
}

/* The hold that the cycle goes through is told first, then the wish, then what else is held. */
static bool step_at(const struct lh_participant *participant, size_t place, struct lh_step *ret)
{
    bool main_hold = participant->cycle_hold < participant->n_holds;
    bool wish = participant->has_wants || participant->wants.stack != LH_NO_STACK;

    *ret = (struct lh_step){.participant = participant};
    if (main_hold && place-- == 0) {
        ret->held = &participant->holds[participant->cycle_hold];
        return true;
    }
    if (wish && place-- == 0) {
        ret->held = &participant->wants;
        ret->wanted = true;
        return true;
    }
    if (main_hold && place >= participant->cycle_hold)
        place++;
    if (place >= participant->n_holds)
        return false;
    ret->held = &participant->holds[place];
    return true;
}

bool lh_step_next(const struct lh_finding *finding, size_t *participant, size_t *hold,
                  struct lh_step *ret)
{
    for (; *participant < finding->n_participants; ++*participant, *hold = 0)
        if (step_at(&finding->participants[*participant], (*hold)++, ret))
            return true;
    return false;
}

static void put_thread(FILE *out, const struct lh_finding *finding, uint32_t uid)
{
    const struct lh_thread *thread = lh_process_thread(finding->process, uid);
    char label[LH_THREAD_LABEL];

    fprintf(out, "thread %" PRIu32, uid);
    if ((thread->name != NULL && thread->name[0] != '\0') || uid == 1)
        fprintf(out, " (%s)", lh_thread_label(thread, uid, label));
}

static void put_lock(FILE *out, const struct lh_finding *finding, uint32_t index)
{
    const struct lh_lock *lock = lh_process_lock(finding->process, index);

    if (lock->name != NULL && lock->name[0] != '\0')
        fputs(lock->name, out);
    else
        fprintf(out, "lock 0x%" PRIx64, lock->addr);
}

static const char *verb(const struct lh_step *step)
{
    if (!step->wanted)
        return "holds";
    return step->participant->want_verb != NULL ? step->participant->want_verb : "wants";
}

void lh_put_step(FILE *out, const struct lh_finding *finding, const struct lh_step *step)
{
    const struct lh_participant *participant = step->participant;

    put_thread(out, finding, participant->thread);
    if (step->wanted && !participant->has_wants) {
        if (participant->joins == LH_NO_THREAD) {
            fputs(" is here", out);
            return;
        }
        fputs(" joins ", out);
        put_thread(out, finding, participant->joins);
        return;
    }
    fprintf(out, " %s ", verb(step));
    put_lock(out, finding, step->held->lock);
    if (step->held->mode == LH_MODE_SHARED)
        fputs(" for reading", out);
}

char *lh_step_text(const struct lh_finding *finding, const struct lh_step *step)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    lh_put_step(out, finding, step);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
