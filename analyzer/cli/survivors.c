#include "survivors.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "options.h"
#include "proc.h"

static bool has_variable(uint32_t pid, const char *variable)
{
    char path[64], *item = NULL;
    size_t room = 0;
    bool found = false;

    snprintf(path, sizeof(path), "/proc/%" PRIu32 "/environ", pid);
    FILE *file = fopen(path, "re");
    while (file && !found && getdelim(&item, &room, '\0', file) > 0)
        found = strcmp(item, variable) == 0;
    free(item);
    if (file)
        fclose(file);
    return found;
}

static void add(struct lh_survivors *survivors, uint32_t pid)
{
    struct lh_proc_stat stat;
    struct lh_proc *proc;

    if (lh_proc_open(pid, &proc) < 0)
        return;
    if (!lh_proc_is_dead(proc) && lh_proc_own_stat(proc, &stat) == 0) {
        survivors->n++;
        survivors->pid = pid;
        snprintf(survivors->name, sizeof(survivors->name), "%s", stat.name);
    }
    lh_proc_close(proc);
}

void lh_survivors_find(const char *options, struct lh_survivors *ret)
{
    char *variable = lh_text("%s=%s", LH_OPTIONS_VARIABLE, options);
    pid_t session = getsid(0);
    DIR *entries = opendir("/proc");
    struct dirent *entry;

    *ret = (struct lh_survivors){0};
    while (entries && (entry = readdir(entries)) != NULL) {
        pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
        pid_t other = pid > 0 ? getsid(pid) : -1;

        /* In our session it is a child about to end, or somebody's job in the background. */
        if (other > 0 && other != session && has_variable((uint32_t)pid, variable))
            add(ret, (uint32_t)pid);
    }
    if (entries)
        closedir(entries);
    free(variable);
}

void lh_survivors_tell(const struct lh_survivors *survivors, const char *then)
{
    if (survivors->n == 1)
        lh_complain("%s [pid %" PRIu32 "] went into the background and still runs: %s",
                    survivors->name, survivors->pid, then);
    else if (survivors->n > 1)
        lh_complain("%s [pid %" PRIu32 "] and %zu more went into the background and still run: %s",
                    survivors->name, survivors->pid, survivors->n - 1, then);
}
