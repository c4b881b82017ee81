/*
 * The symbols that one loaded object exports, read from its own tables: without the dynamic
 * linker's lock, which whoever loads or unloads holds while the program's code runs, and without
 * memory.
 */
#ifndef LH_INTERPOSE_ELF_SYMBOLS_H
#define LH_INTERPOSE_ELF_SYMBOLS_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

struct lh_elf {
    uintptr_t base;
    const ElfW(Sym) * symbols;
    const char *strings;
    const uint32_t *hash; /* DT_GNU_HASH */
};

/* The object of a dl_iterate_phdr() callback. false: it exports nothing, or has no such hash. */
bool lh_elf_open(const struct dl_phdr_info *info, struct lh_elf *ret);

/* NULL: the object defines no such function or variable. */
void *lh_elf_find(const struct lh_elf *elf, const char *name);

#endif
