#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"

static int open_path(const char *path, bool *ret_created)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
    int fd = open(path, flags | O_EXCL, 0666);

    *ret_created = fd >= 0;
    if (fd < 0 && errno == EEXIST)
        fd = open(path, flags, 0666);
    return fd;
}

static bool open_file(struct lh_sink *sink, const char *path)
{
    int fd = open_path(path, &sink->created);

    if (fd >= 0)
        sink->file = fdopen(fd, "w");
    if (sink->file) {
        sink->own = true;
        return true;
    }
    lh_complain("%s: %s (choose a path that can be written)", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return false;
}

bool lh_sink_open(struct lh_sink *ret, const char *path, FILE *standard)
{
    memset(ret, 0, sizeof(*ret));
    if (path && strcmp(path, "-") != 0) {
        ret->name = path;
        return open_file(ret, path);
    }
    ret->file = path ? stdout : standard;
    ret->name = ret->file == stdout ? "standard output" : "standard error";
    return true;
}

FILE *lh_sink_begin(struct lh_sink *sink)
{
    struct stat info;

    sink->begun = true;
    if (sink->own && fstat(fileno(sink->file), &info) == 0 && S_ISREG(info.st_mode) &&
        ftruncate(fileno(sink->file), 0) < 0)
        lh_complain("%s: %s", sink->name, strerror(errno));
    return sink->file;
}

bool lh_sink_close(struct lh_sink *sink)
{
    bool good;
    int error;

    errno = 0;
    good = fflush(sink->file) == 0 && !ferror(sink->file);
    error = sink->error ? sink->error : errno;
    if (sink->own && fclose(sink->file) != 0 && good) {
        good = false;
        error = errno;
    }
    if (!good)
        lh_complain("%s: the report could not be written: %s", sink->name,
                    strerror(error ? error : EIO));
    sink->file = NULL;
    return good;
}

void lh_sink_discard(struct lh_sink *sink)
{
    if (!sink->file || !sink->own)
        return;
    fclose(sink->file);
    sink->file = NULL;
    if (sink->created && !sink->begun)
        unlink(sink->name);
}

bool lh_sink_check(const char *path)
{
    bool created;
    int fd = open_path(path, &created);

    if (fd < 0) {
        lh_complain("%s: %s (choose a path that can be written)", path, strerror(errno));
        return false;
    }
    close(fd);
    if (created)
        unlink(path);
    return true;
}
