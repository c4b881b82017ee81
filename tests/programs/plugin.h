/* What dlopen_loop finds in its plugins. */
#ifndef TESTS_PROGRAMS_PLUGIN_H
#define TESTS_PROGRAMS_PLUGIN_H

#include <pthread.h>

/* Use the plugin's lock and the host's; the answer is the address of the plugin's. */
void *plugin_work(pthread_mutex_t *host);

#endif
