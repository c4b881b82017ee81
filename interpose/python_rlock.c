#include "python_rlock.h"

#include <link.h>
#include <string.h>

#include "memory.h"
#include "python.h"
#include "python_frames.h"
#include "self.h"

#define TYPE_TEXT    "_thread.RLock"
#define FRAMES_BYTES 4096u /* of the stack, in which the maker of an RLock keeps its address */
#define MY_FRAME     256u  /* below its first word lies what a function saves */
#define METHODS_MAX  64
#define NO_ARGUMENTS 4 /* METH_NOARGS */

/* Modules/_threadmodule.c and Include/cpython/object.h; the same from 3.8 to 3.13. */
enum { TYPE_NAME = 24, TYPE_METHODS = 232 };

struct rlock {
    uint64_t references;
    uintptr_t type;
    uintptr_t semaphore; /* PyThread_type_lock: address of a sem_t */
    unsigned long owner, count;
};

typedef void *(*function)(void *object, void *arguments);

struct method {
    const char *name;
    function call;
    int flags;
    const char *doc;
};

/* Written with the GIL, which orders all of it. */
static uintptr_t rlock_type;
static uintptr_t found_at; /* bytes from the first looked at to where the last object was found */
static function is_owned;
static void (*observer)(void);

static uintptr_t word_at(uintptr_t address)
{
    return *(const uintptr_t *)address;
}

static bool is_readable(uintptr_t address, size_t size)
{
    if (address % 8 || address < 65536 || address >> 47)
        return false;
    return lh_memory_is_readable((const void *)address) &&
           lh_memory_is_readable((const void *)(address + size - 4));
}

static bool is_rlock_type(uintptr_t type)
{
    if (rlock_type || !is_readable(type + TYPE_NAME, 8))
        return rlock_type && type == rlock_type;
    uintptr_t name = word_at(type + TYPE_NAME), start = name & ~(uintptr_t)7;
    return is_readable(start, 24) && strcmp((const char *)name, TYPE_TEXT) == 0;
}

/* It has no lock yet: no other object of the type, alive or dead, is like that. */
static bool is_new_rlock(uintptr_t address)
{
    const struct rlock *object = (const struct rlock *)address;

    return is_readable(address, sizeof *object) && !object->semaphore && !object->count &&
           is_rlock_type(object->type);
}

/* ---- _is_owned() ---- */

static void *observed_is_owned(void *object, void *arguments)
{
    void *result = is_owned(object, arguments);

    if (lh_python_is_true(result))
        observer();
    return result;
}

struct place {
    uintptr_t address;
    bool writable, sealed;
};

static int find_place(struct dl_phdr_info *info, size_t size, void *data)
{
    struct place *place = data;

    (void)size;
    for (ElfW(Half) i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (place->address - (info->dlpi_addr + part->p_vaddr) >= part->p_memsz)
            continue;
        if (part->p_type == PT_LOAD)
            place->writable = part->p_flags & PF_W;
        if (part->p_type == PT_GNU_RELRO)
            place->sealed = true;
    }
    return place->writable;
}

static bool is_writable(const void *address)
{
    struct place place = {.address = (uintptr_t)address};

    dl_iterate_phdr(find_place, &place);
    return place.writable && !place.sealed;
}

static void observe(uintptr_t type, void (*on_owned)(void))
{
    struct method *methods = (struct method *)word_at(type + TYPE_METHODS);

    for (int i = 0; methods && i < METHODS_MAX && methods[i].name; i++) {
        struct method *method = &methods[i];
        uintptr_t code = (uintptr_t) * (void **)&method->call;
        if (strcmp(method->name, "_is_owned") != 0)
            continue;
        if (method->flags != NO_ARGUMENTS || code - lh_python_code.start >= lh_python_code.size ||
            !is_writable(method))
            return;
        observer = on_owned;
        is_owned = method->call;
        method->call = observed_is_owned;
        return;
    }
}

void lh_python_rlock_forget(void)
{
    rlock_type = found_at = 0;
    is_owned = NULL;
}

bool lh_python_rlock_is_observed(void)
{
    return is_owned != NULL;
}

/* ---- objects ---- */

/* Up to where the stack may be read. */
static uintptr_t end_of_frames(const struct lh_self *self, uintptr_t first)
{
    bool own = first >= self->stack_low && first < self->stack_high;
    uintptr_t left = own ? self->stack_high - first : 0;

    return first + (left < FRAMES_BYTES ? left & ~(uintptr_t)7 : FRAMES_BYTES);
}

/* Its maker needs it again: it is in a register, hence saved by some function called, or saved. */
__attribute__((noinline)) uintptr_t lh_python_rlock_new(const struct lh_self *self,
                                                        void (*on_owned)(void))
{
    __builtin_unwind_init();
    uintptr_t first = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)7;
    uintptr_t from = first - MY_FRAME, end = end_of_frames(self, first);

    if (rlock_type && first + found_at < end && is_new_rlock(word_at(first + found_at)))
        return word_at(first + found_at);
    for (uintptr_t at = from; at < end; at += 8) {
        uintptr_t object = word_at(at);
        if (object - from < end - from || !is_new_rlock(object))
            continue;
        found_at = at - first;
        if (!rlock_type) {
            rlock_type = ((const struct rlock *)object)->type;
            observe(rlock_type, on_owned);
        }
        return object;
    }
    return 0;
}

uint32_t lh_python_rlock_count(uintptr_t object, uintptr_t semaphore)
{
    const struct rlock *rlock = (const struct rlock *)object;

    if (!object || !is_readable(object, sizeof *rlock) || rlock->type != rlock_type ||
        rlock->semaphore != semaphore)
        return 0;
    return rlock->count < UINT32_MAX ? (uint32_t)rlock->count : 0;
}
