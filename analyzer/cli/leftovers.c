#include "leftovers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "complain.h"

#define LOCK_NAME     ".lockhound-run"
#define RANDOM_LENGTH 6 /* as mkdtemp() has it */

/*
 * Some file systems know no locks. There the folder goes without its mark: nobody takes it for one
 * of these, and if this process is killed it stays. Returns 0: marked; 1: not; -1 and errno.
 */
static int mark_folder(int folder, int fd)
{
    if (flock(fd, LOCK_EX) == 0)
        return 0;
    if (errno != ENOLCK && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
        return -1;
    lh_complain(
        "the folder for traces has no file locks: if this command is killed, it stays behind "
        "(set TMPDIR to another)");
    return unlinkat(folder, LOCK_NAME, 0) == 0 ? 1 : -1;
}

int lh_folder_claim(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), fd = -1, error = 0;
    struct stat info;

    if (folder >= 0)
        fd = openat(folder, LOCK_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    /* Somebody who found it before it was locked holds it only to look and to remove it. */
    int marked = fd < 0 ? -1 : mark_folder(folder, fd);
    if (marked < 0 || fstat(fd, &info) < 0)
        error = -errno;
    else if (info.st_nlink == 0 && marked == 0)
        error = -ESTALE;
    /* What cannot be marked is not used, and is not to stay. */
    if (fd >= 0 && error < 0 && error != -ESTALE)
        unlinkat(folder, LOCK_NAME, 0);
    if (folder >= 0)
        close(folder);
    if (error == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return error;
}

/* Is it a name as the traces in such a folder have it: PROGRAM.PID.trace, perhaps with numbers? */
static bool is_trace(const char *name, pid_t *ret_pid)
{
    const char *end = NULL, *next = name, *digit;

    while ((next = strstr(next, ".trace")) != NULL)
        end = next++;
    if (!end || end[6 + strspn(end + 6, ".0123456789")] != '\0')
        return false;
    digit = end;
    while (digit > name && isdigit((unsigned char)digit[-1]))
        digit--;
    if (digit == end || digit == name || digit[-1] != '.' || end - digit > 10)
        return false;
    long pid = strtol(digit, NULL, 10);
    *ret_pid = (pid_t)pid;
    return pid > 0 && pid <= INT_MAX;
}

/* A program may outlive the run that was to watch it, and go on recording. */
static bool is_alive(pid_t pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH;
}

static bool is_leftover(int folder, const char *name)
{
    struct stat info;
    pid_t pid;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, LOCK_NAME) == 0)
        return true;
    return is_trace(name, &pid) && fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(info.st_mode) && !is_alive(pid);
}

/* Of the folder's entries: all leftovers? Or remove them. */
static bool for_entries(int folder, bool remove)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    struct dirent *entry;
    bool good = entries != NULL;

    while (good && (entry = readdir(entries)) != NULL) {
        if (!is_leftover(folder, entry->d_name))
            good = false;
        else if (remove && strcmp(entry->d_name, LOCK_NAME) != 0)
            unlinkat(folder, entry->d_name, 0); /* "." and ".." stay */
    }
    if (entries)
        closedir(entries);
    else if (copy >= 0)
        close(copy);
    return good;
}

/* The descriptor of its lock, which is ours now. -1: it is no such folder, or in use. */
static int lock_abandoned(int folder)
{
    int fd = openat(folder, LOCK_NAME, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat info;

    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
        info.st_size == 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool has_mode_of_ours(const struct stat *info)
{
    return (info->st_mode & 077) == 0 ||
           (info->st_uid == 0 && (info->st_mode & 07777) == LH_FOLDER_OF_ROOT);
}

static void look_at(int parent, const char *name)
{
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), lock = -1;
    struct stat info;

    if (folder >= 0 && fstat(folder, &info) == 0 && info.st_uid == geteuid() &&
        has_mode_of_ours(&info))
        lock = lock_abandoned(folder);
    if (lock >= 0 && for_entries(folder, false) && for_entries(folder, true)) {
        /* The lock last: without it nobody would take the folder for one of these. */
        unlinkat(folder, LOCK_NAME, 0);
        unlinkat(parent, name, AT_REMOVEDIR);
    }
    if (lock >= 0)
        close(lock);
    if (folder >= 0)
        close(folder);
}

void lh_leftovers_remove(const char *parent, const char *prefix)
{
    DIR *entries = opendir(parent);
    size_t length = strlen(prefix);
    struct dirent *entry;

    while (entries && (entry = readdir(entries)) != NULL) {
        if (strncmp(entry->d_name, prefix, length) == 0 &&
            strlen(entry->d_name) == length + RANDOM_LENGTH)
            look_at(dirfd(entries), entry->d_name);
    }
    if (entries)
        closedir(entries);
}
