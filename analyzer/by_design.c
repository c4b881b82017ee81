#include "by_design.h"

#include <string.h>

#include "site.h"

static const struct design {
    enum lh_kind kind;
    const char *module, *thread;
} designs[] = {
#define DESIGN(kind, module, thread) {LH_KIND_##kind, module, thread},
#include "designs.def"
#undef DESIGN
};

static bool is_like(const struct lh_finding *finding, const struct lh_participant *participant,
                    const struct design *design)
{
    const char *name = lh_process_thread(finding->process, participant->thread)->name;
    uint32_t stack = participant->n_holds ? participant->holds[0].stack : participant->wants.stack;
    const struct lh_frame *frame = lh_site_frame(finding->process, stack);

    return name && strcmp(name, design->thread) == 0 && frame && frame->module &&
           strcmp(lh_site_basename(frame->module), design->module) == 0;
}

bool lh_is_by_design(const struct lh_finding *finding)
{
    for (size_t i = 0; i < sizeof(designs) / sizeof(designs[0]); i++)
        if (finding->kind == designs[i].kind && finding->n_participants &&
            is_like(finding, &finding->participants[0], &designs[i]))
            return true;
    return false;
}
