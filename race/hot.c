#include "hot.h"

#include <stddef.h>

#include "contexts.h"
#include "pool.h"
#include "self.h"

static struct lh_frame outermost[2] = {{.sp = UINTPTR_MAX}};
__thread struct lh_hot lh_hot __attribute__((tls_model("initial-exec"))) = {
    .frames = outermost + 1,
    .frame = outermost + 1,
    .frame_end = outermost + 1,
};

bool lh_hot_enter_again(struct lh_hot *hot, uintptr_t frame)
{
    const struct lh_self *self = lh_self;

    if (!self || hot->inside < self->stack_low || hot->inside >= self->stack_high ||
        frame >= self->stack_high || frame < hot->inside)
        return false;
    hot->inside = frame;
    return true;
}

bool lh_race_frames(struct lh_hot *hot)
{
    if (hot->gone)
        return false;
    struct lh_frame *frames = lh_pages_alloc((LH_FRAMES + 1) * sizeof *frames);
    if (!frames)
        return false;
    frames[0].sp = UINTPTR_MAX;
    hot->frames = hot->frame = frames + 1;
    hot->frame_end = frames + 1 + LH_FRAMES;
    return true;
}

void lh_race_no_frames(struct lh_hot *hot)
{
    hot->frames = hot->frame = hot->frame_end = outermost + 1;
}

void lh_race_free_frames(struct lh_frame *frames)
{
    if (frames && frames != outermost + 1)
        lh_pages_free(frames - 1, (LH_FRAMES + 1) * sizeof *frames);
}

void lh_race_drop_frames(struct lh_hot *hot)
{
    struct lh_frame *frames = hot->frames;

    lh_race_no_frames(hot);
    lh_race_free_frames(frames);
}
