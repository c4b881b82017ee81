#include "python.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "map64.h"
#include "modules.h"
#include "recorder.h"
#include "stacks.h"

#define CHAIN_MAX   256u
#define CACHE_SLOTS 256u /* a power of two */
#define NOWHERE     UINT16_MAX

/* How a frame says where its code is. */
enum position {
    IN_BYTES,  /* an int: offset of the instruction */
    IN_UNITS,  /* an int: number of the 2-byte unit */
    BY_POINTER /* address of the instruction */
};

/*
 * Offsets of fields, by version: PyThreadState, _PyCFrame, the frame (PyFrameObject up to 3.10,
 * _PyInterpreterFrame after that), PyCodeObject, PyASCIIObject and PyCompactUnicodeObject. From
 * the headers of these versions (Include/cpython, Include/internal).
 */
static const struct layout {
    uint16_t minor; /* of version 3 */
    uint16_t state_frame;
    uint16_t cframe_frame; /* NOWHERE: state_frame leads to the frame itself */
    uint16_t frame_code, frame_back, frame_position, frame_owner;
    uint16_t code_file, code_name, code_line, code_consts;
    uint16_t code_bytes; /* the code itself, or (up to 3.10) of the pointer to a bytes object */
    uint16_t ascii_size, compact_size;
    uint8_t position;             /* enum position */
    uint8_t c_owner;              /* value of frame_owner that says: not a Python function */
    uint8_t before_with, call_ex; /* opcodes */
} layouts[] = {
    {8, 24, NOWHERE, 32, 24, 104, NOWHERE, 104, 112, 40, 56, 48, 48, 72, IN_BYTES, 0, 143, 142},
    {9, 24, NOWHERE, 32, 24, 104, NOWHERE, 104, 112, 40, 56, 48, 48, 72, IN_BYTES, 0, 143, 142},
    {10, 24, NOWHERE, 32, 24, 96, NOWHERE, 104, 112, 40, 56, 48, 48, 72, IN_UNITS, 0, 143, 142},
    {11, 56, 8, 32, 48, 56, NOWHERE, 112, 128, 72, 24, 184, 48, 72, BY_POINTER, 0, 53, 142},
    {12, 56, 0, 0, 8, 56, 70, 112, 128, 68, 24, 192, 40, 56, BY_POINTER, 3, 53, 142},
    {13, 72, NOWHERE, 0, 8, 56, 70, 112, 128, 68, 24, 200, 40, 56, BY_POINTER, 3, 0, 0},
};

struct lh_python_code lh_python_code;

static const struct layout *layout;
static const void *code_type;                 /* &PyCode_Type */
static const char *(*get_version)(void);      /* Py_GetVersion */
static int (*is_initialized)(void);           /* Py_IsInitialized */
static void *(*this_thread)(void);            /* PyGILState_GetThisThreadState */
static void *(*running_thread)(void);         /* _PyThreadState_UncheckedGet */
static int (*line_of)(const void *code, int); /* PyCode_Addr2Line: reads the line table only */

/* A thread's: what lh_self.python points to. */
struct lh_python_thread {
    uint32_t last_stack; /* of its last call with the GIL */
    struct {
        uint64_t key;
        uint32_t stack;
    } cache[CACHE_SLOTS];
};

static struct lh_map64 codes; /* struct lh_trace_code; under the recorder lock */
static uint32_t last_code;

/* ---- finding the interpreter ---- */

/* The executable part of the object that an address of it lies in. */
static int find_code(struct dl_phdr_info *info, size_t size, void *address)
{
    (void)size;
    for (ElfW(Half) i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) ||
            (uintptr_t)address - start >= part->p_memsz)
            continue;
        lh_python_code = (struct lh_python_code){start, part->p_memsz};
        return 1;
    }
    return 0;
}

static const struct layout *find_layout(const char *version)
{
    if (strncmp(version, "3.", 2) != 0)
        return NULL;
    unsigned minor = 0;
    for (const char *digit = version + 2; *digit >= '0' && *digit <= '9'; digit++)
        minor = 10 * minor + (unsigned)(*digit - '0');
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].minor == minor)
            return &layouts[i];
    return NULL;
}

/* For those who look at the trace while it is written. */
static void note_python(void)
{
    lh_recorder_lock();
    if (layout && lh_recording())
        lh_writer.header->mode |= LH_RECORD_PYTHON;
    lh_recorder_unlock();
}

#define FIND(pointer, name) (*(void **)&(pointer) = dlsym(RTLD_DEFAULT, name))

void lh_python_find(void)
{
    if (layout || !FIND(get_version, "Py_GetVersion"))
        return;
    code_type = dlsym(RTLD_DEFAULT, "PyCode_Type");
    FIND(is_initialized, "Py_IsInitialized");
    FIND(this_thread, "PyGILState_GetThisThreadState");
    if (!FIND(running_thread, "PyThreadState_GetUnchecked"))
        FIND(running_thread, "_PyThreadState_UncheckedGet");
    FIND(line_of, "PyCode_Addr2Line");
    if (!code_type || !is_initialized || !this_thread || !running_thread || !line_of)
        return;
    layout = find_layout(get_version());
    if (layout && !dl_iterate_phdr(find_code, *(void **)&get_version))
        layout = NULL;
    note_python();
}

/* ---- reading frames ---- */

static const char *at(const void *object, uint16_t offset)
{
    return (const char *)object + offset;
}

static const void *pointer_at(const void *object, uint16_t offset)
{
    return *(const void *const *)at(object, offset);
}

/* The thread's state while it holds the GIL; NULL: it does not. */
static const void *state_with_gil(void)
{
    if (!layout || !is_initialized())
        return NULL;
    const void *state = this_thread();
    return state && state == running_thread() ? state : NULL;
}

static const void *first_frame(const void *state)
{
    const void *frame = pointer_at(state, layout->state_frame);

    if (frame && layout->cframe_frame != NOWHERE)
        frame = pointer_at(frame, layout->cframe_frame);
    return frame;
}

struct call {
    const void *code; /* PyCodeObject */
    int offset;       /* bytes, of the instruction */
};

static const char *instructions(const void *code)
{
    /* A bytes object's data lie behind its head (ob_refcnt, ob_type, ob_size, ob_shash). */
    return layout->position == BY_POINTER ? at(code, layout->code_bytes)
                                          : at(pointer_at(code, layout->code_bytes), 32);
}

static int offset_of(const void *frame, const void *code)
{
    switch (layout->position) {
    case IN_BYTES:
        return *(const int *)at(frame, layout->frame_position);
    case IN_UNITS:
        return 2 * *(const int *)at(frame, layout->frame_position);
    default:
        return (int)((const char *)pointer_at(frame, layout->frame_position) - instructions(code));
    }
}

/* The next Python function at or above `frame`; NULL: none. */
static const void *python_frame(const void *frame)
{
    while (frame && layout->frame_owner != NOWHERE &&
           *at(frame, layout->frame_owner) == layout->c_owner)
        frame = pointer_at(frame, layout->frame_back);
    return frame;
}

static bool read_call(const void *frame, struct call *ret)
{
    const void *code = pointer_at(frame, layout->frame_code);

    /* ob_type follows the reference count. */
    if (!code || pointer_at(code, sizeof(void *)) != code_type)
        return false;
    *ret = (struct call){code, offset_of(frame, code)};
    return true;
}

static uint32_t read_chain(const void *state, struct call chain[CHAIN_MAX])
{
    uint32_t count = 0;
    const void *frame = python_frame(first_frame(state));

    while (frame && count < CHAIN_MAX && count < lh_options.stack_depth &&
           read_call(frame, &chain[count])) {
        count++;
        frame = python_frame(pointer_at(frame, layout->frame_back));
    }
    return count;
}

/* ---- recording ---- */

/* A str object's characters as UTF-8. Its representation is PEP 393's. */
static size_t put_utf8(char *to, size_t size, const void *text)
{
    enum { KIND_SHIFT = 2, COMPACT = 1 << 5, ASCII = 1 << 6 };
    size_t length = *(const size_t *)at(text, 16), used = 0;
    uint32_t state = *(const uint32_t *)at(text, 32), kind = state >> KIND_SHIFT & 7;

    if (!(state & COMPACT))
        length = 0;
    const char *data = at(text, state & ASCII ? layout->ascii_size : layout->compact_size);
    for (size_t i = 0; i < length && used + 4 < size; i++) {
        uint32_t c = kind == 1   ? ((const uint8_t *)data)[i]
                     : kind == 2 ? ((const uint16_t *)data)[i]
                                 : ((const uint32_t *)data)[i];
        if (c < 0x80) {
            to[used++] = (char)c;
        } else if (c < 0x800) {
            to[used++] = (char)(0xc0 | c >> 6);
            to[used++] = (char)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            to[used++] = (char)(0xe0 | c >> 12);
            to[used++] = (char)(0x80 | (c >> 6 & 0x3f));
            to[used++] = (char)(0x80 | (c & 0x3f));
        } else {
            to[used++] = (char)(0xf0 | c >> 18);
            to[used++] = (char)(0x80 | (c >> 12 & 0x3f));
            to[used++] = (char)(0x80 | (c >> 6 & 0x3f));
            to[used++] = (char)(0x80 | (c & 0x3f));
        }
    }
    to[used] = '\0';
    return used + 1;
}

static int first_line(const void *code)
{
    return *(const int *)at(code, layout->code_line);
}

/* The number of a function in the trace, by what it is called: its object may be made anew. */
static uint32_t record_code(const void *code)
{
    char text[2048];
    size_t file = put_utf8(text, sizeof text / 2, pointer_at(code, layout->code_file));
    size_t name = put_utf8(text + file, sizeof text / 2, pointer_at(code, layout->code_name));
    uint64_t key = lh_join((uint64_t)first_line(code), file);

    for (size_t i = 0; i < file + name; i++)
        key = lh_join(key, (unsigned char)text[i]);
    struct lh_trace_code *record = lh_map64_find(&codes, key);
    if (record)
        return record->id;
    record = lh_writer_record(&lh_writer, sizeof *record + file + name);
    if (!record) {
        lh_lost_record(LH_DROP_NO_SPACE);
        return 0;
    }
    record->id = ++last_code;
    record->line = (uint32_t)first_line(code);
    record->file_size = (uint32_t)file;
    record->name_size = (uint32_t)name;
    memcpy(record->text, text, file + name);
    lh_writer_commit(record, LH_RECORD_CODE, sizeof *record + file + name);
    if (!lh_map64_add(&codes, key, record))
        lh_lost_record(LH_DROP_NO_MEMORY);
    return record->id;
}

static uint32_t record_chain(const struct call *chain, uint32_t count)
{
    uintptr_t pcs[CHAIN_MAX];
    uint32_t stack = LH_NO_STACK, used = 0;

    lh_recorder_lock();
    for (uint32_t i = 0; lh_recording() && i < count; i++) {
        uint32_t code = record_code(chain[i].code);
        int line = line_of(chain[i].code, chain[i].offset);
        if (code)
            pcs[used++] = LH_PYTHON_PC(code, line > 0 ? (uint32_t)line : 0);
    }
    if (used)
        stack = lh_stack_record(pcs, used);
    lh_recorder_unlock();
    return stack;
}

/* Objects die and others are born at their address: the first line tells most of them apart. */
static uint64_t key_of(const struct call *chain, uint32_t count)
{
    uint64_t key = lh_join(count, lh_module_epoch);

    for (uint32_t i = 0; i < count; i++) {
        const void *name = pointer_at(chain[i].code, layout->code_name);
        key = lh_join(key, (uintptr_t)chain[i].code ^ (uint64_t)(uint32_t)chain[i].offset << 40);
        key = lh_join(key, (uintptr_t)name ^ (uint64_t)(uint32_t)first_line(chain[i].code) << 40);
    }
    return key;
}

uint32_t lh_python_stack(struct lh_self *self)
{
    const void *state = state_with_gil();
    struct call chain[CHAIN_MAX];

    if (!self->python)
        self->python = lh_arena_alloc(sizeof *self->python);
    struct lh_python_thread *thread = self->python;
    if (!thread)
        return LH_NO_STACK;
    if (!state)
        return thread->last_stack;
    uint32_t count = read_chain(state, chain);
    if (!count)
        return thread->last_stack = LH_NO_STACK;
    uint64_t key = key_of(chain, count);
    typeof(thread->cache[0]) *cached = &thread->cache[key & (CACHE_SLOTS - 1)];
    if (cached->key != key || !cached->stack) {
        cached->stack = record_chain(chain, count);
        cached->key = key;
    }
    return thread->last_stack = cached->stack;
}

/* ---- what the calling code is about ---- */

uint32_t lh_python_attempt(void)
{
    const void *state = state_with_gil();
    const void *frame = state ? python_frame(first_frame(state)) : NULL;
    struct call call;

    if (!frame || !read_call(frame, &call) || call.offset < 0)
        return LH_ATTEMPT_TRY;
    const uint8_t *instruction = (const uint8_t *)instructions(call.code) + call.offset;
    if (instruction[0] == layout->before_with)
        return 0;
    if (instruction[0] == layout->call_ex)
        return LH_ATTEMPT_TIMED;
    /* The operand of a call is the number of its arguments: none, so it waits for ever. */
    return instruction[1] == 0 ? 0 : LH_ATTEMPT_TIMED;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), most = strlen(end);

    return length >= most && memcmp(text + length - most, end, most) == 0;
}

/* The lock that a thread waiting for a Condition sleeps on, and the one that tells a thread's end.
 */
bool lh_python_makes_signal(void)
{
    const void *state = state_with_gil();
    const void *frame = state ? python_frame(first_frame(state)) : NULL;
    char file[1024], name[1024];
    struct call call;

    if (!frame || !read_call(frame, &call))
        return false;
    put_utf8(file, sizeof file, pointer_at(call.code, layout->code_file));
    put_utf8(name, sizeof name, pointer_at(call.code, layout->code_name));
    const char *slash = strrchr(file, '/');
    if (strncmp(file, "<frozen importlib", 17) == 0)
        return true;
    return slash && strcmp(slash, "/threading.py") == 0 &&
           (ends_with(name, "wait") || ends_with(name, "_set_tstate_lock"));
}

void lh_python_forked(void)
{
    codes = (struct lh_map64){0};
    last_code = 0;
}
