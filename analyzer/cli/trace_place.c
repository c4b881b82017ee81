#include "trace_place.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"
#include "leftovers.h"
#include "options.h"
#include "reader.h"

#define INSIDE    "%e.%p.trace"
#define NAMES_MAX 10000

/* ---- templates ---- */

/* text with each '%' doubled, so that it stands for itself in a template; malloced. */
static char *escape(const char *text)
{
    char *escaped = lh_text("%s%s", text, text), *to = escaped;

    for (; *text; text++) {
        if (*text == '%')
            *to++ = '%';
        *to++ = *text;
    }
    *to = '\0';
    return escaped;
}

static char *make_absolute(const char *template)
{
    char *directory, *escaped, *absolute;

    if (*template == '/')
        return lh_text("%s", template);
    directory = getcwd(NULL, 0);
    if (!directory) {
        lh_complain("the current directory: %s (go to another one)", strerror(errno));
        return NULL;
    }
    escaped = escape(directory);
    absolute = lh_text("%s/%s", escaped, template);
    free(directory);
    free(escaped);
    return absolute;
}

/* Does the template name the same file for every process? */
static bool names_one_file(const char *template)
{
    char one[PATH_MAX], other[PATH_MAX];

    return lh_expand_template(template, 1, "a", one, sizeof(one)) >= 0 &&
           lh_expand_template(template, 2, "b", other, sizeof(other)) >= 0 &&
           strcmp(one, other) == 0;
}

/* The directory of the files; malloced. One named with %p or %e is taken as it stands. */
static char *directory_of(const char *template)
{
    char path[PATH_MAX], *slash;

    if (lh_expand_template(template, 1, "a", path, sizeof(path)) < 0)
        return lh_text("/");
    slash = strrchr(path, '/');
    if (slash == path)
        slash++;
    *slash = '\0';
    return lh_text("%s", path);
}

static bool check_directory(const char *template)
{
    char *directory = directory_of(template);
    bool good = eaccess(directory, W_OK | X_OK) == 0;

    if (!good)
        lh_complain("%s: no trace can be written there: %s (choose another place)", directory,
                    strerror(errno));
    free(directory);
    return good;
}

/* An old trace may be replaced, anything else not. */
static bool check_file(const char *path)
{
    struct lh_trace_header header;
    struct stat info;
    int r;

    if (lstat(path, &info) < 0)
        return true;
    r = S_ISREG(info.st_mode) ? lh_reader_peek(path, &header) : -EBADMSG;
    if (r == 0 || r == -ENODATA || r == -EPROTONOSUPPORT)
        return true;
    lh_complain("%s: exists and is no trace (remove it, or choose another name)", path);
    return false;
}

char *lh_template_prepare(const char *template)
{
    char path[PATH_MAX], *absolute = make_absolute(template);
    bool good = absolute != NULL;

    if (good && (*template == '\0' || template[strlen(template) - 1] == '/')) {
        lh_complain("%s: a directory cannot be a trace (add a file name)", template);
        good = false;
    }
    if (good && lh_expand_template(absolute, UINT32_MAX, "program-name-15", path, PATH_MAX) < 0) {
        lh_complain("%s: %s", template, strerror(ENAMETOOLONG));
        good = false;
    }
    good = good && check_directory(absolute) && (!names_one_file(absolute) || check_file(path));
    if (good)
        return absolute;
    free(absolute);
    return NULL;
}

void lh_template_clear(const char *template)
{
    char path[PATH_MAX];

    if (names_one_file(template) && lh_expand_template(template, 1, "a", path, sizeof(path)) >= 0)
        unlink(path);
}

/* ---- the private directory ---- */

/* 0 or -errno. */
static int make_directory(struct lh_trace_directory *directory, const char *parent,
                          const char *prefix)
{
    do {
        free(directory->path);
        directory->path = lh_text("%s/%sXXXXXX", parent, prefix);
        if (!mkdtemp(directory->path))
            return -errno;
        directory->lock = lh_folder_claim(directory->path);
    } while (directory->lock == -ESTALE);
    if (directory->lock >= 0 && geteuid() == 0)
        chmod(directory->path, LH_FOLDER_OF_ROOT); /* not everywhere possible, nor needed */
    if (directory->lock >= 0)
        return 0;
    rmdir(directory->path);
    return directory->lock;
}

bool lh_trace_directory_new(struct lh_trace_directory *ret, const char *keep)
{
    const char *temporary = getenv("TMPDIR"), *prefix = keep ? ".lockhound-" : "lockhound-";
    char *parent, *escaped;
    int r;

    if (keep)
        parent = directory_of(keep);
    else
        parent = lh_text("%s", temporary && *temporary == '/' ? temporary : "/tmp");
    *ret = (struct lh_trace_directory){.lock = -1};
    lh_leftovers_remove(parent, prefix);
    r = make_directory(ret, parent, prefix);
    if (r < 0) {
        lh_complain("%s: no directory for traces can be made: %s (set TMPDIR to another place)",
                    parent, strerror(-r));
        free(ret->path);
        ret->path = NULL;
        free(parent);
        return false;
    }
    escaped = escape(ret->path);
    ret->template = lh_text("%s/%s", escaped, INSIDE);
    free(escaped);
    free(parent);
    return true;
}

void lh_trace_directory_remove(struct lh_trace_directory *directory)
{
    DIR *entries = directory->path ? opendir(directory->path) : NULL;
    struct dirent *entry;

    while (entries && (entry = readdir(entries)) != NULL)
        unlinkat(dirfd(entries), entry->d_name, 0); /* "." and ".." stay */
    if (entries)
        closedir(entries);
    if (directory->path) {
        rmdir(directory->path);
        close(directory->lock);
    }
    free(directory->path);
    free(directory->template);
    directory->path = directory->template = NULL;
}

/* What %e stood for in a name made from INSIDE; malloced. */
static char *program_of(const char *path, uint32_t pid)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *end;
    char *tail = lh_text(".%u.trace", pid);

    end = strstr(name, tail);
    free(tail);
    return lh_text("%.*s", (int)(end ? (size_t)(end - name) : strlen(name)), name);
}

/* Is the name taken by a trace that was moved before? */
static bool taken(char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static char *choose_name(const struct lh_process *process, const char *keep, char *const *names,
                         size_t n)
{
    char path[PATH_MAX], *program = program_of(process->path, process->pid), *name;
    int r = lh_expand_template(keep, process->pid, program, path, sizeof(path));

    free(program);
    if (r < 0)
        return NULL;
    if (!taken(names, n, path))
        return lh_text("%s", path);
    name = lh_text("%s.%u", path, process->pid);
    for (unsigned i = 2; taken(names, n, name) && i < NAMES_MAX; i++) {
        free(name);
        name = lh_text("%s.%u.%u", path, process->pid, i);
    }
    return name;
}

bool lh_trace_directory_keep(const struct lh_model *model, const char *keep)
{
    char **names = calloc(model->n_processes + 1, sizeof(*names));
    bool good = names != NULL;
    size_t n = 0;

    while (good && n < model->n_processes) {
        const struct lh_process *process = model->processes[n];

        names[n] = choose_name(process, keep, names, n);
        good = names[n] && check_file(names[n]);
        if (good && rename(process->path, names[n]) < 0) {
            lh_complain("%s: %s", names[n], strerror(errno));
            good = false;
        }
        n++;
    }
    for (size_t i = 0; names && i < n; i++)
        free(names[i]);
    free(names);
    return good;
}
