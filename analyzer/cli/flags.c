#include "flags.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"

#define FLAGS_MAX 32
#define HELP      (FLAGS_MAX + 256)

int lh_flags_misuse(const struct lh_command *command, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    lh_complain("%s (try `lockhound %s --help')", text ? text : "wrong usage", command->name);
    free(text);
    return LH_EXIT_FAILED;
}

/* ---- help ---- */

static void print_flag(const char *name, char letter, const char *argument, const char *help)
{
    char left[64];
    int width = letter ? snprintf(left, sizeof(left), "-%c, --%s", letter, name)
                       : snprintf(left, sizeof(left), "    --%s", name);

    if (argument && width > 0 && (size_t)width < sizeof(left))
        snprintf(left + width, sizeof(left) - (size_t)width, " %s", argument);
    printf("  %-24s  %s\n", left, help);
}

static void print_help(const struct lh_command *command, const struct lh_flag *flags)
{
    printf("Usage: lockhound %s %s\n%s.\n\nOptions:\n", command->name, command->synopsis,
           command->summary);
    for (; flags->name; flags++)
        print_flag(flags->name, flags->letter, flags->argument, flags->help);
    print_flag("help", 'h', NULL, "show this");
    printf("\n%s", command->details);
}

/* ---- parsing ---- */

/* What getopt_long() wants to have. Long options are known by their index + 256. */
struct tables {
    struct option options[FLAGS_MAX + 2];
    char letters[2 * FLAGS_MAX + 8];
};

static void add_letter(char **to, char letter, bool argument)
{
    if (!letter)
        return;
    *(*to)++ = letter;
    if (argument)
        *(*to)++ = ':';
}

static void fill_tables(const struct lh_flag *flags, enum lh_flags_mode mode, struct tables *ret)
{
    char *letters = ret->letters;
    int n = 0;

    memset(ret, 0, sizeof(*ret));
    if (mode == LH_FLAGS_BEFORE_PROGRAM)
        *letters++ = '+';
    *letters++ = ':';
    for (; flags[n].name && n < FLAGS_MAX; n++) {
        bool argument = flags[n].argument != NULL;

        ret->options[n] = (struct option){flags[n].name, argument ? required_argument : no_argument,
                                          NULL, 256 + n};
        add_letter(&letters, flags[n].letter, argument);
    }
    ret->options[n] = (struct option){"help", no_argument, NULL, HELP};
    *letters = 'h';
}

static const struct lh_flag *find_flag(const struct lh_flag *flags, int code)
{
    if (code >= 256)
        return &flags[code - 256];
    while (flags->name && flags->letter != code)
        flags++;
    return flags->name ? flags : NULL;
}

static bool set_number(const char *name, const char *value, uint64_t *to)
{
    char *end;
    unsigned long long number;

    errno = 0;
    number = strtoull(value, &end, 10);
    if (errno == 0 && *value >= '0' && *value <= '9' && *end == '\0') {
        *to = number;
        return true;
    }
    lh_complain("--%s: %s is no number", name, value);
    return false;
}

static bool set(const struct lh_flag *flag, const char *value)
{
    switch (flag->type) {
    case LH_FLAG_SWITCH:
        *(bool *)flag->to = true;
        return true;
    case LH_FLAG_TEXT:
        *(const char **)flag->to = value;
        return true;
    case LH_FLAG_NUMBER:
        return set_number(flag->name, value, flag->to);
    case LH_FLAG_PARSE:
        return flag->parse(value, flag->to);
    }
    return false;
}

/* One option as getopt_long() found it. false: the command ends with *ret_exit. */
static bool take(const struct lh_command *command, const struct lh_flag *flags, int code,
                 char **argv, int *ret_exit)
{
    const struct lh_flag *flag;

    *ret_exit = LH_EXIT_FAILED;
    switch (code) {
    case 'h':
    case HELP:
        print_help(command, flags);
        *ret_exit = 0;
        return false;
    case ':':
        lh_flags_misuse(command, "%s: its argument is missing", argv[optind - 1]);
        return false;
    case '?':
        if (optopt > 0 && optopt < 256)
            lh_flags_misuse(command, "-%c: no such option", optopt);
        else
            lh_flags_misuse(command, "%s: no such option", argv[optind - 1]);
        return false;
    default:
        flag = find_flag(flags, code);
        return flag && set(flag, optarg);
    }
}

int lh_flags_parse(const struct lh_command *command, const struct lh_flag *flags,
                   enum lh_flags_mode mode, int argc, char **argv, int *ret_exit)
{
    struct tables tables;
    int code;

    fill_tables(flags, mode, &tables);
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(argc, argv, tables.letters, tables.options, NULL)) != -1) {
        if (!take(command, flags, code, argv, ret_exit))
            return -1;
    }
    return optind;
}
