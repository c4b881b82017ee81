#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEXT_MAX 8192 /* status is the longest: some 2 KB, and a list of groups */

struct lh_proc {
    int fd; /* the directory /proc/PID */
    uint32_t pid;
};

/* A process that is gone has no files any more. */
static int file_error(int error)
{
    return error == ENOENT ? -ESRCH : error == EPERM ? -EACCES : -error;
}

int lh_proc_open(uint32_t pid, struct lh_proc **ret)
{
    struct lh_proc *proc = calloc(1, sizeof(*proc));
    char path[32];

    if (!proc)
        return -ENOMEM;
    snprintf(path, sizeof(path), "/proc/%u", pid);
    proc->pid = pid;
    proc->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc->fd < 0) {
        int error = file_error(errno);

        free(proc);
        return error;
    }
    *ret = proc;
    return 0;
}

void lh_proc_close(struct lh_proc *proc)
{
    if (!proc)
        return;
    close(proc->fd);
    free(proc);
}

/* The whole of a small file; cut when it is bigger. */
static int read_file(const struct lh_proc *proc, const char *name, char ret[TEXT_MAX])
{
    int fd = openat(proc->fd, name, O_RDONLY | O_CLOEXEC);
    size_t size = 0;
    int error = 0;

    if (fd < 0)
        return file_error(errno);
    while (size < TEXT_MAX - 1) {
        ssize_t n = read(fd, ret + size, TEXT_MAX - 1 - size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            error = file_error(errno);
        if (n <= 0)
            break;
        size += (size_t)n;
    }
    close(fd);
    ret[size] = '\0';
    return error;
}

static int read_thread_file(const struct lh_proc *proc, uint32_t tid, const char *name,
                            char ret[TEXT_MAX])
{
    char path[64];

    snprintf(path, sizeof(path), "task/%u/%s", tid, name);
    return read_file(proc, path, ret);
}

int lh_proc_own_stat(const struct lh_proc *proc, struct lh_proc_stat *ret)
{
    char text[TEXT_MAX];
    int r = read_file(proc, "stat", text);

    return r < 0 ? r : lh_proc_stat(text, ret) ? 0 : -EBADMSG;
}

bool lh_proc_is_dead(const struct lh_proc *proc)
{
    struct lh_proc_stat stat;
    int r = lh_proc_own_stat(proc, &stat);

    if (r == -ESRCH)
        return true;
    if (r < 0)
        return false;
    /* The first thread may have left before the others. */
    return stat.state == 'X' || (stat.state == 'Z' && stat.threads <= 1);
}

/* Each entry that is a number. Returns how many there were until `visit` ended it. */
static size_t each_number(DIR *directory, lh_proc_visit visit, void *data)
{
    struct dirent *entry;
    bool goes_on = true;
    size_t n = 0;

    while (goes_on && (entry = readdir(directory)) != NULL) {
        char *end;
        unsigned long number = strtoul(entry->d_name, &end, 10);

        if (end == entry->d_name || *end || number == 0 || number > UINT32_MAX)
            continue;
        n++;
        goes_on = visit((uint32_t)number, data);
    }
    return n;
}

void lh_proc_each(lh_proc_visit visit, void *data)
{
    DIR *directory = opendir("/proc");

    if (!directory)
        return;
    each_number(directory, visit, data);
    closedir(directory);
}

int lh_proc_each_thread(const struct lh_proc *proc, lh_proc_visit visit, void *data, size_t *ret_n)
{
    int fd = openat(proc->fd, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);

    *ret_n = 0;
    if (!directory) {
        int error = file_error(errno);

        if (fd >= 0)
            close(fd);
        return error;
    }
    *ret_n = each_number(directory, visit, data);
    closedir(directory);
    return 0;
}

int lh_proc_thread_stat(const struct lh_proc *proc, uint32_t tid, struct lh_proc_stat *ret)
{
    char text[TEXT_MAX];
    int r = read_thread_file(proc, tid, "stat", text);

    return r < 0 ? r : lh_proc_stat(text, ret) ? 0 : -EBADMSG;
}

int lh_proc_thread_call(const struct lh_proc *proc, uint32_t tid, struct lh_proc_call *ret)
{
    char text[TEXT_MAX];
    int r = read_thread_file(proc, tid, "syscall", text);

    return r < 0 ? r : lh_proc_call(text, ret) ? 0 : -EBADMSG;
}

int lh_proc_thread_sleeps_in_futex(const struct lh_proc *proc, uint32_t tid, bool *ret)
{
    char text[TEXT_MAX];
    int r = read_thread_file(proc, tid, "wchan", text);

    if (r < 0)
        return r;
    /* What the kernel hides is "0". */
    if (strcmp(text, "0") == 0 || !*text)
        return -EACCES;
    *ret = strncmp(text, "futex_", 6) == 0;
    return 0;
}

struct sharer {
    const struct lh_proc *proc;
    bool found;
};

/* The list is of decimal numbers, with blanks between. */
static bool is_among_children(uint32_t tid, void *data)
{
    struct sharer *sharer = data;
    char path[64], text[TEXT_MAX], *at = text, *end;

    snprintf(path, sizeof(path), "task/%u/children", tid);
    if (read_file(sharer->proc, path, text) < 0)
        return true;
    for (unsigned long child; !sharer->found && (child = strtoul(at, &end, 10)) != 0; at = end)
        sharer->found = syscall(SYS_kcmp, sharer->proc->pid, child, KCMP_VM, 0L, 0L) == 0;
    return !sharer->found;
}

bool lh_proc_shares_memory(const struct lh_proc *proc)
{
    struct sharer sharer = {proc, false};
    size_t n;

    lh_proc_each_thread(proc, is_among_children, &sharer, &n);
    return sharer.found;
}

int lh_proc_read_status(const struct lh_proc *proc, struct lh_proc_status *ret)
{
    char text[TEXT_MAX];
    int r = read_file(proc, "status", text);

    return r < 0 ? r : lh_proc_status(text, ret) ? 0 : -EBADMSG;
}

int lh_proc_each_map(const struct lh_proc *proc, lh_proc_visit_map visit, void *data)
{
    int fd = openat(proc->fd, "maps", O_RDONLY | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    size_t room = 0;
    ssize_t length;
    char *line = NULL;
    int error = 0;

    if (!file) {
        error = file_error(errno);
        if (fd >= 0)
            close(fd);
        return error;
    }
    errno = 0;
    while ((length = getline(&line, &room, file)) > 0) {
        struct lh_proc_map map;

        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        if (lh_proc_map(line, &map))
            visit(&map, data);
    }
    if (ferror(file))
        error = file_error(errno);
    free(line);
    fclose(file);
    return error;
}

/* A descriptor of /proc/PID serves as one of the process: its number cannot be another's. */
int lh_proc_signal(const struct lh_proc *proc, int number)
{
    if (syscall(SYS_pidfd_send_signal, proc->fd, number, NULL, 0) == 0)
        return 0;
    /* An older kernel, or a sandbox that does not know the call. */
    if ((errno == ENOSYS || errno == EPERM) && !lh_proc_is_dead(proc) &&
        kill((pid_t)proc->pid, number) == 0)
        return 0;
    return -errno;
}
