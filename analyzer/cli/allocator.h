/*
 * Tells whether a program has an allocator that brings an operator delete of its own, apart from
 * the C++ library's, which calls free().
 */
#ifndef LH_CLI_ALLOCATOR_H
#define LH_CLI_ALLOCATOR_H

#include <stdbool.h>

#include "libraries.h"

bool lh_has_own_delete(const struct lh_libraries *libraries);

#endif
