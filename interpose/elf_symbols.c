#include "elf_symbols.h"

#include <elf.h>
#include <string.h>

/* The dynamic linker makes addresses of most of these offsets, but not on every machine. */
static const void *address_of(const struct lh_elf *elf, ElfW(Addr) value)
{
    return (const void *)(value < elf->base ? elf->base + value : value);
}

bool lh_elf_open(const struct dl_phdr_info *info, struct lh_elf *ret)
{
    const ElfW(Dyn) *entry = NULL;

    *ret = (struct lh_elf){.base = info->dlpi_addr};
    for (ElfW(Half) i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            entry = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (; entry && entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SYMTAB)
            ret->symbols = address_of(ret, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_STRTAB)
            ret->strings = address_of(ret, entry->d_un.d_ptr);
        else if (entry->d_tag == DT_GNU_HASH)
            ret->hash = address_of(ret, entry->d_un.d_ptr);
    }
    return ret->symbols && ret->strings && ret->hash;
}

static uint32_t hash_of(const char *name)
{
    uint32_t hash = 5381;

    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return hash;
}

static void *value_of(const struct lh_elf *elf, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &elf->symbols[index];
    unsigned type = ELF64_ST_TYPE(symbol->st_info);

    if (symbol->st_shndx == SHN_UNDEF || (type != STT_FUNC && type != STT_OBJECT) ||
        strcmp(elf->strings + symbol->st_name, name) != 0)
        return NULL;
    return (void *)(elf->base + symbol->st_value);
}

/* The table: four counts, the words of a Bloom filter, buckets, and a chain of hashes. */
void *lh_elf_find(const struct lh_elf *elf, const char *name)
{
    uint32_t n_buckets = elf->hash[0], first = elf->hash[1], n_words = elf->hash[2];
    const uint32_t *buckets = elf->hash + 4 + n_words * (sizeof(ElfW(Addr)) / 4);
    const uint32_t *chain = buckets + n_buckets;
    uint32_t hash = hash_of(name);
    uint32_t index = n_buckets ? buckets[hash % n_buckets] : 0;

    for (; index >= first && index; index++) {
        uint32_t found = chain[index - first];
        void *value = (found | 1) == (hash | 1) ? value_of(elf, index, name) : NULL;
        if (value)
            return value;
        if (found & 1)
            break;
    }
    return NULL;
}
