#include "object.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map.h"

#define BUILD_ID_MAX 64

/* libdwfl keeps the address of the search path, not the path. NULL: its default places. */
static char *debug_path;

/* Debug data comes from the usual places; from a server only when DEBUGINFOD_URLS names one. */
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debug_path,
};

static bool same_build_id(Dwfl_Module *module, const uint8_t *build_id, size_t size)
{
    GElf_Addr bias;
    const void *found;
    Elf *elf = dwfl_module_getelf(module, &bias);
    ssize_t found_size = elf ? dwelf_elf_gnu_build_id(elf, &found) : -1;

    return size == 0 ||
           (found_size > 0 && (size_t)found_size == size && !memcmp(found, build_id, size));
}

/* A path of a trace may name anything: a pipe must not block, a terminal must not be taken over. */
static int open_regular(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static Dwfl_Module *report(Dwfl *dwfl, const char *path)
{
    Dwfl_Module *module;
    int fd = open_regular(path);

    if (fd < 0)
        return NULL;
    dwfl_report_begin(dwfl);
    module = dwfl_report_elf(dwfl, path, path, fd, 0, true);
    if (!module)
        close(fd); /* libdwfl takes it only along with the module */
    dwfl_report_end(dwfl, NULL, NULL);
    return module;
}

/* Only a file with the trace's build-id is the one that ran. */
static bool open_file(struct lh_object *object, const char *path)
{
    Dwfl *dwfl = dwfl_begin(&callbacks);
    Dwfl_Module *module = dwfl ? report(dwfl, path) : NULL;

    if (!module || !same_build_id(module, object->build_id, object->build_id_size)) {
        if (dwfl)
            dwfl_end(dwfl);
        return false;
    }
    object->dwfl = dwfl;
    object->module = module;
    return true;
}

static bool open_debug_file(struct lh_object *object)
{
    char path[sizeof("/usr/lib/debug/.build-id//.debug") + 2 * BUILD_ID_MAX];
    int n;

    if (object->build_id_size < 2 || object->build_id_size > BUILD_ID_MAX)
        return false;
    n = snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%02x/", object->build_id[0]);
    for (size_t i = 1; i < object->build_id_size; i++)
        n += snprintf(path + n, sizeof(path) - (size_t)n, "%02x", object->build_id[i]);
    snprintf(path + n, sizeof(path) - (size_t)n, ".debug");
    return open_file(object, path);
}

void lh_object_open(struct lh_object *object)
{
    /* A name without a slash is no path: the kernel's vDSO. */
    bool is_path = strchr(object->path, '/') != NULL;

    if (!object->module && !object->unusable)
        object->unusable =
            !(is_path && open_file(object, object->path)) && !open_debug_file(object);
}

void lh_object_close(struct lh_object *object)
{
    lh_variables_free(object->variables);
    lh_units_free(object->units);
    lh_elf_symbols_free(object->symbols);
    lh_map_free(object->scopes);
    if (object->dwfl)
        dwfl_end(object->dwfl);
    *object = (struct lh_object){
        .path = object->path,
        .build_id = object->build_id,
        .build_id_size = object->build_id_size,
        .strings = object->strings,
        .unusable = object->unusable,
    };
}

struct lh_object *lh_object_new(struct lh_strings *strings, const char *path,
                                const uint8_t *build_id, size_t build_id_size)
{
    struct lh_object *object = calloc(1, sizeof(*object));

    if (!object)
        return NULL;
    object->strings = strings;
    object->path = lh_intern(strings, path);
    object->build_id = build_id;
    object->build_id_size = build_id_size;
    if (!object->path) {
        free(object);
        return NULL;
    }
    return object;
}

void lh_object_free(struct lh_object *object)
{
    if (!object)
        return;
    lh_object_close(object);
    free(object);
}

Dwarf *lh_object_dwarf(struct lh_object *object)
{
    Dwarf_Addr bias = 0;

    if (!object->dwarf_tried && object->module) {
        object->dwarf = dwfl_module_getdwarf(object->module, &bias);
        object->dwarf_bias = bias;
    }
    object->dwarf_tried = true;
    return object->dwarf;
}
