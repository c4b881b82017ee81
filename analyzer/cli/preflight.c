#include "preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "command.h"
#include "complain.h"
#include "elf_check.h"

/* A script may name a script as its interpreter; the kernel ends at about this depth, too. */
#define SCRIPTS_MAX 5
#define LINE_MAX    256 /* what the kernel reads of a #! line */

/* ---- finding it ---- */

/* 0, or the errno with which it cannot be executed. */
static int executable(const char *path)
{
    struct stat info;

    if (stat(path, &info) < 0)
        return errno;
    if (S_ISDIR(info.st_mode))
        return EISDIR;
    return eaccess(path, X_OK) < 0 ? errno : 0;
}

/* Search $PATH. Returns the malloced path, or NULL and *ret_error. */
static char *search_path(const char *program, int *ret_error)
{
    const char *variable = getenv("PATH");
    char *copy = lh_text("%s", variable ? variable : "/bin:/usr/bin"), *rest = copy;
    char *directory, *found = NULL;

    *ret_error = ENOENT;
    while (!found && (directory = strsep(&rest, ":")) != NULL) {
        char *path = lh_text("%s/%s", *directory ? directory : ".", program);
        int error = executable(path);

        if (error == 0)
            found = path;
        else
            free(path);
        if (error == EACCES)
            *ret_error = EACCES;
    }
    free(copy);
    return found;
}

static char *find(const char *program, int *ret_error)
{
    if (*program == '\0') {
        *ret_error = ENOENT;
        return NULL;
    }
    if (!strchr(program, '/'))
        return search_path(program, ret_error);
    *ret_error = executable(program);
    return *ret_error == 0 ? lh_text("%s", program) : NULL;
}

static int complain_missing(const char *program, int error)
{
    if (error == ENOENT || error == ENOTDIR) {
        if (strchr(program, '/') || *program == '\0')
            lh_complain("%s: no such file (check the path)", program);
        else
            lh_complain("%s: no such program in $PATH (check the name, or give a path)", program);
        return LH_EXIT_NOT_FOUND;
    }
    if (error == EISDIR)
        lh_complain("%s: is a directory (name a program)", program);
    else if (error == EACCES)
        lh_complain("%s: not executable (chmod +x, or name its interpreter first)", program);
    else
        lh_complain("%s: %s", program, strerror(error));
    return LH_EXIT_NOT_EXECUTABLE;
}

/* ---- rights that make the loader ignore LD_PRELOAD ---- */

static bool has_capabilities(const char *path)
{
    return getxattr(path, "security.capability", NULL, 0) > 0;
}

static int check_rights(const char *path)
{
    struct statvfs mount;
    struct stat info;
    const char *what = NULL;

    if (stat(path, &info) < 0 || (statvfs(path, &mount) == 0 && (mount.f_flag & ST_NOSUID)))
        return 0;
    if ((info.st_mode & S_ISUID) && info.st_uid != getuid())
        what = "setuid";
    else if ((info.st_mode & S_ISGID) && (info.st_mode & S_IXGRP) && info.st_gid != getgid())
        what = "setgid";
    else if (getuid() != 0 && has_capabilities(path))
        what = "it has file capabilities";
    if (!what)
        return 0;
    lh_complain("%s: %s: the loader preloads nothing into it (copy the file without these rights, "
                "or run as its owner)",
                path, what);
    return LH_EXIT_FAILED;
}

/* ---- what kind of file it is ---- */

static int complain_kind(const char *path, enum lh_elf_kind kind, const char *interpreter)
{
    switch (kind) {
    case LH_ELF_STATIC:
        lh_complain("%s: statically linked: it cannot be preloaded (link it dynamically, without "
                    "-static)",
                    path);
        return LH_EXIT_FAILED;
    case LH_ELF_32_BIT:
        lh_complain("%s: a 32-bit program: Lockhound is for 64-bit ones (build it for x86-64)",
                    path);
        return LH_EXIT_FAILED;
    case LH_ELF_OTHER_MACHINE:
        lh_complain(
            "%s: a program for another machine: Lockhound is for x86-64 (build it for that)", path);
        return LH_EXIT_FAILED;
    case LH_ELF_MUSL:
        lh_complain("%s: linked with musl: Lockhound needs the GNU C library (link it with glibc)",
                    path);
        return LH_EXIT_FAILED;
    case LH_ELF_DYNAMIC:
        if (access(interpreter, F_OK) == 0)
            return 0;
        lh_complain("%s: its loader %s is missing (install it)", path, interpreter);
        return LH_EXIT_NOT_FOUND;
    case LH_ELF_BROKEN:
        lh_complain("%s: a damaged ELF file", path);
        return LH_EXIT_NOT_EXECUTABLE;
    case LH_ELF_LOADER:
    case LH_ELF_NONE:
        break;
    }
    return 0;
}

/* The first line without "#!", or NULL when there is no such line; in buffer. */
static char *script_line(int fd, char buffer[LINE_MAX + 1])
{
    ssize_t n = pread(fd, buffer, LINE_MAX, 0);

    if (n < 2 || buffer[0] != '#' || buffer[1] != '!')
        return NULL;
    buffer[n] = '\0';
    buffer[strcspn(buffer, "\n")] = '\0';
    return buffer + 2;
}

/* The program that env would run: the first word that is neither an option nor an assignment. */
static const char *program_of_env(char *words)
{
    const char *word;

    while ((word = strsep(&words, " \t")) != NULL) {
        if (*word && *word != '-' && !strchr(word, '='))
            return word;
    }
    return NULL;
}

/* Who runs the script; malloced, NULL when that cannot be told. */
static char *interpreter_of(char *line)
{
    char *interpreter, *slash;
    const char *program;
    int error;

    line += strspn(line, " \t");
    interpreter = strsep(&line, " \t");
    if (!interpreter || !*interpreter)
        return NULL;
    slash = strrchr(interpreter, '/');
    if (!line || strcmp(slash ? slash + 1 : interpreter, "env") != 0)
        return lh_text("%s", interpreter);
    program = program_of_env(line);
    return program ? find(program, &error) : NULL;
}

static int check_file(const char *path, int depth)
{
    char buffer[LINE_MAX + 1], interpreter[256], *line, *next;
    enum lh_elf_kind kind;
    int fd, r = check_rights(path);

    if (r != 0)
        return r;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0; /* executable, but not readable: it will run */
    kind = lh_elf_check(fd, interpreter, sizeof(interpreter));
    line = kind == LH_ELF_NONE ? script_line(fd, buffer) : NULL;
    close(fd);
    if (!line || depth >= SCRIPTS_MAX)
        return complain_kind(path, kind, interpreter);
    next = interpreter_of(line);
    if (next && access(next, F_OK) < 0) {
        lh_complain("%s: its interpreter %s is missing (install it, or correct the #! line)", path,
                    next);
        r = LH_EXIT_NOT_FOUND;
    } else if (next) {
        r = check_file(next, depth + 1);
    }
    free(next);
    return r;
}

int lh_preflight(const char *program, char **ret_path)
{
    int error, r;
    char *path = find(program, &error);

    if (!path)
        return complain_missing(program, error);
    r = check_file(path, 0);
    if (r != 0)
        free(path);
    else
        *ret_path = path;
    return r;
}
