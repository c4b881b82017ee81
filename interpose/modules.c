#include "modules.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "lock_memory.h"
#include "locks.h"
#include "race.h"
#include "real.h"
#include "recorder.h"

#define BUILD_ID_MAX 64u

uint32_t lh_module_epoch = 1;

struct module {
    uintptr_t start, end, bias;
    uint32_t scan; /* number of the last scan that saw it */
    uint32_t path_size, build_id_size;
    uint32_t room;
    char *text; /* the path with its NUL, and the build-id */
    struct module *next;
};

/* All under the recorder lock, but for the list in a forked child: it is complete at any time, as a
 * module is linked in and out by one store. */
static struct module *modules, *free_modules;
static unsigned long long last_adds, last_subs;
static bool scanned;
static bool inherited; /* the list is the parent's and not yet in this process's trace */
static uint32_t scan_number;

/* Does [start, start + size) lie in what is loaded? Not every note does. */
static bool is_loaded(const struct dl_phdr_info *info, uintptr_t start, size_t size)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + header->p_vaddr;
        if (header->p_type == PT_LOAD && (header->p_flags & PF_R) && start >= from &&
            size <= header->p_filesz && start - from <= header->p_filesz - size)
            return true;
    }
    return false;
}

static size_t round_4(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* The build-id in a segment of notes. Returns its size, 0 for none. */
static size_t build_id_in(const char *note, const char *end, const char **ret_id)
{
    while ((size_t)(end - note) >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *head = (const ElfW(Nhdr) *)note;
        const char *name = note + sizeof *head;
        size_t name_size = round_4(head->n_namesz), size = round_4(head->n_descsz);
        if (name_size + size > (size_t)(end - name))
            return 0;
        if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
            head->n_descsz <= BUILD_ID_MAX) {
            *ret_id = name + name_size;
            return head->n_descsz;
        }
        note = name + name_size + size;
    }
    return 0;
}

/* The GNU build-id note of a loaded object. Returns its size, 0 for none. */
static size_t find_build_id(const struct dl_phdr_info *info, const char **ret_id)
{
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (header->p_type != PT_NOTE || !is_loaded(info, start, header->p_memsz))
            continue;
        size_t size =
            build_id_in((const char *)start, (const char *)start + header->p_memsz, ret_id);
        if (size)
            return size;
    }
    return 0;
}

/* The object's path, absolute. Returns its length. */
static size_t module_path(const struct dl_phdr_info *info, char *ret, size_t size)
{
    const char *name = info->dlpi_name ? info->dlpi_name : "";
    size_t used = 0;

    if (!name[0] && !scanned) {
        /* The first nameless object is the program. */
        ssize_t length = readlink("/proc/self/exe", ret, size - 1);
        used = length > 0 ? (size_t)length : 0;
        ret[used] = '\0';
        return used;
    }
    if (name[0] != '/' && strchr(name, '/') && getcwd(ret, size)) {
        used = strlen(ret);
        ret[used++] = '/';
    }
    size_t length = strnlen(name, size - used - 1);
    memcpy(ret + used, name, length);
    ret[used + length] = '\0';
    return used + length;
}

static void write_module(const struct module *module)
{
    size_t text_size = module->path_size + module->build_id_size;
    size_t size = sizeof(struct lh_trace_module) + text_size;
    struct lh_trace_module *record = lh_writer_record(&lh_writer, size);

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return;
    }
    record->epoch = lh_module_epoch;
    record->build_id_size = module->build_id_size;
    record->bias = module->bias;
    record->start = module->start;
    record->end = module->end;
    record->path_size = module->path_size;
    memcpy(record->text, module->text, text_size);
    lh_writer_commit(record, LH_RECORD_MODULE, size);
}

/* Path and build-id, kept for the traces of forked children. false: no memory. */
static bool describe(struct module *module, const struct dl_phdr_info *info)
{
    static char path[LH_PATH_MAX]; /* under the recorder lock */
    const char *build_id = NULL;
    size_t build_id_size = find_build_id(info, &build_id);
    size_t path_size = module_path(info, path, sizeof path) + 1;

    if (path_size + build_id_size > module->room) {
        module->room = (uint32_t)(path_size + build_id_size + 255) & ~255u;
        module->text = lh_arena_alloc(module->room);
    }
    if (!module->text) {
        module->room = 0;
        return false;
    }
    memcpy(module->text, path, path_size);
    if (build_id_size)
        memcpy(module->text + path_size, build_id, build_id_size);
    module->path_size = (uint32_t)path_size;
    module->build_id_size = (uint32_t)build_id_size;
    return true;
}

static struct module module_of(const struct dl_phdr_info *info)
{
    struct module module = {.start = UINTPTR_MAX, .bias = info->dlpi_addr};

    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type != PT_LOAD)
            continue;
        uintptr_t start = info->dlpi_addr + header->p_vaddr;
        if (start < module.start)
            module.start = start;
        if (start + header->p_memsz > module.end)
            module.end = start + header->p_memsz;
    }
    return module;
}

static struct module *find_module(const struct module *like)
{
    for (struct module *module = modules; module; module = module->next) {
        if (module->start == like->start && module->end == like->end && module->bias == like->bias)
            return module;
    }
    return NULL;
}

static int mark_known(struct dl_phdr_info *info, size_t size, void *data)
{
    struct module seen = module_of(info);
    struct module *module = find_module(&seen);

    (void)size;
    (void)data;
    if (module)
        module->scan = scan_number;
    return 0;
}

static int add_new(struct dl_phdr_info *info, size_t size, void *data)
{
    struct module seen = module_of(info);
    struct module *module = free_modules;

    (void)size;
    (void)data;
    if (!seen.end || find_module(&seen))
        return 0;
    if (module) {
        free_modules = module->next;
        seen.text = module->text;
        seen.room = module->room;
    } else {
        module = lh_arena_alloc(sizeof *module);
    }
    if (!module || !describe(&seen, info)) {
        lh_lost_record(LH_DROP_NO_MEMORY);
        return 0;
    }
    *module = seen;
    module->next = modules;
    /* Release: a child forked by another thread finds the module whole or not at all. */
    __atomic_store_n(&modules, module, __ATOMIC_RELEASE);
    write_module(module);
    scanned = true;
    return 0;
}

static void write_unload(const struct module *module)
{
    struct lh_trace_unload *record = lh_writer_record(&lh_writer, sizeof *record);

    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return;
    }
    record->epoch = lh_module_epoch;
    record->start = module->start;
    lh_writer_commit(record, LH_RECORD_UNLOAD, sizeof *record);
}

/* Take out the modules that the last scan did not see. */
static struct module *sweep(void)
{
    struct module *gone = NULL;

    for (struct module **link = &modules; *link;) {
        struct module *module = *link;
        if (module->scan == scan_number) {
            link = &module->next;
            continue;
        }
        __atomic_store_n(link, module->next, __ATOMIC_RELEASE);
        __atomic_store_n(&module->next, gone, __ATOMIC_RELEASE);
        gone = module;
    }
    return gone;
}

static int on_first(struct dl_phdr_info *info, size_t size, void *data)
{
    bool *changed = data;

    if (size < offsetof(struct dl_phdr_info, dlpi_subs) + sizeof info->dlpi_subs)
        *changed = true;
    else
        *changed = !scanned || info->dlpi_adds != last_adds || info->dlpi_subs != last_subs;
    if (*changed) {
        last_adds = info->dlpi_adds;
        last_subs = info->dlpi_subs;
    }
    return 1;
}

/* What is gone ends its epoch first: what is new may lie at the same addresses. */
static void scan(void)
{
    scan_number++;
    dl_iterate_phdr(mark_known, NULL);
    struct module *gone = sweep();
    if (gone)
        __atomic_fetch_add(&lh_module_epoch, 1, __ATOMIC_RELAXED);
    while (gone) {
        struct module *next = gone->next;
        write_unload(gone);
        /* The memory is gone: what was held there was looked at before (memory.c). */
        lh_locks_end_range_locked(NULL, gone->start, gone->end - gone->start, NULL);
        if (lh_racing())
            lh_race_memory_ends(gone->start, gone->end - gone->start, 0);
        gone->next = free_modules;
        free_modules = gone;
        gone = next;
    }
    dl_iterate_phdr(add_new, NULL);
}

/*
 * Inside dl_iterate_phdr(), so that nothing is loaded or unloaded meanwhile: take the recorder lock
 * and scan. A nested dl_iterate_phdr() is fine, its lock is recursive.
 */
static int on_scan(struct dl_phdr_info *info, size_t size, void *data)
{
    bool changed = false;

    (void)data;
    lh_recorder_lock();
    on_first(info, size, &changed);
    if (changed && lh_recording())
        scan();
    lh_recorder_unlock();
    return 1;
}

void lh_modules_refresh(void)
{
    int saved = errno;
    dl_iterate_phdr(on_scan, NULL);
    errno = saved;
}

void lh_modules_inherit(void)
{
    if (!inherited || !lh_recording())
        return;
    inherited = false;
    for (const struct module *module = modules; module; module = module->next)
        write_module(module);
}

/* Generated code lies in no object; the C library says so without a lock, if it can (glibc 2.35).
 */
static bool is_in_no_object(uintptr_t pc)
{
    char found[256]; /* a struct dl_find_object, which is smaller */
    return lh_real.dl_find_object && lh_real.dl_find_object((void *)pc, found) != 0;
}

/* The module that the last address was in is likely to be that of the next. */
static bool is_covered(uintptr_t pc, const struct module **last)
{
    if (*last && pc >= (*last)->start && pc < (*last)->end)
        return true;
    for (const struct module *module = modules; module; module = module->next) {
        if (pc >= module->start && pc < module->end) {
            *last = module;
            return true;
        }
    }
    return is_in_no_object(pc);
}

bool lh_modules_has(uintptr_t addr)
{
    for (const struct module *module = modules; module; module = module->next) {
        if (addr >= module->start && addr < module->end)
            return true;
    }
    return false;
}

bool lh_modules_cover(const uintptr_t *pcs, uint32_t count)
{
    const struct module *last = NULL;

    for (uint32_t i = 0; i < count; i++) {
        if (!is_covered(pcs[i], &last))
            return false;
    }
    return true;
}

/* The list stays: in a child, dl_iterate_phdr() may wait for ever for a lock that another thread of
 * the parent had. */
void lh_modules_forked(void)
{
    free_modules = NULL;
    last_adds = last_subs = 0;
    inherited = true;
    lh_module_epoch = 1;
}
