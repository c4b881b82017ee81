#include "libraries.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complain.h"
#include "elf_check.h"
#include "library.h"

static FILE *start_list(const char *loader, const char *path, pid_t *ret_pid)
{
    int ends[2], nowhere;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return NULL;
    *ret_pid = fork();
    if (*ret_pid == 0) {
        nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        execl(loader, loader, "--list", path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    if (*ret_pid > 0)
        return fdopen(ends[0], "r");
    close(ends[0]);
    return NULL;
}

/*
 * "\tlibfoo.so.1 => /usr/lib/libfoo.so.1 (0x00007f...)", or "\t/usr/lib/libfoo.so.1 (0x00007f...)"
 * of what is asked for by its path -> the path; NULL: no such line.
 */
static char *library_of(char *line)
{
    char *arrow = strstr(line, " => "), *path = arrow ? arrow + 4 : line + strspn(line, "\t"), *end;

    end = strstr(path, " (0x");
    if (!strchr(path, '/') || !end)
        return NULL;
    *end = '\0';
    return path;
}

/* Where the command runs in a watched program, its own are preloaded already. */
static void add(struct lh_libraries *to, const char *path)
{
    char **paths =
        lh_library_is_own(path) ? NULL : realloc(to->paths, (to->n + 1) * sizeof(*paths));

    if (!paths)
        return;
    to->paths = paths;
    paths[to->n++] = lh_text("%s", path);
}

static void list(struct lh_libraries *to, const char *loader, const char *path)
{
    char *line = NULL, *library;
    size_t capacity = 0;
    pid_t pid;
    FILE *lines = start_list(loader, path, &pid);

    if (!lines)
        return;
    while (getline(&line, &capacity, lines) > 0) {
        library = library_of(line);
        if (library)
            add(to, library);
    }
    free(line);
    fclose(lines);
    waitpid(pid, NULL, 0);
}

static bool loader_of(const char *path, char *ret, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool found = fd >= 0 && lh_elf_check(fd, ret, size) == LH_ELF_DYNAMIC;

    if (fd >= 0)
        close(fd);
    return found;
}

void lh_libraries_of(struct lh_libraries *ret, const char *program)
{
    /* A script: what is preloaded into everything is preloaded into the shell. */
    const char *const programs[] = {program, "/bin/sh"};
    char loader[256];

    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (loader_of(programs[i], loader, sizeof(loader))) {
            list(ret, loader, programs[i]);
            return;
        }
    }
}

void lh_libraries_free(struct lh_libraries *libraries)
{
    for (size_t i = 0; i < libraries->n; i++)
        free(libraries->paths[i]);
    free(libraries->paths);
    memset(libraries, 0, sizeof(*libraries));
}
