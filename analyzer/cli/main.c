/* lockhound: finds the command and runs it. A new command is a row here and a file beside this. */
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "complain.h"
#include "version.h"

static const struct lh_command *const commands[] = {
    &lh_command_run,      &lh_command_record, &lh_command_report,
    &lh_command_graph,    &lh_command_locks,  &lh_command_timeline,
    &lh_command_baseline, &lh_command_diff,   &lh_command_explain,
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct lh_command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int unknown(const char *name)
{
    if (*name == '-')
        lh_complain("%s: no such option (lockhound help lists the commands)", name);
    else
        lh_complain("%s: no such command (lockhound help lists them; to run a program: lockhound "
                    "run %s)",
                    name, name);
    return LH_EXIT_FAILED;
}

static void print_overview(FILE *out)
{
    fputs("Usage: lockhound COMMAND [OPTION]... [ARG]...\n"
          "Finds deadlocks and lock-order inversions in programs as they are.\n"
          "\n"
          "Commands:\n",
          out);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    fputs("  help      Show this, or with the name of a command, its options\n"
          "\n"
          "Start here:\n"
          "  lockhound run ./program\n"
          "  lockhound run --graph locks.svg -- ./program --its-option\n"
          "\n"
          "Exit status: 66 when something was found; see `lockhound help run'.\n",
          out);
}

static int finish(int status)
{
    if (fflush(stdout) == 0 || status != 0)
        return status;
    lh_complain("standard output: it cannot be written");
    return LH_EXIT_FAILED;
}

static int help(int argc, char **argv)
{
    char option[] = "--help", *arguments[] = {NULL, option, NULL};
    const struct lh_command *command;

    if (argc < 2) {
        print_overview(stdout);
        return 0;
    }
    command = find(argv[1]);
    if (!command)
        return unknown(argv[1]);
    arguments[0] = argv[1];
    return command->run(command, 2, arguments);
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

int main(int argc, char **argv)
{
    const struct lh_command *command;

    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        print_overview(stderr);
        return LH_EXIT_FAILED;
    }
    if (is_one_of(argv[1], "help", "--help", "-h"))
        return finish(help(argc - 1, argv + 1));
    if (is_one_of(argv[1], "--version", "-V", "version")) {
        lh_print_version(argc > 2 && strcmp(argv[2], "--verbose") == 0);
        return finish(0);
    }
    command = find(argv[1]);
    return command ? finish(command->run(command, argc - 1, argv + 1)) : unknown(argv[1]);
}
