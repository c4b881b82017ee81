/* lockhound --version [--verbose] */
#ifndef LH_CLI_VERSION_H
#define LH_CLI_VERSION_H

#include <stdbool.h>

void lh_print_version(bool verbose);

#endif
