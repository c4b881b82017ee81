#include "instrumented.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "complain.h"
#include "elf_check.h"

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

static enum lh_instrumented check_elf(Elf *elf)
{
    enum lh_instrumented found = LH_INSTRUMENTED_NOT;
    Elf_Scn *section = NULL;
    GElf_Shdr header;

    while ((section = elf_nextscn(elf, section)) != NULL) {
        enum lh_instrumented one = LH_INSTRUMENTED_NOT;

        if (!gelf_getshdr(section, &header))
            continue;
        if (header.sh_type == SHT_DYNSYM || header.sh_type == SHT_SYMTAB)
            one = symbols(elf, section, &header);
        else if (header.sh_type == SHT_DYNAMIC)
            one = needs(elf, section, &header);
        if (one > found)
            found = one;
    }
    return found;
}

static enum lh_instrumented check_file(const char *path)
{
    enum lh_instrumented found = LH_INSTRUMENTED_NOT;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    Elf *elf;

    if (fd < 0)
        return found;
    elf_version(EV_CURRENT);
    elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf && elf_kind(elf) == ELF_K_ELF)
        found = check_elf(elf);
    elf_end(elf);
    close(fd);
    return found;
}

/* ---- the libraries that it needs, as the loader finds them ---- */

static FILE *list_libraries(const char *loader, const char *path, pid_t *ret_pid)
{
    int ends[2], nowhere;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return NULL;
    *ret_pid = fork();
    if (*ret_pid == 0) {
        nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        execl(loader, loader, "--list", path, (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    if (*ret_pid > 0)
        return fdopen(ends[0], "r");
    close(ends[0]);
    return NULL;
}

/* "\tlibfoo.so.1 => /usr/lib/libfoo.so.1 (0x00007f...)" -> the path; NULL: no such line. */
static char *library_of(char *line)
{
    char *path = strstr(line, " => "), *end;

    if (!path || path[4] != '/')
        return NULL;
    path += 4;
    end = strstr(path, " (0x");
    if (!end)
        return NULL;
    *end = '\0';
    return path;
}

/* A runtime among them, a libtsan that is found, is replaced: only the program's own stays. */
static enum lh_instrumented check_libraries(const char *loader, const char *path)
{
    enum lh_instrumented found = LH_INSTRUMENTED_NOT;
    char *line = NULL, *library;
    size_t capacity = 0;
    pid_t pid;
    FILE *list = list_libraries(loader, path, &pid);

    if (!list)
        return found;
    while (getline(&line, &capacity, list) > 0) {
        library = library_of(line);
        if (library && found == LH_INSTRUMENTED_NOT && check_file(library) != LH_INSTRUMENTED_NOT)
            found = LH_INSTRUMENTED;
    }
    free(line);
    fclose(list);
    waitpid(pid, NULL, 0);
    return found;
}

enum lh_instrumented lh_instrumented(const char *path)
{
    enum lh_instrumented found = check_file(path);
    char loader[256];
    enum lh_elf_kind kind;
    int fd;

    if (found != LH_INSTRUMENTED_NOT)
        return found;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return found;
    kind = lh_elf_check(fd, loader, sizeof(loader));
    close(fd);
    return kind == LH_ELF_DYNAMIC ? check_libraries(loader, path) : found;
}
