#include "instrumented.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "elf_sections.h"

#define REPLACED      "libtsan.so"       /* gcc's: what is preloaded has its name */
#define IRREPLACEABLE "libclang_rt.tsan" /* clang's */

static bool is_entry_point(const char *name)
{
    return strcmp(name, "__tsan_init") == 0 || strcmp(name, "__tsan_func_entry") == 0;
}

/* ---- one file ---- */

/* Libraries leave the entry points open; what defines them is a runtime. */
static enum lh_instrumented symbols(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    enum lh_instrumented found = LH_INSTRUMENTED_NOT;
    GElf_Sym symbol;

    for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);

        if (!name || !is_entry_point(name))
            continue;
        /* A stub that does nothing is weak, and gives way to what is preloaded. */
        if (symbol.st_shndx != SHN_UNDEF && GELF_ST_BIND(symbol.st_info) != STB_WEAK)
            return LH_INSTRUMENTED_OWN_RUNTIME;
        found = LH_INSTRUMENTED;
    }
    return found;
}

static enum lh_instrumented needs(Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    enum lh_instrumented found = LH_INSTRUMENTED_NOT;
    GElf_Dyn entry;

    for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *name =
            entry.d_tag == DT_NEEDED ? elf_strptr(elf, header->sh_link, entry.d_un.d_val) : NULL;

        if (name && strncmp(name, IRREPLACEABLE, strlen(IRREPLACEABLE)) == 0)
            return LH_INSTRUMENTED_OWN_RUNTIME;
        if (name && strncmp(name, REPLACED, strlen(REPLACED)) == 0)
            found = LH_INSTRUMENTED;
    }
    return found;
}

static bool look_at(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, void *data)
{
    enum lh_instrumented *found = data, one = LH_INSTRUMENTED_NOT;

    if (header->sh_type == SHT_DYNSYM || header->sh_type == SHT_SYMTAB)
        one = symbols(elf, section, header);
    else if (header->sh_type == SHT_DYNAMIC)
        one = needs(elf, section, header);
    if (one > *found)
        *found = one;
    return true;
}

static enum lh_instrumented check_file(const char *path)
{
    enum lh_instrumented found = LH_INSTRUMENTED_NOT;

    lh_elf_each_section(path, look_at, &found);
    return found;
}

/* A runtime among them, a libtsan that is found, is replaced: only the program's own stays. */
enum lh_instrumented lh_instrumented(const char *path, const struct lh_libraries *libraries)
{
    enum lh_instrumented found = check_file(path);

    for (size_t i = 0; i < libraries->n && found == LH_INSTRUMENTED_NOT; i++) {
        if (check_file(libraries->paths[i]) != LH_INSTRUMENTED_NOT)
            found = LH_INSTRUMENTED;
    }
    return found;
}
