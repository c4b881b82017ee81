/* The pages of docs/kinds/, one for each kind of finding, as Markdown. Made at build time. */
#ifndef LH_REPORTS_KIND_PAGES_H
#define LH_REPORTS_KIND_PAGES_H

#include "finding.h"

/* Never NULL. */
const char *lh_kind_page(enum lh_kind kind);

#endif
