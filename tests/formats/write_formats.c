/*
 * Writes a report with hostile names in every format: FOLDER/<set>.<format>. read_formats.py reads
 * them back with the parsers that others use.
 *
 *     write_formats FOLDER
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report_fixture.h"

#define LONG_NAME 10000

/* Graphviz, pango and fontconfig keep what they loaded until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libgvc\nleak:libcgraph\nleak:libcdt\nleak:libgvplugin\nleak:libpango\n"
           "leak:libfontconfig\nleak:libglib\nleak:libcairo\nleak:libltdl\nleak:libexpat\n"
           "leak:libharfbuzz\nleak:libfreetype\nleak:libgobject\n";
}

/* What each piece is bad for: markup, entities, workflow commands, terminals, UTF-8, XML 1.0. */
static const char hostile[] =
    "</script><b a='1' c=\"2\">&amp;&#0; ]]> --> %0A::error::x, y: z\n::warning::w\r\t"
    "\x1b[31m\x01\x7f \xff\xc3( \xe2\x80\xae \xef\xbf\xbe \\u0000 ${{ x }} $(id) `id`";

static char *long_name(void)
{
    static const char piece[] = "std::map<std::string, std::vector<\"'&>";
    char *name = malloc(LONG_NAME + 1);

    if (name == NULL)
        abort();
    for (size_t i = 0; i < LONG_NAME; i++)
        name[i] = piece[i % (sizeof piece - 1)];
    name[LONG_NAME] = '\0';
    return name;
}

static struct fixture *with_names(const char *name, const char *file)
{
    static char program[] = "./bank";
    static char *argv[2];
    struct fixture *fixture = fixture_new(16);
    const struct lh_frame frames[] = {
        {.function = name, .file = file, .line = 7, .module = name, .offset = 16},
        {.function = name, .module = name, .offset = 0xfffffffffffffff0},
    };
    const uint32_t locks[] = {fixture_mutex(fixture, name), fixture_mutex(fixture, "plain")};
    const uint32_t stacks[] = {fixture_stack(fixture, frames, 2),
                               fixture_stack(fixture, frames + 1, 1)};
    struct lh_finding *finding;

    argv[0] = program;
    fixture_thread(fixture, 1, 1001, name);
    fixture_thread(fixture, 2, 1002, "");
    finding = fixture_cycle(fixture, locks, 2, stacks, LH_FILTER_NONE);
    finding->message = finding->remedy = finding->reason = name;
    finding->baseline = LH_BASELINE_NEW;
    finding->fails = true;
    finding->participants[0].why = name;
    fixture->process->argv[0] = name;
    fixture->report.run = (struct lh_run){.argv = argv, .argc = 1, .exit_known = true, .exit = 3};
    fixture->report.all = true;
    return fixture;
}

/* A suppressed one, a known one, a vanished one, and a suppression that was not needed. */
static struct fixture *gated(void)
{
    static struct lh_known_finding vanished = {
        .fingerprint = "fedcba9876543210",
        .kind = LH_KIND_SELF_DEADLOCK,
        .severity = LH_ERROR,
        .message = "gone",
    };
    static const char *unused[] = {"race:nothing (x.supp:2)"};
    static struct lh_finding suppressed;
    struct fixture *fixture = fixture_new(16);
    struct lh_finding *known = fixture_inversion(fixture);

    suppressed = *known;
    suppressed.suppressed = "deadlock:bank (x.supp:1)";
    known->baseline = LH_BASELINE_KNOWN;
    known->reason = "start-up only";
    fixture_gated(fixture, &suppressed, &vanished, unused);
    fixture->report.all = true;
    return fixture;
}

static void write_one(const struct fixture *fixture, const struct lh_output *output,
                      const char *folder, const char *set)
{
    char path[4096];
    FILE *out;
    int r;

    snprintf(path, sizeof path, "%s/%s.%s", folder, set, output->name);
    out = fopen(path, "w");
    r = out != NULL ? output->write(&fixture->report, out) : -errno;
    if (r < 0 || fclose(out) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(-r));
        exit(1);
    }
}

static void write_all(struct fixture *fixture, const char *folder, const char *set)
{
    for (const struct lh_output *output = lh_outputs; output->name != NULL; output++)
        write_one(fixture, output, folder, set);
    fixture_free(fixture);
}

int main(int argc, char **argv)
{
    char *name = long_name(), *file;

    if (argc != 2 || asprintf(&file, "/src/%s", hostile) < 0)
        return 2;
    write_all(with_names(hostile, file), argv[1], "hostile");
    write_all(with_names(name, name), argv[1], "long");
    write_all(fixture_new(16), argv[1], "empty");
    write_all(gated(), argv[1], "gated");
    free(name);
    free(file);
    return 0;
}
