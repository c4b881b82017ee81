#include "source_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map.h"
#include "pool.h"

#define FILE_MOST ((size_t)8 << 20)  /* bytes; bigger ones are not written by people */
#define ALL_MOST  ((size_t)64 << 20) /* bytes of all files together */

struct file {
    char *text; /* malloced; NULL: not readable */
    size_t size;
    size_t *starts; /* malloced: where each line begins, and where the last one ends */
    size_t n_lines, capacity;
    uint64_t changed_at;
    struct file *next;
};

struct lh_sources {
    struct lh_map *by_path;
    struct lh_pool *pool;
    struct file *files;
    size_t bytes;
};

struct lh_sources *lh_sources_new(void)
{
    struct lh_sources *sources = calloc(1, sizeof *sources);

    if (sources == NULL)
        return NULL;
    sources->by_path = lh_map_new();
    sources->pool = lh_pool_new();
    if (sources->by_path == NULL || sources->pool == NULL) {
        lh_sources_free(sources);
        return NULL;
    }
    return sources;
}

void lh_sources_free(struct lh_sources *sources)
{
    if (sources == NULL)
        return;
    for (struct file *file = sources->files; file != NULL; file = file->next) {
        free(file->text);
        free(file->starts);
    }
    lh_map_free(sources->by_path);
    lh_pool_free(sources->pool);
    free(sources);
}

static bool read_all(int fd, char *text, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = read(fd, text + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool read_plain(int fd, struct file *file, size_t most)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size <= 0 ||
        (uint64_t)status.st_size > most)
        return false;
    file->size = (size_t)status.st_size;
    file->changed_at =
        (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec;
    file->text = malloc(file->size);
    /* A NUL: no text. */
    return file->text != NULL && read_all(fd, file->text, file->size) &&
           memchr(file->text, '\0', file->size) == NULL;
}

static bool find_lines(struct file *file)
{
    for (size_t at = 0; at <= file->size;) {
        if (lh_grow(&file->starts, &file->capacity, file->n_lines + 1, sizeof *file->starts) != 0)
            return false;
        file->starts[file->n_lines++] = at;
        if (at == file->size)
            break;
        const char *end = memchr(file->text + at, '\n', file->size - at);
        at = end != NULL ? (size_t)(end - file->text) + 1 : file->size;
    }
    file->n_lines--; /* the last start is the end of the file */
    return true;
}

static void read_file(struct lh_sources *sources, const char *path, struct file *file)
{
    size_t left = ALL_MOST - sources->bytes;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return;
    bool good = read_plain(fd, file, left < FILE_MOST ? left : FILE_MOST) && find_lines(file);
    close(fd);
    if (good) {
        sources->bytes += file->size;
        return;
    }
    free(file->text);
    free(file->starts);
    *file = (struct file){0};
}

/* NULL: out of memory. A file that cannot be read is remembered as such. */
static struct file *file_of(struct lh_sources *sources, const char *path)
{
    struct file *file = lh_map_get(sources->by_path, path, strlen(path));

    if (file != NULL)
        return file;
    file = lh_pool_alloc(sources->pool, sizeof *file);
    const char *key = lh_pool_strdup(sources->pool, path);
    if (file == NULL || key == NULL)
        return NULL;
    read_file(sources, path, file);
    file->next = sources->files;
    sources->files = file;
    if (lh_map_put(sources->by_path, key, strlen(key), file) != 0)
        return NULL;
    return file;
}

bool lh_source_excerpt(struct lh_sources *sources, const char *path, int line, int around,
                       struct lh_excerpt *ret)
{
    if (path == NULL || path[0] != '/' || line < 1)
        return false;
    const struct file *file = file_of(sources, path);
    size_t number = (size_t)line;
    if (file == NULL || file->text == NULL || number > file->n_lines)
        return false;
    size_t first = number > (size_t)around ? number - (size_t)around : 1;
    size_t last = number + (size_t)around < file->n_lines ? number + (size_t)around : file->n_lines;
    *ret = (struct lh_excerpt){
        .text = file->text + file->starts[first - 1],
        .size = file->starts[last] - file->starts[first - 1],
        .first = (int)first,
        .changed_at = file->changed_at,
    };
    return true;
}
