/*
 * From what a visit found to its report, at once or later.
 */
#ifndef LH_RACE_UNTOLD_H
#define LH_RACE_UNTOLD_H

#include "visit.h"
#include "watched.h"

/*
 * While the recorder is at work in this thread - it has asked for what the thread did so far, or a
 * signal handler interrupted it - it takes no reports: they are made once it is done. With the cell
 * unlocked.
 */
void lh_tell(const struct lh_visit *visit, struct lh_cell *cell);

/* Tell what could not be told, if that is possible now. */
void lh_tell_untold(struct lh_race_thread *thread);

#endif
