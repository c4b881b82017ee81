/* Goes through the sections of ELF files. */
#ifndef LH_CLI_ELF_SECTIONS_H
#define LH_CLI_ELF_SECTIONS_H

#include <gelf.h>
#include <stdbool.h>

/* false: that is enough. */
typedef bool (*lh_elf_visit)(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, void *data);

/* Of what is no ELF file, or cannot be read, there are none. */
void lh_elf_each_section(const char *path, lh_elf_visit visit, void *data);

#endif
