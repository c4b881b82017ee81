#include "python_frames.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>

#include "elf_symbols.h"
#include "trace.h"

#define NOWHERE UINT16_MAX
#define NO_CODE 255 /* no opcode of a call */

/* How a frame says where its code is. */
enum position {
    IN_BYTES,  /* an int: offset of the instruction */
    IN_UNITS,  /* an int: number of the 2-byte unit */
    BY_POINTER /* address of the instruction */
};

/* Opcodes that calls are made with. */
struct opcodes {
    uint8_t with;    /* enters a with statement */
    uint8_t call_ex; /* arguments that are not counted */
    uint8_t call_kw; /* the operand before it is a tuple of names */
    uint8_t load_const;
    uint8_t kw_names; /* names of arguments, before a plain call */
    uint8_t gap;      /* bytes between the last argument and a plain call */
};

static const struct opcodes old_opcodes = {143, 142, 141, 100, NO_CODE, 0};
static const struct opcodes opcodes_3_11 = {53, 142, NO_CODE, 100, 172, 4};
static const struct opcodes opcodes_3_12 = {53, 142, NO_CODE, 100, 172, 0};
static const struct opcodes opcodes_3_13 = {2, 54, 57, 83, NO_CODE, 0};

/*
 * Offsets of fields, by version: PyThreadState, _PyCFrame, the frame (PyFrameObject up to 3.10,
 * _PyInterpreterFrame after that), PyCodeObject, PyASCIIObject and PyCompactUnicodeObject. From
 * the headers of these versions (Include/cpython, Include/internal).
 */
static const struct layout {
    uint16_t minor; /* of version 3 */
    uint16_t state_frame;
    uint16_t cframe_frame; /* NOWHERE: state_frame leads to the frame itself */
    uint16_t frame_code, frame_back, frame_position, frame_owner, frame_locals;
    uint16_t code_file, code_name, code_short_name, code_line, code_consts;
    uint16_t code_bytes; /* the code itself, or (up to 3.10) of the pointer to a bytes object */
    uint16_t code_arguments, code_locals;
    uint16_t ascii_size, compact_size;
    uint8_t position; /* enum position */
    uint8_t c_owner;  /* value of frame_owner that says: not a Python function */
    const struct opcodes *opcodes;
} layouts[] = {
    {8,  24, NOWHERE, 32, 24, 104, NOWHERE, 360,      104, 112,         112,
     40, 56, 48,      16, 28, 48,  72,      IN_BYTES, 0,   &old_opcodes},
    {9,  24, NOWHERE, 32, 24, 104, NOWHERE, 360,      104, 112,         112,
     40, 56, 48,      16, 28, 48,  72,      IN_BYTES, 0,   &old_opcodes},
    {10, 24, NOWHERE, 32, 24, 96, NOWHERE, 352,      104, 112,         112,
     40, 56, 48,      16, 28, 48, 72,      IN_UNITS, 0,   &old_opcodes},
    {11, 56, 8,   32, 48, 56, NOWHERE, 72,         112, 128,          120,
     72, 24, 184, 56, 80, 48, 72,      BY_POINTER, 0,   &opcodes_3_11},
    {12, 56, 0,   0,  8,  56, 70, 72,         112, 128,          120,
     68, 24, 192, 52, 80, 40, 56, BY_POINTER, 3,   &opcodes_3_12},
    {13, 72, NOWHERE, 0,  8,  56, 70, 72,         112, 128,          120,
     68, 24, 200,     52, 80, 40, 56, BY_POINTER, 3,   &opcodes_3_13},
};

/* The same in all versions, in bytes. */
enum {
    OBJECT_TYPE = 8,
    OBJECT_SIZE = 16,
    TYPE_NAME = 24,
    TYPE_BASE = 256,
    LONG_DIGITS = 24,
    TUPLE_ITEMS = 24,
    TEXT_LENGTH = 16,
    TEXT_STATE = 32,
    BYTES_DATA = 32,
    CODE_VARIABLES = 72, /* up to 3.10 */
    FUNCTION_CODE = 16,  /* up to 3.9 */
    METHOD_FUNCTION = 16,
};

static const struct layout *layout;
static const void *code_type; /* &PyCode_Type */
static const void *true_object, *false_object, *none_object;
static const char *(*get_version)(void);      /* Py_GetVersion */
static int (*is_initialized)(void);           /* Py_IsInitialized */
static void *(*this_thread)(void);            /* PyGILState_GetThisThreadState */
static void *(*running_thread)(void);         /* _PyThreadState_UncheckedGet */
static int (*line_of)(const void *code, int); /* PyCode_Addr2Line: reads the line table only */

/* ---- finding the interpreter ---- */

struct part {
    uintptr_t address; /* lies in it */
    uintptr_t start, size;
};

/* The executable part of the object that an address of it lies in. */
static int find_part(struct dl_phdr_info *info, size_t size, void *data)
{
    struct part *found = data;

    (void)size;
    for (ElfW(Half) i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) ||
            found->address - start >= part->p_memsz)
            continue;
        found->start = start;
        found->size = part->p_memsz;
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

/* Where the symbols are looked for; NULL: in all objects, as the dynamic linker does it. */
static void *find_symbol(const struct lh_elf *elf, const char *name)
{
    return elf ? lh_elf_find(elf, name) : dlsym(RTLD_DEFAULT, name);
}

#define FIND(pointer, name) (*(void **)&(pointer) = find_symbol(elf, name))

static bool find_symbols(const struct lh_elf *elf)
{
    if (!FIND(get_version, "Py_GetVersion"))
        return false;
    code_type = find_symbol(elf, "PyCode_Type");
    true_object = find_symbol(elf, "_Py_TrueStruct");
    none_object = find_symbol(elf, "_Py_NoneStruct");
    false_object = find_symbol(elf, "_Py_FalseStruct");
    FIND(is_initialized, "Py_IsInitialized");
    FIND(this_thread, "PyGILState_GetThisThreadState");
    if (!FIND(running_thread, "PyThreadState_GetUnchecked"))
        FIND(running_thread, "_PyThreadState_UncheckedGet");
    FIND(line_of, "PyCode_Addr2Line");
    return code_type && is_initialized && this_thread && running_thread && line_of;
}

/* Without the GIL there are no semaphores, and frames do not stand still. */
static bool has_gil(const char *version)
{
    static const char words[] = "free-threading";

    for (; *version; version++)
        if (strncmp(version, words, sizeof words - 1) == 0)
            return false;
    return true;
}

static enum lh_python_found use_interpreter(const struct lh_elf *elf, struct part *ret)
{
    if (!find_symbols(elf))
        return LH_PYTHON_ABSENT;
    const char *version = get_version();
    const struct layout *found = has_gil(version) ? find_layout(version) : NULL;
    ret->address = (uintptr_t) * (void **)&get_version;
    if (!found || !dl_iterate_phdr(find_part, ret))
        return LH_PYTHON_UNKNOWN;
    layout = found;
    return LH_PYTHON_FOUND;
}

enum lh_python_found lh_python_find_interpreter(uintptr_t *ret_start, uintptr_t *ret_size)
{
    struct part part;

    if (layout)
        return LH_PYTHON_ABSENT;
    enum lh_python_found found = use_interpreter(NULL, &part);
    /* What was not found is no error that the program is to hear of. */
    dlerror();
    if (found == LH_PYTHON_FOUND) {
        *ret_start = part.start;
        *ret_size = part.size;
    }
    return found;
}

struct caller {
    struct part part;
    struct lh_elf elf;
    bool has_symbols;
};

static int find_caller(struct dl_phdr_info *info, size_t size, void *data)
{
    struct caller *caller = data;

    if (!find_part(info, size, &caller->part))
        return 0;
    caller->has_symbols = lh_elf_open(info, &caller->elf);
    return 1;
}

enum lh_python_found lh_python_find_caller(uintptr_t pc, uintptr_t *ret_start, uintptr_t *ret_size)
{
    struct caller caller = {.part.address = pc};
    struct part part;
    enum lh_python_found found = LH_PYTHON_ABSENT;

    if (layout || !dl_iterate_phdr(find_caller, &caller))
        return LH_PYTHON_ABSENT;
    if (caller.has_symbols && lh_elf_find(&caller.elf, "Py_GetVersion"))
        found = use_interpreter(&caller.elf, &part);
    *ret_start = caller.part.start;
    *ret_size = caller.part.size;
    return found;
}

bool lh_python_find_extension(uintptr_t pc, const char *function, uintptr_t *ret_start,
                              uintptr_t *ret_size)
{
    struct caller caller = {.part.address = pc};

    if (!dl_iterate_phdr(find_caller, &caller) || !caller.has_symbols ||
        !lh_elf_find(&caller.elf, function))
        return false;
    *ret_start = caller.part.start;
    *ret_size = caller.part.size;
    return true;
}

bool lh_python_is_unloaded(uintptr_t start)
{
    struct part part = {.address = start};

    if (!layout || dl_iterate_phdr(find_part, &part))
        return false;
    layout = NULL;
    return true;
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

static int int_at(const void *object, uint16_t offset)
{
    return *(const int *)at(object, offset);
}

/* The thread's state while it holds the GIL; NULL: it does not. */
static const void *state_with_gil(void)
{
    if (!layout || !is_initialized())
        return NULL;
    const void *state = this_thread();
    return state && state == running_thread() ? state : NULL;
}

static const char *instructions(const void *code)
{
    return layout->position == BY_POINTER ? at(code, layout->code_bytes)
                                          : at(pointer_at(code, layout->code_bytes), BYTES_DATA);
}

static inline __attribute__((always_inline)) int offset_of(const void *frame, const void *code)
{
    switch (layout->position) {
    case IN_BYTES:
        return int_at(frame, layout->frame_position);
    case IN_UNITS:
        return 2 * int_at(frame, layout->frame_position);
    default:
        return (int)((const char *)pointer_at(frame, layout->frame_position) - instructions(code));
    }
}

static bool is_code(const void *code)
{
    return code && pointer_at(code, OBJECT_TYPE) == code_type;
}

/* No function: of C, or (from 3.12 on) what stands between a class and its __init__(). */
static bool is_interpreters(const void *frame)
{
    if (layout->frame_owner == NOWHERE)
        return false;
    if ((uint8_t)*at(frame, layout->frame_owner) == layout->c_owner)
        return true;
    const void *code = pointer_at(frame, layout->frame_code);
    return is_code(code) && lh_python_file(code) == lh_python_short_name(code);
}

/* The next Python function at or above `frame`. */
static inline __attribute__((always_inline)) bool read_call(const void *frame,
                                                            struct lh_python_call *ret)
{
    while (frame && is_interpreters(frame))
        frame = pointer_at(frame, layout->frame_back);
    const void *code = frame ? pointer_at(frame, layout->frame_code) : NULL;
    if (!is_code(code))
        return false;
    *ret = (struct lh_python_call){frame, code, offset_of(frame, code)};
    return true;
}

static const void *innermost_frame(void)
{
    const void *state = state_with_gil();
    const void *frame = state ? pointer_at(state, layout->state_frame) : NULL;

    return frame && layout->cframe_frame != NOWHERE ? pointer_at(frame, layout->cframe_frame)
                                                    : frame;
}

bool lh_python_first(struct lh_python_call *ret)
{
    const void *frame = innermost_frame();

    return frame && read_call(frame, ret);
}

bool lh_python_caller(const struct lh_python_call *call, struct lh_python_call *ret)
{
    return read_call(pointer_at(call->frame, layout->frame_back), ret);
}

/*
 * What dies and is born anew with a code object, all of it close together there: its file, its name
 * and its first line. Few multiplications, as this is done for each frame at each use of a lock.
 */
static inline __attribute__((always_inline)) uint64_t join(uint64_t key,
                                                           const struct lh_python_call *call)
{
    const void *code = call->code;
    uint64_t place = (uintptr_t)code ^ (uint64_t)(uint32_t)call->offset << 40;
    uint64_t names = (uintptr_t)pointer_at(code, layout->code_short_name) * 3 ^
                     (uintptr_t)pointer_at(code, layout->code_file) << 16;

    key ^= place * 0xff51afd7ed558ccdu + names + ((uint64_t)int_at(code, layout->code_line) << 40);
    key *= 0x9e3779b97f4a7c15u;
    return key ^ key >> 32;
}

uint64_t lh_python_join(uint64_t key, const struct lh_python_call *call)
{
    return join(key, call);
}

uint32_t lh_python_chain(struct lh_python_call *ret, uint32_t most, uint64_t *ret_key)
{
    const void *frame = innermost_frame();
    uint64_t key = 0;
    uint32_t count = 0;

    for (; count < most && frame && read_call(frame, &ret[count]); count++) {
        key = join(key, &ret[count]);
        frame = pointer_at(ret[count].frame, layout->frame_back);
    }
    *ret_key = key;
    return count;
}

int lh_python_line(const struct lh_python_call *call)
{
    return line_of(call->code, call->offset);
}

int lh_python_first_line(const void *code)
{
    return int_at(code, layout->code_line);
}

const void *lh_python_file(const void *code)
{
    return pointer_at(code, layout->code_file);
}

const void *lh_python_name(const void *code)
{
    return pointer_at(code, layout->code_name);
}

const void *lh_python_short_name(const void *code)
{
    return pointer_at(code, layout->code_short_name);
}

bool lh_python_lacks_class(const struct lh_python_call *call)
{
    const void *names = layout->minor < 11 ? pointer_at(call->code, CODE_VARIABLES) : NULL;

    return names && int_at(call->code, layout->code_arguments) > 0 &&
           *(const int64_t *)at(names, OBJECT_SIZE) > 0 &&
           lh_python_is(pointer_at(names, TUPLE_ITEMS), "self") && lh_python_local(call, 0);
}

const char *lh_python_class_of(const void *object)
{
    return pointer_at(pointer_at(object, OBJECT_TYPE), TYPE_NAME);
}

/* ---- text: its representation is PEP 393's ---- */

enum { KIND_SHIFT = 2, COMPACT = 1 << 5, ASCII = 1 << 6 };

static size_t length_of(const void *text)
{
    return *(const size_t *)at(text, TEXT_LENGTH);
}

static uint32_t state_of(const void *text)
{
    return *(const uint32_t *)at(text, TEXT_STATE);
}

static size_t put_character(char *to, uint32_t c)
{
    static const uint8_t heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    for (size_t i = n; i-- > 1; c >>= 6)
        to[i] = (char)(0x80 | (c & 0x3f));
    to[0] = (char)(heads[n] | c);
    return n;
}

size_t lh_python_utf8(char *to, size_t size, const void *text)
{
    size_t length = state_of(text) & COMPACT ? length_of(text) : 0, used = 0;
    uint32_t kind = state_of(text) >> KIND_SHIFT & 7;
    const char *data = at(text, state_of(text) & ASCII ? layout->ascii_size : layout->compact_size);

    for (size_t i = 0; i < length && used + 4 < size; i++)
        used += put_character(to + used, kind == 1   ? ((const uint8_t *)data)[i]
                                         : kind == 2 ? ((const uint16_t *)data)[i]
                                                     : ((const uint32_t *)data)[i]);
    to[used] = '\0';
    return used + 1;
}

bool lh_python_ends_with(const void *text, const char *end)
{
    size_t n = strlen(end);

    return (state_of(text) & (COMPACT | ASCII)) == (COMPACT | ASCII) && length_of(text) >= n &&
           memcmp(at(text, layout->ascii_size) + length_of(text) - n, end, n) == 0;
}

uint64_t lh_python_last(const void *text)
{
    uint64_t last = 0;

    if ((state_of(text) & (COMPACT | ASCII)) == (COMPACT | ASCII) && length_of(text) >= sizeof last)
        memcpy(&last, at(text, layout->ascii_size) + length_of(text) - sizeof last, sizeof last);
    return last;
}

bool lh_python_is(const void *text, const char *expected)
{
    return length_of(text) == strlen(expected) && lh_python_ends_with(text, expected);
}

/* ---- values ---- */

const void *lh_python_local(const struct lh_python_call *call, int number)
{
    if (number >= int_at(call->code, layout->code_locals))
        return NULL;
    return pointer_at(call->frame, (uint16_t)(layout->frame_locals + 8 * number));
}

uint64_t lh_python_small_int(const void *object)
{
    int64_t size = object ? *(const int64_t *)at(object, OBJECT_SIZE) : 0;

    /* From 3.12 on the sign is in the lowest two bits: 0 stands for +. */
    if (layout->minor >= 12)
        size = (size & 3) == 0 ? size >> 3 : 0;
    return size == 1 ? *(const uint32_t *)at(object, LONG_DIGITS) : 0;
}

bool lh_python_is_true(const void *object)
{
    return object && object == true_object;
}

bool lh_python_is_none(const void *object)
{
    return object && object == none_object;
}

const void *lh_python_class(const void *object, const void *(*known)(const char *name))
{
    const void *type = pointer_at(object, OBJECT_TYPE), *found = NULL;

    for (int depth = 0; !found && type && depth < 16; depth++) {
        found = known(pointer_at(type, TYPE_NAME));
        type = pointer_at(type, TYPE_BASE);
    }
    return found;
}

bool lh_python_is_a(const void *object, const char *class_name)
{
    const void *type = pointer_at(object, OBJECT_TYPE);

    for (int depth = 0; type && depth < 16; depth++) {
        if (strcmp(pointer_at(type, TYPE_NAME), class_name) == 0)
            return true;
        type = pointer_at(type, TYPE_BASE);
    }
    return false;
}

const void *lh_python_code_of(const void *object)
{
    if (layout->minor > 9)
        return NULL;
    if (lh_python_is_a(object, "method"))
        object = pointer_at(object, METHOD_FUNCTION);
    const void *code =
        object && lh_python_is_a(object, "function") ? pointer_at(object, FUNCTION_CODE) : NULL;
    return is_code(code) ? code : NULL;
}

/* ---- calls ---- */

/* The constant that the instruction at this place loads; NULL: it does not. */
static const void *constant_at(const struct lh_python_call *call, int offset)
{
    const uint8_t *instruction = (const uint8_t *)instructions(call->code) + offset;
    const void *constants = pointer_at(call->code, layout->code_consts);

    if (offset < 0 || instruction[0] != layout->opcodes->load_const ||
        instruction[1] >= *(const int64_t *)at(constants, OBJECT_SIZE))
        return NULL;
    return pointer_at(constants, (uint16_t)(TUPLE_ITEMS + 8 * instruction[1]));
}

/* acquire(x): False, True, or a time limit. */
static uint32_t flags_of_argument(const void *argument)
{
    if (argument && argument == false_object)
        return LH_ATTEMPT_TRY;
    return argument && argument == true_object ? 0 : LH_ATTEMPT_TIMED;
}

uint32_t lh_python_flags_of(const struct lh_python_call *call)
{
    const struct opcodes *opcodes = layout->opcodes;

    if (call->offset < 0)
        return LH_ATTEMPT_TRY;
    const uint8_t *instruction = (const uint8_t *)instructions(call->code) + call->offset;
    if (instruction[0] == opcodes->with)
        return LH_ATTEMPT_SCOPED;
    if (instruction[0] == opcodes->call_ex)
        return LH_ATTEMPT_TIMED;
    /* The operand of a call is the number of its arguments: none, so it waits for ever. */
    if (instruction[1] == 0)
        return 0;
    if (instruction[1] > 1)
        return LH_ATTEMPT_TIMED;
    int before = call->offset - 2 - opcodes->gap;
    bool named = instruction[0] == opcodes->call_kw ||
                 (before >= 0 && opcodes->kw_names != NO_CODE &&
                  instruction[before - call->offset] == opcodes->kw_names);
    return flags_of_argument(constant_at(call, named ? before - 2 : before));
}
