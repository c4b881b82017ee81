#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "python.h"
#include "say.h"
#include "self.h"
#include "sys.h"

struct lh_options lh_options;
struct lh_writer lh_writer;
uint64_t lh_start_ticks;

/* 0: free; else the name of who has it, and whether others wait (after Drepper, Futexes Are
 * Tricky). */
#define LOCK_WAITERS 0x80000000u
#define PATIENCE_NS  100000000
#define MOST_LOOKS   50u /* in a row at the same holder */
static uint32_t lock_word;
static bool started, forked, told;

/* Names the calling thread in the lock word: in one step with taking it, for
 * lh_recorder_abandoned(). */
static uint32_t own_name(const struct lh_self *self)
{
    return ((uint32_t)((uintptr_t)self >> 4) & ~LOCK_WAITERS) | 1;
}

/*
 * Nothing that is done under the lock takes nearly as long: who had it left the shim by
 * siglongjmp(), and did not come back (lh_recorder_abandoned()). The tables stay as they are.
 */
static bool take_over(uint32_t seen, uint32_t name)
{
    if (!lh_writer.header ||
        !__atomic_compare_exchange_n(&lock_word, &seen, name | LOCK_WAITERS, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return false;
    __atomic_store_n(&lh_writer.header->state, LH_STATE_STOPPED, __ATOMIC_RELEASE);
    return true;
}

/* Returns whether nobody woke us for a while. A jump may also have lost a wakeup. */
static bool sleep_on(uint32_t seen)
{
    const struct timespec patience = {.tv_nsec = PATIENCE_NS};

    return lh_syscall(SYS_futex, &lock_word, FUTEX_WAIT_PRIVATE, seen, &patience, NULL, 0) < 0 &&
           errno == ETIMEDOUT;
}

static void wait_for_lock(uint32_t name)
{
    uint32_t seen = __atomic_load_n(&lock_word, __ATOMIC_RELAXED), last = 0, looks = 0;

    for (;;) {
        /* Acquire pairs with the release in lh_recorder_unlock(). */
        if (seen == 0) {
            if (__atomic_compare_exchange_n(&lock_word, &seen, name | LOCK_WAITERS, false,
                                            __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
                return;
            continue;
        }
        if (!(seen & LOCK_WAITERS) &&
            !__atomic_compare_exchange_n(&lock_word, &seen, seen | LOCK_WAITERS, false,
                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            continue;
        looks = sleep_on(seen | LOCK_WAITERS) && (seen | LOCK_WAITERS) == last ? looks + 1 : 0;
        last = seen | LOCK_WAITERS;
        if (looks >= MOST_LOOKS && take_over(last, name))
            return;
        seen = __atomic_load_n(&lock_word, __ATOMIC_RELAXED);
    }
}

void lh_recorder_lock(void)
{
    uint32_t expected = 0, name = own_name(lh_self);

    if (__atomic_compare_exchange_n(&lock_word, &expected, name, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
        return;
    int saved = errno;
    wait_for_lock(name);
    errno = saved;
}

static void wake_one(void)
{
    int saved = errno;

    lh_syscall(SYS_futex, &lock_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    errno = saved;
}

void lh_recorder_unlock(void)
{
    if (__atomic_exchange_n(&lock_word, 0, __ATOMIC_RELEASE) & LOCK_WAITERS)
        wake_one();
}

bool lh_recorder_is_mine(const struct lh_self *self)
{
    return (__atomic_load_n(&lock_word, __ATOMIC_RELAXED) & ~LOCK_WAITERS) == own_name(self);
}

void lh_recorder_abandoned(const struct lh_self *self)
{
    bool locked = lh_recorder_is_mine(self);

    if (lh_writer.header && (locked || self->is_resting))
        __atomic_store_n(&lh_writer.header->state, LH_STATE_STOPPED, __ATOMIC_RELEASE);
    if (locked)
        lh_recorder_unlock();
    else
        wake_one(); /* it may have been on its way to do so */
}

void lh_count(enum lh_counter counter, uint64_t add)
{
    struct lh_trace_header *header = lh_writer.header;
    if (header)
        __atomic_fetch_add(&header->counters[counter], add, __ATOMIC_RELAXED);
}

void lh_count_locked(enum lh_counter counter, uint64_t add)
{
    struct lh_trace_header *header = lh_writer.header;
    if (header)
        __atomic_store_n(&header->counters[counter], header->counters[counter] + add,
                         __ATOMIC_RELAXED);
}

static void tell_once(const char *what, const char *why, const char *remedy)
{
    if (!told && !lh_options.quiet)
        lh_say(what, ": ", why, " (", remedy, ")", NULL);
    told = true;
}

void lh_lost_record(enum lh_counter why)
{
    lh_count(why, 1);
    /* After the end of the process's recording, nothing is wrong with the disk. */
    if (!lh_recording())
        return;
    if (why == LH_DROP_NO_SPACE)
        tell_once(lh_writer.path, "the trace cannot grow, further records are only counted",
                  "free disk space, or raise max_size");
    else
        tell_once("out of memory", "further records are only counted", "raise the memory limit");
}

/* Where the kernel does not know how, the faults come one by one. */
void lh_fault_in(struct lh_trace_extent *extent)
{
#ifdef MADV_POPULATE_WRITE
    int saved = errno;
    madvise(extent, extent->size, MADV_POPULATE_WRITE);
    errno = saved;
#else
    (void)extent;
#endif
}

/* The command line as the kernel has it: works before main() too. */
static size_t read_command(char *command, size_t size)
{
    int fd = lh_sys_open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
    size_t used = 0;

    if (fd < 0)
        return 0;
    while (used < size) {
        ssize_t got = lh_sys_read(fd, command + used, size - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
    }
    lh_sys_close(fd);
    return used;
}

static const char *program_name(void)
{
    return program_invocation_short_name && program_invocation_short_name[0]
               ? program_invocation_short_name
               : "program";
}

static int absolute_path(const char *path, char *ret, size_t size)
{
    size_t used = 0;

    if (path[0] != '/') {
        if (!getcwd(ret, size))
            return -errno;
        used = strlen(ret);
        if (used > 1 && used + 1 < size)
            ret[used++] = '/';
    }
    size_t length = strlen(path);
    if (used + length >= size)
        return -ENAMETOOLONG;
    memcpy(ret + used, path, length + 1);
    return 0;
}

static void print_help(void)
{
    for (const struct lh_option_info *option = lh_option_table; option->name; option++)
        lh_say("LOCKHOUND_OPTIONS ", option->name, "=", option->value, "  ", option->help, NULL);
}

static void read_options(void)
{
    lh_options_default(&lh_options);
    const char *problem = lh_options_parse(&lh_options, getenv(LH_OPTIONS_VARIABLE));
    if (problem && !forked)
        lh_say(problem, "; the other options hold", NULL);
    if (lh_options.help && !forked)
        print_help();
    /* A relative path means the directory that the program was started in, also for its children.
     */
    static char path[LH_PATH_MAX];
    if (absolute_path(lh_options.output, path, sizeof path) == 0 &&
        strlen(path) < sizeof lh_options.output)
        memcpy(lh_options.output, path, strlen(path) + 1);
}

void lh_recorder_start(void)
{
    static char path[LH_PATH_MAX], command[LH_UNIT - 1024];
    int saved = errno;

    if (started)
        return;
    started = true;
    if (!forked)
        read_options();
    size_t command_size = read_command(command, sizeof command);
    int error = lh_expand_template(lh_options.output, (uint32_t)getpid(), program_name(), path,
                                   sizeof path);
    if (error >= 0) {
        lh_writer.max_size = (uint64_t)lh_options.max_size << 20;
        uint32_t mode = (lh_options.full ? LH_RECORD_FULL : 0) | lh_python_modes();
        error = lh_writer_open(&lh_writer, path, mode, command, command_size, forked);
    }
    if (error < 0)
        tell_once(path, lh_error_text(-error),
                  "the program runs on unrecorded; choose another place: TMPDIR or --trace for "
                  "lockhound run, -o for record, output=PATH in LOCKHOUND_OPTIONS without them");
    if (lh_writer.header)
        lh_start_ticks = lh_writer.header->start_ticks;
    errno = saved;
}

void lh_recorder_finish(void)
{
    int saved = errno;
    lh_recorder_lock();
    lh_writer_finish(&lh_writer, LH_STATE_EXITED);
    lh_recorder_unlock();
    errno = saved;
}

void lh_recorder_forked(void)
{
    lock_word = 0;
    started = false;
    forked = true;
    lh_writer_forget(&lh_writer);
}
