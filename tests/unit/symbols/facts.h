/*
 * How a program tells the symbolizer's tests about itself: modules, call sites and variables with
 * their addresses, one a line on stdout.
 *     module START END BIAS BUILD-ID PATH     ("-": no build-id)
 *     pc NAME ADDRESS LINE                    a return address, and the line of the call
 *     line NAME LINE
 *     data NAME ADDRESS LINE                  a place in a variable, and the variable's line
 *     code NAME ADDRESS                       a function
 */
#ifndef LH_TESTS_FACTS_H
#define LH_TESTS_FACTS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* dl_iterate_phdr */
#endif

#include <limits.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

/* The line of the declaration that follows on the next line. */
#define NEXT_LINE(name) enum { line_of_##name = __LINE__ + 1 }

static void print_build_id(const struct dl_phdr_info *info)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const char *at, *end;

        if (info->dlpi_phdr[i].p_type != PT_NOTE)
            continue;
        at = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        end = at + info->dlpi_phdr[i].p_memsz;
        while (at + sizeof(ElfW(Nhdr)) <= end) {
            const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
            const unsigned char *bytes =
                (const unsigned char *)at + sizeof(*note) + ((note->n_namesz + 3u) & ~3u);

            if (note->n_type == NT_GNU_BUILD_ID) {
                for (unsigned int j = 0; j < note->n_descsz; j++)
                    printf("%02x", bytes[j]);
                return;
            }
            at = (const char *)bytes + ((note->n_descsz + 3u) & ~3u);
        }
    }
    printf("-");
}

static int print_module(struct dl_phdr_info *info, size_t size, void *data)
{
    char self[PATH_MAX] = "";
    uint64_t start = UINT64_MAX, end = 0;

    (void)size;
    (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uint64_t low = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

        if (info->dlpi_phdr[i].p_type != PT_LOAD)
            continue;
        if (low < start)
            start = low;
        if (low + info->dlpi_phdr[i].p_memsz > end)
            end = low + info->dlpi_phdr[i].p_memsz;
    }
    if (!*info->dlpi_name && readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
        return 0;
    printf("module %llx %llx %llx ", (unsigned long long)start, (unsigned long long)end,
           (unsigned long long)info->dlpi_addr);
    print_build_id(info);
    printf(" %s\n", *info->dlpi_name ? info->dlpi_name : self);
    return 0;
}

static void print_modules(void)
{
    dl_iterate_phdr(print_module, NULL);
}

static void print_data(const char *name, const void *address, int line)
{
    printf("data %s %llx %d\n", name, (unsigned long long)(uintptr_t)address, line);
}

__attribute__((unused)) static void print_code(const char *name, uintptr_t address)
{
    printf("code %s %llx\n", name, (unsigned long long)address);
}

static void print_pc(const char *name, void *address, int line)
{
    printf("pc %s %llx %d\n", name, (unsigned long long)(uintptr_t)address, line);
}

/* Called by the functions under test; the return address is in the caller. */
__attribute__((noinline)) static void capture(const char *name, int line)
{
    print_pc(name, __builtin_return_address(0), line);
}

static void print_line(const char *name, int line)
{
    printf("line %s %d\n", name, line);
}

/* Keeps a call in front of it from becoming a jump. */
#define NO_TAIL_CALL() __asm__ volatile("" ::: "memory")

#endif
