#include "elf_check.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static bool read_at(int fd, void *to, size_t size, uint64_t offset)
{
    return offset <= INT64_MAX && pread(fd, to, size, (off_t)offset) == (ssize_t)size;
}

/* The first program header of a type. */
static bool find_header(int fd, const Elf64_Ehdr *file, uint32_t type, Elf64_Phdr *ret)
{
    if (file->e_phentsize < sizeof(*ret))
        return false;
    for (uint64_t i = 0; i < file->e_phnum; i++) {
        if (!read_at(fd, ret, sizeof(*ret), file->e_phoff + i * file->e_phentsize))
            return false;
        if (ret->p_type == type)
            return true;
    }
    return false;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* DT_SONAME of a library is a name like "ld-linux-x86-64.so.2"; a static-pie has none. */
static bool has_soname(int fd, const Elf64_Ehdr *file)
{
    Elf64_Phdr dynamic;
    Elf64_Dyn entry;

    if (!find_header(fd, file, PT_DYNAMIC, &dynamic))
        return false;
    for (uint64_t at = 0; at + sizeof(entry) <= dynamic.p_filesz; at += sizeof(entry)) {
        if (!read_at(fd, &entry, sizeof(entry), dynamic.p_offset + at) || entry.d_tag == DT_NULL)
            return false;
        if (entry.d_tag == DT_SONAME)
            return true;
    }
    return false;
}

static enum lh_elf_kind check_64(int fd, const Elf64_Ehdr *file, char *interpreter, size_t size)
{
    Elf64_Phdr header;

    if (!find_header(fd, file, PT_INTERP, &header))
        return file->e_type == ET_DYN && has_soname(fd, file) ? LH_ELF_LOADER : LH_ELF_STATIC;
    if (header.p_filesz == 0 || header.p_filesz > size ||
        !read_at(fd, interpreter, header.p_filesz, header.p_offset)) {
        interpreter[0] = '\0';
        return LH_ELF_BROKEN;
    }
    interpreter[header.p_filesz - 1] = '\0';
    return begins(base_name(interpreter), "ld-musl") ? LH_ELF_MUSL : LH_ELF_DYNAMIC;
}

enum lh_elf_kind lh_elf_check(int fd, char *ret_interpreter, size_t size)
{
    Elf64_Ehdr file = {0};
    ssize_t n = pread(fd, &file, sizeof(file), 0);

    ret_interpreter[0] = '\0';
    if (n < EI_NIDENT || memcmp(file.e_ident, ELFMAG, SELFMAG) != 0)
        return LH_ELF_NONE;
    if (file.e_ident[EI_DATA] != ELFDATA2LSB)
        return LH_ELF_OTHER_MACHINE;
    /* e_machine lies at the same place in both classes; x32 is a 32-bit class of x86-64. */
    if (file.e_machine != EM_X86_64 && file.e_machine != EM_386)
        return LH_ELF_OTHER_MACHINE;
    if (file.e_ident[EI_CLASS] == ELFCLASS32)
        return LH_ELF_32_BIT;
    if (n < (ssize_t)sizeof(file) || file.e_ident[EI_CLASS] != ELFCLASS64)
        return LH_ELF_BROKEN;
    return check_64(fd, &file, ret_interpreter, size);
}
