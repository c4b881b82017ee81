/*
 * A plugin calls exit(), and what exit() runs unloads the plugin and goes on to lock: the stack
 * leads through code that is gone. Servers with modules end like that.
 */
#include <dlfcn.h>

#include "check.h"
#include "plugin.h"

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER, inner = PTHREAD_MUTEX_INITIALIZER;
static const char *path;
static void *library;

static void unload(void)
{
    CHECK(dlclose(library) == 0);
    CHECK(dlopen(path, RTLD_NOW | RTLD_NOLOAD) == NULL); /* it is gone */
    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&inner);
    pthread_mutex_unlock(&inner);
    pthread_mutex_unlock(&outer);
    printf("unloaded\n");
}

int main(int argc, char **argv)
{
    void (*leave)(void (*)(int), int);

    CHECK(argc == 2);
    path = argv[1];
    library = dlopen(path, RTLD_NOW);
    CHECK(library);
    *(void **)&leave = dlsym(library, "plugin_leave");
    CHECK(leave);
    CHECK(atexit(unload) == 0);
    leave(exit, 5);
    return 1;
}
