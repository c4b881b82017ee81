/*
 * Loads CPython when it runs already, as editors and debuggers do, out of sight of other objects,
 * and runs a script: embeds_python LIBPYTHON SCRIPT. With "twice" behind it, all is unloaded and
 * done again; only for scripts without threads, which may still be at their native ends.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

static void *need(void *library, const char *name)
{
    void *symbol = dlsym(library, name);

    CHECK(symbol);
    return symbol;
}

#define NEED(pointer, name) (*(void **)&(pointer) = need(library, name))

static void *run(const char *path, const char *script)
{
    void (*begin)(int);
    int (*end)(void), (*run_file)(FILE *, const char *);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    FILE *source = fopen(script, "re");

    CHECK(library && source);
    NEED(begin, "Py_InitializeEx");
    NEED(end, "Py_FinalizeEx");
    NEED(run_file, "PyRun_SimpleFile");
    begin(0);
    CHECK(run_file(source, script) == 0);
    CHECK(end() == 0);
    fclose(source);
    return library;
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    void *library = run(argv[1], argv[2]);
    if (argc > 3 && strcmp(argv[3], "twice") == 0) {
        CHECK(dlclose(library) == 0);
        run(argv[1], argv[2]);
    }
    return 0;
}
