#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "allocator.h"
#include "command.h"
#include "complain.h"
#include "instrumented.h"
#include "library.h"
#include "options.h"
#include "preflight.h"
#include "survivors.h"

static const int passed_on[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
static const int left_alone[] = {SIGINT, SIGQUIT};

#define N_PASSED_ON  (sizeof(passed_on) / sizeof(passed_on[0]))
#define N_LEFT_ALONE (sizeof(left_alone) / sizeof(left_alone[0]))

/* How signals were handled before, for the program to inherit. */
struct signals {
    struct sigaction passed_on[N_PASSED_ON];
    struct sigaction left_alone[N_LEFT_ALONE];
    struct sigaction child; /* an ignored SIGCHLD would hide how the program ended */
    sigset_t mask;
};

static volatile sig_atomic_t child;  /* 0: none to pass signals on to */
static volatile sig_atomic_t passed; /* a signal came that was for the program */

bool lh_launch_race(const char *value, void *to)
{
    static const char *const values[] = {
        [LH_RACE_MODE_AUTO] = "auto", [LH_RACE_MODE_ON] = "on", [LH_RACE_MODE_OFF] = "off"};

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (strcmp(value, values[i]) == 0) {
            *(enum lh_race_mode *)to = (enum lh_race_mode)i;
            return true;
        }
    }
    lh_complain("--race: %s: no such choice (use auto, on or off)", value);
    return false;
}

/* Find the library of the race detector if it is wanted. false: complained about. */
static bool prepare_race(struct lh_launch *launch, enum lh_race_mode race,
                         const struct lh_libraries *libraries)
{
    enum lh_instrumented found =
        race == LH_RACE_MODE_OFF ? LH_INSTRUMENTED_NOT : lh_instrumented(launch->path, libraries);

    if (found == LH_INSTRUMENTED_OWN_RUNTIME) {
        lh_complain("%s: ThreadSanitizer's runtime is linked into it, which cannot be replaced "
                    "(link it without -fsanitize=thread and with $(pkg-config --libs "
                    "lockhound-race), or say --race=off to watch its locks only)",
                    launch->path);
        return false;
    }
    if (found == LH_INSTRUMENTED || race == LH_RACE_MODE_ON)
        launch->race = lh_library_find_race(launch->library);
    return launch->race || (found == LH_INSTRUMENTED_NOT && race != LH_RACE_MODE_ON);
}

/* What is to be preloaded beside the shim. false: complained about. */
static bool prepare_others(struct lh_launch *launch, enum lh_race_mode race)
{
    struct lh_libraries libraries;
    bool prepared;

    lh_libraries_of(&libraries, launch->path);
    prepared = prepare_race(launch, race, &libraries);
    if (prepared && lh_has_own_delete(&libraries))
        launch->deletes = lh_library_find_deletes(launch->library);
    lh_libraries_free(&libraries);
    return prepared;
}

int lh_launch_prepare(struct lh_launch *ret, enum lh_race_mode race, int argc, char **argv)
{
    int r;

    memset(ret, 0, sizeof(*ret));
    ret->argc = argc;
    ret->argv = argv;
    r = lh_preflight(argv[0], &ret->path);
    if (r != 0)
        return r;
    ret->library = lh_library_find();
    if (ret->library && prepare_others(ret, race))
        return 0;
    lh_launch_free(ret);
    return LH_EXIT_FAILED;
}

void lh_launch_free(struct lh_launch *launch)
{
    free(launch->path);
    free(launch->library);
    free(launch->race);
    free(launch->deletes);
    memset(launch, 0, sizeof(*launch));
}

/* ---- the environment ---- */

/* What the user says in LOCKHOUND_OPTIONS stays, but for what the command decides. */
static char *options_text(const struct lh_recording *recording, const char **ret_on_deadlock)
{
    static struct lh_options options;
    static char text[3 * sizeof(options.output)];
    const char *problem;

    lh_options_default(&options);
    problem = lh_options_parse(&options, getenv(LH_OPTIONS_VARIABLE));
    if (problem) {
        lh_complain("%s", problem);
        return NULL;
    }
    if (strlen(recording->output) >= sizeof(options.output)) {
        lh_complain("%s: %s", recording->output, strerror(ENAMETOOLONG));
        return NULL;
    }
    memcpy(options.output, recording->output, strlen(recording->output) + 1);
    options.full = options.full || recording->full;
    if (recording->on_deadlock)
        snprintf(options.on_deadlock, sizeof(options.on_deadlock), "%s", recording->on_deadlock);
    *ret_on_deadlock = options.on_deadlock;
    if (lh_options_format(&options, text, sizeof(text)) < 0) {
        lh_complain("%s: %s", recording->output, strerror(ENAMETOOLONG));
        return NULL;
    }
    return lh_text("%s", text);
}

static char *preload_text(const struct lh_launch *launch)
{
    const char *others = getenv("LD_PRELOAD");

    return lh_text("%s%s%s%s%s%s%s", launch->library, launch->race ? ":" : "",
                   launch->race ? launch->race : "", launch->deletes ? ":" : "",
                   launch->deletes ? launch->deletes : "", others && *others ? ":" : "",
                   others ? others : "");
}

/* ---- signals ---- */

#define INSIST_MS 1000

/*
 * A program may handle the signal, and wait on. Whoever sends it again after a while means it: the
 * program is ended, so that there is a report. Twice at once is once: many send it to a process and
 * to its group.
 */
static void insist(void)
{
    static struct timespec first;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (first.tv_sec == 0 && first.tv_nsec == 0)
        first = now;
    else if ((now.tv_sec - first.tv_sec) * 1000 + (now.tv_nsec - first.tv_nsec) / 1000000 >=
                 INSIST_MS &&
             child > 0)
        kill(child, SIGKILL);
}

static void pass_on(int number)
{
    int error = errno;

    passed = 1;
    if (child > 0)
        kill(child, number);
    if (number == SIGTERM)
        insist();
    errno = error;
}

/* The terminal sends it to the program too. */
static void hear(int number)
{
    int error = errno;

    (void)number;
    insist();
    errno = error;
}

/* From here on, until the signals are let in again, none is lost. */
static void hold_signals(sigset_t *ret_old)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < N_PASSED_ON; i++)
        sigaddset(&set, passed_on[i]);
    sigprocmask(SIG_BLOCK, &set, ret_old);
}

static void take_signals(struct signals *ret_before)
{
    struct sigaction handler = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    struct sigaction interrupt = {.sa_handler = hear, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, normal = {.sa_handler = SIG_DFL};

    hold_signals(&ret_before->mask);
    for (size_t i = 0; i < N_PASSED_ON; i++) {
        sigaction(passed_on[i], NULL, &ret_before->passed_on[i]);
        /* One that is ignored, as by nohup, is ignored by the program too. */
        if (ret_before->passed_on[i].sa_handler != SIG_IGN)
            sigaction(passed_on[i], &handler, NULL);
    }
    for (size_t i = 0; i < N_LEFT_ALONE; i++) {
        sigaction(left_alone[i], &ignore, &ret_before->left_alone[i]);
        if (left_alone[i] == SIGINT && ret_before->left_alone[i].sa_handler != SIG_IGN)
            sigaction(SIGINT, &interrupt, NULL);
    }
    sigaction(SIGCHLD, &normal, &ret_before->child);
}

static void give_signals_back(const struct signals *before)
{
    for (size_t i = 0; i < N_PASSED_ON; i++)
        sigaction(passed_on[i], &before->passed_on[i], NULL);
    for (size_t i = 0; i < N_LEFT_ALONE; i++)
        sigaction(left_alone[i], &before->left_alone[i], NULL);
    sigaction(SIGCHLD, &before->child, NULL);
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/*
 * Who ends a program often sends the signal twice, to it and to its process group (timeout does).
 * The second one must not end the command in the middle of its report.
 */
static void end_signals(const struct signals *before)
{
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
    if (!passed)
        give_signals_back(before);
    for (size_t i = 0; i < N_LEFT_ALONE; i++)
        sigaction(left_alone[i], &before->left_alone[i], NULL);
}

/* ---- starting ---- */

/* In the child. Comes back only on failure, with the errno. */
static int start_program(const struct lh_launch *launch, const char *preload, const char *options,
                         const struct signals *before)
{
    if (setenv("LD_PRELOAD", preload, 1) < 0 || setenv(LH_OPTIONS_VARIABLE, options, 1) < 0)
        return errno;
    give_signals_back(before);
    /* Not execv(): a script without #! runs in a shell, as everywhere. */
    execvp(launch->path, launch->argv);
    return errno;
}

/* Fork and execute. Returns the pid, or -errno when either failed. */
static pid_t start(const struct lh_launch *launch, const char *preload, const char *options,
                   const struct signals *before)
{
    int ends[2], error = 0;
    ssize_t n;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        error = start_program(launch, preload, options, before);
        n = write(ends[1], &error, sizeof(error));
        _exit(n > 0 ? LH_EXIT_NOT_EXECUTABLE : LH_EXIT_FAILED);
    }
    error = pid < 0 ? errno : 0;
    close(ends[1]);
    /* The end is closed by a successful exec, or tells why there was none. */
    if (pid > 0) {
        do
            n = read(ends[0], &error, sizeof(error));
        while (n < 0 && errno == EINTR);
        if (n <= 0)
            error = 0;
        else
            waitpid(pid, NULL, 0);
    }
    close(ends[0]);
    return error ? -error : pid;
}

static void wait_for(pid_t pid, struct lh_watch *watch, struct lh_run *ret)
{
    siginfo_t info;
    sigset_t old;
    int status = 0;

    /*
     * Do not reap it before signals are held and nobody watches it any more: its number could be
     * given to another process.
     */
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
    lh_watch_stop(watch);
    ret->timeout = lh_watch_timeout(watch);
    hold_signals(&old);
    child = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    ret->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    ret->exit = WIFSIGNALED(status) ? LH_EXIT_SIGNAL + ret->signal : WEXITSTATUS(status);
    ret->exit_known = true;
}

static void tell_survivors(const struct lh_recording *recording, const char *options)
{
    struct lh_survivors survivors;

    lh_survivors_find(options, &survivors);
    lh_survivors_tell(&survivors, recording->survivors);
}

int lh_launch(const struct lh_launch *launch, const struct lh_recording *recording,
              struct lh_run *ret)
{
    const char *on_deadlock = NULL;
    char *options = options_text(recording, &on_deadlock);
    char *preload = preload_text(launch);
    struct signals before;
    pid_t pid = -ENOMEM;

    if (options) {
        take_signals(&before);
        pid = start(launch, preload, options, &before);
        if (pid > 0) {
            child = pid;
            sigprocmask(SIG_SETMASK, &before.mask, NULL);
            ret->argv = launch->argv;
            ret->argc = launch->argc;
            ret->pid = pid;
            lh_watch_start(recording->watch, pid, on_deadlock);
            wait_for(pid, recording->watch, ret);
            tell_survivors(recording, options);
        }
        end_signals(&before);
    }
    free(preload);
    if (pid < 0 && options)
        lh_complain("%s: %s", launch->argv[0], strerror(-pid));
    free(options);
    if (pid > 0)
        return 0;
    if (!options)
        return LH_EXIT_FAILED;
    return pid == -ENOENT ? LH_EXIT_NOT_FOUND : LH_EXIT_NOT_EXECUTABLE;
}
