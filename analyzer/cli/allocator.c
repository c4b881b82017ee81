#include "allocator.h"

#include <stddef.h>
#include <string.h>

#include "elf_sections.h"

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

static bool look_at(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, void *data)
{
    bool *found = data;

    if (header->sh_type != SHT_DYNSYM)
        return true;
    *found = defines_delete(elf, section, header);
    return false;
}

static bool check_file(const char *path)
{
    bool found = false;

    lh_elf_each_section(path, look_at, &found);
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
