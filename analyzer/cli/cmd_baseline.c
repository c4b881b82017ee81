/* lockhound baseline: write down what is known, so that only what is new fails. */
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "flags.h"
#include "gating.h"
#include "known.h"
#include "read_text.h"
#include "sink.h"

struct words {
    const char *output;
    bool keep;
    struct lh_sink sink;
};

/* The version of the file that is there, empty when there is none. NULL: complained. */
static struct lh_baseline *earlier_version(const char *path)
{
    char *text = NULL;
    struct lh_baseline *earlier;

    if (path && strcmp(path, "-") != 0 && lh_read_text_if_there(path, &text) < 0)
        return NULL;
    earlier = lh_gating_parse_baseline(path ? path : "-", text ? text : "");
    free(text);
    return earlier;
}

static size_t count_missing(const struct lh_baseline *from, const struct lh_baseline *in)
{
    size_t missing = 0;

    for (size_t i = 0; i < from->n; i++)
        missing += !lh_baseline_find(in, from->items[i].kind, from->items[i].fingerprint);
    return missing;
}

static int add_all(struct lh_baseline *to, const struct lh_baseline *from)
{
    int r = 0;

    for (size_t i = 0; i < from->n && r == 0; i++)
        r = lh_baseline_add(to, &from->items[i]);
    return r;
}

static int write_baseline(struct words *words, struct lh_baseline *known,
                          const struct lh_baseline *earlier)
{
    size_t fresh = count_missing(known, earlier), gone = count_missing(earlier, known);

    if ((words->keep && add_all(known, earlier) < 0) ||
        lh_baseline_keep_words(known, earlier) < 0) {
        lh_complain("out of memory");
        return LH_EXIT_FAILED;
    }
    if (!lh_sink_open(&words->sink, words->output, stdout))
        return LH_EXIT_FAILED;
    lh_baseline_write(known, lh_sink_begin(&words->sink));
    if (!lh_sink_close(&words->sink))
        return LH_EXIT_FAILED;
    lh_complain("%zu finding%s in the baseline: %zu new; %zu %s", known->n,
                known->n == 1 ? "" : "s", fresh, gone, words->keep ? "not seen, but kept" : "gone");
    return 0;
}

static int command_baseline(const struct lh_command *command, int argc, char **argv)
{
    struct words words = {0};
    const struct lh_flag flags[] = {
        {LH_FLAG_TEXT, "output", 'o', "FILE",
         "the baseline (default: standard output); reasons that it has are kept", &words.output,
         NULL},
        {LH_FLAG_SWITCH, "keep", 0, NULL, "keep findings of FILE that were not seen this time",
         &words.keep, NULL},
        {0},
    };
    struct lh_baseline *known, *earlier;
    int status, first;

    first = lh_flags_parse(command, flags, LH_FLAGS_ANYWHERE, argc, argv, &status);
    if (first < 0)
        return status;
    if (first == argc)
        return lh_flags_misuse(command, "baseline: the trace or report is missing");
    earlier = earlier_version(words.output);
    known = earlier ? lh_known_load(argc - first, argv + first) : NULL;
    status = known ? write_baseline(&words, known, earlier) : LH_EXIT_FAILED;
    lh_baseline_free(known);
    lh_baseline_free(earlier);
    return status;
}

const struct lh_command lh_command_baseline = {
    .name = "baseline",
    .synopsis = "TRACE|REPORT... -o FILE [OPTION]...",
    .summary = "Write down the findings that are known, for --baseline",
    .details = "The findings come from traces and from JSON reports. The baseline is a text, "
               "sorted, with a\n"
               "block for each finding; behind `reason:' people write why it may stay. When FILE "
               "is there\n"
               "already, what people wrote in it is kept.\n"
               "\n"
               "Exit status: 0, or 125 when Lockhound failed or a file could not be read.\n"
               "\n"
               "Examples:\n"
               "  lockhound run --report json=locks.json --fail-on none -- ./test\n"
               "  lockhound baseline locks.json -o lockhound.baseline\n"
               "  lockhound run --baseline lockhound.baseline -- ./test\n",
    .run = command_baseline,
};
