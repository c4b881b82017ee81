/*
 * The options of a subcommand: one table that is parsed, and printed by --help.
 */
#ifndef LH_CLI_FLAGS_H
#define LH_CLI_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "command.h"

enum lh_flag_type {
    LH_FLAG_SWITCH, /* to: bool */
    LH_FLAG_TEXT,   /* to: const char * */
    LH_FLAG_NUMBER, /* to: uint64_t */
    LH_FLAG_PARSE,  /* to: what parse makes of it */
};

struct lh_flag {
    enum lh_flag_type type;
    const char *name; /* without the dashes; NULL ends the table */
    char letter;      /* 0: none */
    const char *argument;
    const char *help;
    void *to;
    /* LH_FLAG_PARSE: complains itself and returns false when the value makes no sense. */
    bool (*parse)(const char *value, void *to);
};

enum lh_flags_mode {
    LH_FLAGS_ANYWHERE,       /* options may follow operands */
    LH_FLAGS_BEFORE_PROGRAM, /* the first operand begins somebody else's command line */
};

/*
 * Parse the options of a command. Returns the index of the first operand, or -1 when the command is
 * to end with *ret_exit: after --help (0), or after a complaint.
 */
int lh_flags_parse(const struct lh_command *command, const struct lh_flag *flags,
                   enum lh_flags_mode mode, int argc, char **argv, int *ret_exit);

/* Complain about the usage. Returns the exit status. */
int lh_flags_misuse(const struct lh_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
