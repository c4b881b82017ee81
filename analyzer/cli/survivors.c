#include "survivors.h"

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

struct search {
    struct lh_survivors *found;
    const char *variable;
};

static bool look_at(uint32_t pid, void *data)
{
    const struct search *search = data;
    pid_t session = getsid((pid_t)pid);

    /* In our session it is a child about to end, or somebody's job in the background. */
    if (session > 0 && session != getsid(0) && has_variable(pid, search->variable))
        add(search->found, pid);
    return true;
}

void lh_survivors_find(const char *options, struct lh_survivors *ret)
{
    char *variable = lh_text("%s=%s", LH_OPTIONS_VARIABLE, options);
    struct search search = {ret, variable};

    *ret = (struct lh_survivors){0};
    lh_proc_each(look_at, &search);
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
