#include "elf_sections.h"

#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

static void each_section(Elf *elf, lh_elf_visit visit, void *data)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    bool goes_on = true;

    while (goes_on && (section = elf_nextscn(elf, section)) != NULL) {
        if (gelf_getshdr(section, &header))
            goes_on = visit(elf, section, &header, data);
    }
}

void lh_elf_each_section(const char *path, lh_elf_visit visit, void *data)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    Elf *elf;

    if (fd < 0)
        return;
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf && elf_kind(elf) == ELF_K_ELF)
        each_section(elf, visit, data);
    elf_end(elf);
    close(fd);
}
