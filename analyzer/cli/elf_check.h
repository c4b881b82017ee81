/* Tells what kind of executable a file is, from its ELF headers. */
#ifndef LH_CLI_ELF_CHECK_H
#define LH_CLI_ELF_CHECK_H

#include <stddef.h>

enum lh_elf_kind {
    LH_ELF_NONE,    /* no ELF file: a script, or anything */
    LH_ELF_DYNAMIC, /* the loader can preload into it */
    LH_ELF_LOADER,  /* the loader itself, as a program that runs another one */
    LH_ELF_STATIC,
    LH_ELF_MUSL,
    LH_ELF_32_BIT,
    LH_ELF_OTHER_MACHINE,
    LH_ELF_BROKEN,
};

/* The path of the loader is stored when there is one, else "". */
enum lh_elf_kind lh_elf_check(int fd, char *ret_interpreter, size_t size);

#endif
