#include "traces.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "complain.h"
#include "pool.h"
#include "reader.h"

void lh_traces_free(struct lh_traces *traces)
{
    for (size_t i = 0; i < traces->n; i++)
        free(traces->paths[i]);
    free(traces->paths);
    memset(traces, 0, sizeof(*traces));
}

static void append(struct lh_traces *traces, char *path)
{
    if (lh_grow(&traces->paths, &traces->capacity, traces->n + 1, sizeof(char *)) < 0) {
        free(path);
        return;
    }
    traces->paths[traces->n++] = path;
}

/* ---- directories ---- */

static int is_trace_name(const struct dirent *entry)
{
    static const char suffix[] = ".trace";
    const char *found = NULL, *next = entry->d_name;

    while ((next = strstr(next, suffix)) != NULL) {
        next += sizeof(suffix) - 1;
        found = next;
    }
    return found && found[strspn(found, ".0123456789")] == '\0';
}

int lh_traces_add_directory(struct lh_traces *traces, const char *path)
{
    struct dirent **entries;
    int n = scandir(path, &entries, is_trace_name, versionsort);

    if (n < 0)
        return -errno;
    for (int i = 0; i < n; i++) {
        append(traces, lh_text("%s/%s", path, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
    return 0;
}

bool lh_traces_add(struct lh_traces *traces, const char *path)
{
    size_t before = traces->n;
    struct stat info;
    int r;

    if (stat(path, &info) < 0 || !S_ISDIR(info.st_mode)) {
        append(traces, lh_text("%s", path));
        return true;
    }
    r = lh_traces_add_directory(traces, path);
    if (r < 0)
        lh_complain("%s: %s", path, strerror(-r));
    else if (traces->n == before)
        lh_complain("%s: no traces in this directory (their names end in .trace)", path);
    return traces->n > before;
}

/* ---- what a program has made ---- */

/* The template as a pattern for glob(). */
static char *to_pattern(const char *template, const char *suffix)
{
    char *pattern = lh_text("%*s", (int)(2 * strlen(template) + strlen(suffix)), "");
    char *to = pattern;

    for (; *template; template ++) {
        if (*template == '%' && (template[1] == 'p' || template[1] == 'e')) {
            *to++ = '*';
            template ++;
        } else if (*template == '%' && template[1] == '%') {
            *to++ = '%';
            template ++;
        } else {
            if (strchr("*?[\\", *template))
                *to++ = '\\';
            *to++ = *template;
        }
    }
    memcpy(to, suffix, strlen(suffix) + 1);
    return pattern;
}

struct made {
    const char *path;
    uint32_t pid, ppid;
    uint64_t start;
    bool ours;
};

static int compare_made(const void *a, const void *b)
{
    const struct made *left = a, *right = b;

    if (left->start != right->start)
        return left->start < right->start ? -1 : 1;
    return strcmp(left->path, right->path);
}

/* Mark the descendants of pid. Sorted by start, parents come before their children. */
static void mark_ours(struct made *made, size_t n, uint32_t pid)
{
    for (size_t i = 0; i < n; i++) {
        made[i].ours = made[i].pid == pid || made[i].ppid == pid;
        for (size_t k = 0; k < i && !made[i].ours; k++)
            made[i].ours =
                made[k].ours && (made[i].ppid == made[k].pid || made[i].pid == made[k].pid);
    }
}

static size_t peek(const glob_t *found, uint64_t since, struct made *ret)
{
    struct lh_trace_header header;
    size_t n = 0;

    for (size_t i = 0; i < found->gl_pathc; i++) {
        if (lh_reader_peek(found->gl_pathv[i], &header) < 0 || header.start_realtime < since)
            continue;
        ret[n++] = (struct made){found->gl_pathv[i], header.pid, header.ppid, header.start_realtime,
                                 false};
    }
    return n;
}

static void find_made(const char *template, glob_t *ret)
{
    char *plain = to_pattern(template, ""), *numbered = to_pattern(template, ".[0-9]*");

    glob(plain, GLOB_NOSORT, NULL, ret);
    glob(numbered, GLOB_NOSORT | GLOB_APPEND, NULL, ret);
    free(plain);
    free(numbered);
}

void lh_traces_add_template(struct lh_traces *traces, const char *template)
{
    glob_t found = {0};

    find_made(template, &found);
    for (size_t i = 0; i < found.gl_pathc; i++)
        append(traces, lh_text("%s", found.gl_pathv[i]));
    globfree(&found);
}

void lh_traces_add_made(struct lh_traces *traces, const char *template, uint32_t pid,
                        uint64_t since)
{
    glob_t found = {0};
    struct made *made;
    size_t n;

    find_made(template, &found);
    made = calloc(found.gl_pathc + 1, sizeof(*made));
    if (made) {
        n = peek(&found, since, made);
        qsort(made, n, sizeof(*made), compare_made);
        mark_ours(made, n, pid);
        for (size_t i = 0; i < n; i++) {
            /* Both patterns may have found it. */
            if (made[i].ours && (i == 0 || strcmp(made[i].path, made[i - 1].path) != 0))
                append(traces, lh_text("%s", made[i].path));
        }
    }
    free(made);
    globfree(&found);
}
