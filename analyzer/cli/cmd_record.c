/* lockhound record: record a program, and say what to type next. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "complain.h"
#include "flags.h"
#include "launch.h"
#include "options.h"
#include "trace_place.h"
#include "traces.h"

#define NAMED_MAX 8 /* traces in the command to type; of more, the rest is counted */

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The path as one would type it here. */
static const char *from_here(const char *path)
{
    char *directory = getcwd(NULL, 0);
    size_t length = directory ? strlen(directory) : 0;

    if (length > 0 && strncmp(path, directory, length) == 0 && path[length] == '/')
        path += length + 1;
    free(directory);
    return path;
}

static char *next_command(const struct lh_traces *traces)
{
    char *text = lh_text("lockhound report");

    for (size_t i = 0; i < traces->n && i < NAMED_MAX; i++) {
        char *word = lh_shell_word(from_here(traces->paths[i]));
        char *longer = lh_text("%s %s", text, word);

        free(word);
        free(text);
        text = longer;
    }
    return text;
}

static int tell(const struct lh_launch *launch, const struct lh_traces *traces)
{
    char *text;

    if (traces->n == 0) {
        lh_complain("%s: nothing was recorded (does it clear LD_PRELOAD, or work through sudo, a "
                    "container or a server?)",
                    launch->argv[0]);
        return LH_EXIT_FAILED;
    }
    text = next_command(traces);
    fprintf(stderr, "lockhound: recorded %zu process%s; next: %s", traces->n,
            traces->n == 1 ? "" : "es", text);
    if (traces->n > NAMED_MAX)
        fprintf(stderr, " ... and %zu more", traces->n - NAMED_MAX);
    fputc('\n', stderr);
    free(text);
    return 0;
}

static int finish(const struct lh_launch *launch, const char *template, uint64_t since,
                  const struct lh_run *ended)
{
    struct lh_traces traces = {0};
    int status;

    lh_traces_add_made(&traces, template, (uint32_t)ended->pid, since);
    status = tell(launch, &traces);
    lh_traces_free(&traces);
    if (status != 0)
        return status;
    return ended->timeout ? LH_EXIT_TIMEOUT : ended->exit;
}

static int record(const struct lh_launch *launch, struct lh_recording *recording,
                  struct lh_watch_options *watch)
{
    uint64_t since = now();
    struct lh_run ended = {0};
    int status;

    lh_template_clear(recording->output);
    watch->template = recording->output;
    recording->watch = lh_watch_new(watch);
    status = lh_launch(launch, recording, &ended);
    if (status == 0)
        status = finish(launch, recording->output, since, &ended);
    lh_watch_free(recording->watch);
    return status;
}

/* -o, else what LOCKHOUND_OPTIONS says, else the default. */
static char *choose_template(const char *output)
{
    static struct lh_options options;
    const char *problem;

    if (output)
        return lh_template_prepare(output);
    lh_options_default(&options);
    problem = lh_options_parse(&options, getenv(LH_OPTIONS_VARIABLE));
    if (!problem)
        return lh_template_prepare(options.output);
    lh_complain("%s", problem);
    return NULL;
}

static int command_record(const struct lh_command *command, int argc, char **argv)
{
    struct lh_watch_options watch = {.grace = LH_GRACE_DEFAULT};
    struct lh_recording recording = {
        .survivors = "recording goes on, unwatched; report its trace too when it has ended"};
    const char *output = NULL;
    enum lh_race_mode race = LH_RACE_MODE_AUTO;
    const struct lh_flag flags[] = {
        {LH_FLAG_TEXT, "output", 'o', "TRACE",
         "the trace; %p: process id, %e: program (default: lockhound.%e.%p.trace)", &output, NULL},
        {LH_FLAG_SWITCH, "full", 0, NULL, "record every event, not only what is new",
         &recording.full, NULL},
        LH_WATCH_FLAGS(watch),
        LH_LAUNCH_RACE_FLAG(race),
        {0},
    };
    struct lh_launch launch;
    char *template;
    int status, first;

    first = lh_flags_parse(command, flags, LH_FLAGS_BEFORE_PROGRAM, argc, argv, &status);
    if (first < 0)
        return status;
    if (first == argc)
        return lh_flags_misuse(command, "record: the program is missing");
    status = lh_launch_prepare(&launch, race, argc - first, argv + first);
    if (status != 0)
        return status;
    template = choose_template(output);
    recording.output = template;
    status = template ? record(&launch, &recording, &watch) : LH_EXIT_FAILED;
    free(template);
    lh_launch_free(&launch);
    return status;
}

const struct lh_command lh_command_record = {
    .name = "record",
    .synopsis = "[-o TRACE] [OPTION]... [--] PROGRAM [ARG]...",
    .summary = "Run a program, record its locks into a trace, and say what to type next",
    .details =
        "Each process that the program starts writes a trace of its own; `lockhound report' joins\n"
        "them. An older trace of the same name is replaced. When several processes want the same\n"
        "name, the later ones get .PID appended.\n"
        "\n"
        "Exit status: the program's own (128+N when signal N ended it), 124 when --timeout ended\n"
        "it, 125 when Lockhound failed, 126 when the program cannot be executed, 127 when it is\n"
        "missing.\n"
        "\n"
        "Examples:\n"
        "  lockhound record ./server\n"
        "  lockhound record -o server.trace -- ./server --port 8080\n"
        "  lockhound report server.trace\n",
    .run = command_record,
};
