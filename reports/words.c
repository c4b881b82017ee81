#include "words.h"

#include <stdio.h>

#include "trace.h"

const char *lh_lock_kind_name(uint8_t kind)
{
    static const char *const names[LH_LOCK_KINDS] = {
        [LH_LOCK_MUTEX] = "mutex",    [LH_LOCK_RWLOCK] = "rwlock",
        [LH_LOCK_SPIN] = "spinlock",  [LH_LOCK_SEMAPHORE] = "semaphore",
        [LH_LOCK_COND] = "condition", [LH_LOCK_BARRIER] = "barrier",
        [LH_LOCK_ONCE] = "once",      [LH_LOCK_FUTEX] = "futex",
    };

    return kind < LH_LOCK_KINDS && names[kind] != NULL ? names[kind] : "lock";
}

const char *lh_lock_attribute(uint32_t flags, size_t n)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } attributes[] = {
        {LH_LOCK_RECURSIVE, "recursive"},
        {LH_LOCK_ERRORCHECK, "error-checking"},
        {LH_LOCK_ROBUST, "robust"},
        {LH_LOCK_PRIO_INHERIT, "priority-inheriting"},
        {LH_LOCK_PRIO_PROTECT, "priority-protected"},
        {LH_LOCK_PSHARED, "process-shared"},
        {LH_LOCK_WRITER_FIRST, "writer-first"},
        {LH_LOCK_C11, "c11"},
        {LH_LOCK_PYTHON, "python"},
        {LH_LOCK_NAMED, "named"},
        {LH_LOCK_SEM_SIGNAL, "signal"},
        {LH_LOCK_ON_STACK, "on-stack"},
        {LH_LOCK_ENDED, "ended"},
    };

    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (flags & attributes[i].flag && n-- == 0)
            return attributes[i].name;
    return NULL;
}

const char *lh_mode_name(uint8_t mode)
{
    return mode == LH_MODE_SHARED ? "shared" : "exclusive";
}

const char *lh_access_verb(uint32_t flags)
{
    if (flags & LH_ACCESS_FREE)
        return "frees";
    if (flags & LH_ACCESS_BIRTH)
        return "allocates";
    return flags & LH_ACCESS_WRITE ? "writes" : "reads";
}

const char *lh_access_name(uint32_t flags)
{
    if (flags & LH_ACCESS_FREE)
        return "free";
    if (flags & LH_ACCESS_BIRTH)
        return "allocate";
    return flags & LH_ACCESS_WRITE ? "write" : "read";
}

const char *lh_thread_label(const struct lh_thread *thread, uint32_t uid,
                            char buffer[LH_THREAD_LABEL])
{
    if (thread->name != NULL && thread->name[0] != '\0')
        return thread->name;
    if (thread->number != 0)
        uid = thread->number;
    if (uid == 1)
        return "main";
    snprintf(buffer, LH_THREAD_LABEL, "thread %u", (unsigned)uid);
    return buffer;
}

static const struct {
    const char *name, *help;
} drops[LH_COUNTERS] = {
    [LH_DROP_NO_SPACE] = {"no-space",
                          "the disk was full, or a limit on the file's size was reached"},
    [LH_DROP_NO_MEMORY] = {"no-memory", "there was no memory for the recorder's own tables"},
    [LH_DROP_REENTRANT] = {"reentrant", "a signal handler interrupted the recorder and used locks"},
    [LH_DROP_THREAD_GONE] = {"thread-gone",
                             "a thread used locks after its last destructor had run"},
};

const char *lh_drop_name(size_t counter)
{
    if (counter < LH_DROP_FIRST || counter >= LH_COUNTERS)
        return NULL;
    return drops[counter].name != NULL ? drops[counter].name : "other";
}

const char *lh_drop_help(size_t counter)
{
    if (counter < LH_DROP_FIRST || counter >= LH_COUNTERS)
        return NULL;
    return drops[counter].help != NULL ? drops[counter].help
                                       : "for a reason that this version does not know";
}

const char lh_unknown_python_help[] =
    "the locks of its Python code were not seen: known are CPython 3.8 to 3.13, with the GIL; "
    "later "
    "ones keep their locks to themselves (run the program with one of these)";

const char *lh_time_text(uint64_t ns, char buffer[LH_TIME_TEXT])
{
    static const struct {
        double limit; /* below it, as it is printed with three digits */
        double unit;
        const char *name;
    } units[] = {{999.5e3, 1e3, "us"}, {999.5e6, 1e6, "ms"}, {0, 1e9, "s"}};
    size_t i = 0;

    if (ns < 1000) {
        snprintf(buffer, LH_TIME_TEXT, "%u ns", (unsigned)ns);
        return buffer;
    }
    while (units[i].limit > 0 && (double)ns >= units[i].limit)
        i++;
    double value = (double)ns / units[i].unit;
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    snprintf(buffer, LH_TIME_TEXT, "%.*f %s", decimals, value, units[i].name);
    return buffer;
}
