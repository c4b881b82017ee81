#include "allocator.h"

#include <fcntl.h>
#include <gelf.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define DELETE "_ZdlPv" /* operator delete(void *): every other one may be made of it */

/* These call free(); libtsan is replaced. */
static bool is_known(const char *path)
{
    static const char *const beginnings[] = {"libstdc++.so", "libc++.so", "libc++abi.so",
                                             "libtsan.so"};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        if (strncmp(name, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    }
    return false;
}

static bool defines_delete(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;

    for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
        const char *name =
            symbol.st_shndx != SHN_UNDEF ? elf_strptr(elf, header->sh_link, symbol.st_name) : NULL;

        if (name && strcmp(name, DELETE) == 0)
            return true;
    }
    return false;
}

static bool check_elf(Elf *elf)
{
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    while ((section = elf_nextscn(elf, section)) != NULL) {
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM)
            return defines_delete(elf, section, &header);
    }
    return false;
}

static bool check_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool found;
    Elf *elf;

    if (fd < 0)
        return false;
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    found = elf && elf_kind(elf) == ELF_K_ELF && check_elf(elf);
    elf_end(elf);
    close(fd);
    return found;
}

bool lh_has_own_delete(const struct lh_libraries *libraries)
{
    for (size_t i = 0; i < libraries->n; i++) {
        if (!is_known(libraries->paths[i]) && check_file(libraries->paths[i]))
            return true;
    }
    return false;
}
