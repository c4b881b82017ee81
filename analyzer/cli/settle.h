/* For `report`: are the processes hung whose traces it is given, and that still run? */
#ifndef LH_CLI_SETTLE_H
#define LH_CLI_SETTLE_H

#include <stddef.h>
#include <stdint.h>

#include "model.h"

struct lh_settled;

/*
 * Look at the processes that write these traces. Only when all threads of one wait, the grace time
 * (ns; 0: do not look) is waited for. NULL: nothing to add to what the traces say.
 */
struct lh_settled *lh_settle(char *const *paths, size_t n, uint64_t grace);
/* What was found out goes into the model that was loaded from the traces, not into them. */
void lh_settled_apply(const struct lh_settled *settled, struct lh_model *model);
void lh_settled_free(struct lh_settled *settled);

#endif
