#include "held_text.h"

#include <inttypes.h>
#include <string.h>

#include "trace.h"

const char *lh_class_place(const char *name)
{
    const char *place = name != NULL ? strrchr(name, '(') : NULL;

    if (place == NULL || place < name + 2 || place[-1] != ' ' || place[strlen(place) - 1] != ')')
        return "";
    return place - 1;
}

int lh_put_manner(FILE *out, const char *before, const struct lh_process *process,
                  const struct lh_held *held, bool wanted)
{
    const struct lh_lock *lock = lh_process_lock(process, held->lock);
    int count = 0;

    if (lock->kind == LH_LOCK_RWLOCK || held->mode == LH_MODE_SHARED)
        fprintf(out, "%s%s", count++ == 0 ? before : ", ",
                held->mode == LH_MODE_SHARED ? "for reading" : "for writing");
    if (held->flags & LH_ATTEMPT_TRY)
        fprintf(out, "%sby trylock", count++ == 0 ? before : ", ");
    if (held->flags & LH_ATTEMPT_TIMED && wanted)
        fprintf(out, "%stimed: gives up after a while", count++ == 0 ? before : ", ");
    if (held->flags & LH_ATTEMPT_REACQUIRE)
        fprintf(out, "%sagain, after a condition wait", count++ == 0 ? before : ", ");
    if (held->depth > 1 && !wanted)
        fprintf(out, "%s%" PRIu32 " times over", count++ == 0 ? before : ", ", held->depth);
    return count;
}
