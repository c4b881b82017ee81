/* What dlopen_loop and leaves_from_plugin find in their plugins. */
#ifndef TESTS_PROGRAMS_PLUGIN_H
#define TESTS_PROGRAMS_PLUGIN_H

#include <pthread.h>

/* Use the plugin's lock and the host's; the answer is the address of the plugin's. */
void *plugin_work(pthread_mutex_t *host);

/* Call leave(status), which is not expected back. */
void plugin_leave(void (*leave)(int), int status);

#endif
