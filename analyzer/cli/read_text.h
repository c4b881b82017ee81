/* Small files that people write: read whole. */
#ifndef LH_CLI_READ_TEXT_H
#define LH_CLI_READ_TEXT_H

#include <stddef.h>

/* The file as text; malloced. NULL, and it was complained about, when it cannot be read. */
char *lh_read_text(const char *path);
/* The same, of what may not be there: then *ret is NULL and it is no error. Else -1. */
int lh_read_text_if_there(const char *path, char **ret);

#endif
