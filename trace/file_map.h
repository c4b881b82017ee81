/*
 * Mapping a file for reading, so that it may be truncated meanwhile, or its disk fail: what is gone
 * then reads as zero instead of ending the process by SIGBUS. While there is such a mapping, a
 * handler for SIGBUS is installed; signals that are not about one of them go where they went
 * before.
 *
 * One thread at a time may open and close; any may read.
 */
#ifndef LH_TRACE_FILE_MAP_H
#define LH_TRACE_FILE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct lh_file_map;

/* The first `size` bytes of the file. 0 or -errno. */
int lh_file_map_new(int fd, size_t size, struct lh_file_map **ret);
void lh_file_map_free(struct lh_file_map *map);

const void *lh_file_map_data(const struct lh_file_map *map);

/* Was something gone when it was read? */
bool lh_file_map_torn(const struct lh_file_map *map);

#endif
