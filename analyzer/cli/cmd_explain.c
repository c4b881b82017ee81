/* lockhound explain: the page of a kind of finding. */
#include <stdio.h>

#include "command.h"
#include "complain.h"
#include "finding.h"
#include "flags.h"
#include "kind_pages.h"

static int list_kinds(void)
{
    for (int kind = 0; kind < LH_KINDS; kind++)
        printf("%-22s  %s\n", lh_kind_name((enum lh_kind)kind), lh_kind_help((enum lh_kind)kind));
    return 0;
}

static int command_explain(const struct lh_command *command, int argc, char **argv)
{
    const struct lh_flag flags[] = {{0}};
    int status, first, kind;

    first = lh_flags_parse(command, flags, LH_FLAGS_ANYWHERE, argc, argv, &status);
    if (first < 0)
        return status;
    if (first == argc)
        return list_kinds();
    for (int i = first; i < argc; i++) {
        kind = lh_kind_from_name(argv[i]);
        if (kind < 0) {
            lh_complain("%s: no such kind of finding (lockhound explain lists them)", argv[i]);
            return LH_EXIT_FAILED;
        }
        printf("%s%s", i > first ? "\n" : "", lh_kind_page((enum lh_kind)kind));
    }
    return 0;
}

const struct lh_command lh_command_explain = {
    .name = "explain",
    .synopsis = "[KIND]...",
    .summary = "Explain a kind of finding: what it means, how to fix it, when it can be wrong",
    .details = "Without a KIND, list all of them.\n"
               "\n"
               "Exit status: 0, or 125 when there is no such kind.\n"
               "\n"
               "Examples:\n"
               "  lockhound explain\n"
               "  lockhound explain lock-order-inversion | less\n",
    .run = command_explain,
};
