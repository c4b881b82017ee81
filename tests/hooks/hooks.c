/*
 * Runs the exercise of one hooked function:
 *   hooks run FUNCTION [PLUGIN]   run it; "done" on stdout when all its checks held
 *   hooks evidence FUNCTION       what the shim must have recorded
 *   hooks provider FUNCTION       the object that a program's call of it reaches
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "exercise.h"

static const struct {
    const char *name, *version;
    const struct exercise *exercise;
} table[] = {
#define HOOK(function, version, family, required) {#function, version, &exercise_##function},
#include "../../interpose/hooks.def"
#undef HOOK
};

static const char *plugin;

const char *exercise_plugin(void)
{
    CHECK(plugin);
    return plugin;
}

void exercise_check(int holds, const char *condition, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
    fflush(NULL);
    _Exit(3);
}

struct call {
    void (*function)(void *);
    void *argument;
};

static void *call_in_thread(void *argument)
{
    const struct call *call = argument;

    call->function(call->argument);
    return NULL;
}

void exercise_in_thread(void (*function)(void *), void *argument)
{
    struct call call = {function, argument};
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, call_in_thread, &call) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
}

struct timespec exercise_past(void)
{
    return (struct timespec){1, 0};
}

struct timespec exercise_soon(clockid_t clock)
{
    struct timespec when;

    clock_gettime(clock, &when);
    when.tv_sec += 60;
    return when;
}

static void print_provider(const char *name, const char *version)
{
    void *address = version[0] ? dlvsym(RTLD_DEFAULT, name, version) : dlsym(RTLD_DEFAULT, name);
    Dl_info info;

    CHECK(address && dladdr(address, &info) && info.dli_fname);
    puts(info.dli_fname);
}

static int perform(const char *what, size_t row)
{
    if (strcmp(what, "run") == 0) {
        table[row].exercise->run();
        puts("done");
        return 0;
    }
    if (strcmp(what, "evidence") == 0) {
        puts(table[row].exercise->evidence);
        return 0;
    }
    if (strcmp(what, "provider") == 0) {
        print_provider(table[row].name, table[row].version);
        return 0;
    }
    fprintf(stderr, "hooks: %s: neither run nor evidence nor provider\n", what);
    return 2;
}

int main(int argc, char **argv)
{
    plugin = argc > 3 ? argv[3] : NULL;
    for (size_t row = 0; argc > 2 && row < sizeof(table) / sizeof(table[0]); row++) {
        if (strcmp(table[row].name, argv[2]) == 0)
            return perform(argv[1], row);
    }
    fputs("hooks: no such function in hooks.def\n", stderr);
    return 2;
}
