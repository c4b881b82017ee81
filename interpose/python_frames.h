/*
 * The frames and objects of CPython, read by their layout; which version's it is, is found out
 * once. Nothing of the interpreter is called that allocates, runs code, or touches a reference
 * count. What is read stands still while the calling thread holds the interpreter's lock (the GIL).
 */
#ifndef LH_INTERPOSE_PYTHON_FRAMES_H
#define LH_INTERPOSE_PYTHON_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a Python function is. */
struct lh_python_call {
    const void *frame;
    const void *code; /* PyCodeObject */
    int offset;       /* bytes, of the instruction */
};

enum lh_python_found {
    LH_PYTHON_ABSENT,
    LH_PYTHON_UNKNOWN, /* of a version whose locks and frames are not known */
    LH_PYTHON_FOUND,
};

/* Look for an interpreter among the objects that the program began with: its executable part. */
enum lh_python_found lh_python_find_interpreter(uintptr_t *ret_start, uintptr_t *ret_size);

/*
 * Is the object that this code is in, and which was loaded later, an interpreter? The executable
 * part is that of the object in any case.
 */
enum lh_python_found lh_python_find_caller(uintptr_t pc, uintptr_t *ret_start, uintptr_t *ret_size);

/* Does the object that this code is in define such a function? Then: its executable part. */
bool lh_python_find_extension(uintptr_t pc, const char *function, uintptr_t *ret_start,
                              uintptr_t *ret_size);

/* Has the interpreter been unloaded? Then it is forgotten. */
bool lh_python_is_unloaded(uintptr_t start);

/* The innermost Python function of the calling thread. false: none, or it is without the GIL. */
bool lh_python_first(struct lh_python_call *ret);
/* The one that called it. */
bool lh_python_caller(const struct lh_python_call *call, struct lh_python_call *ret);

/*
 * All of them from the innermost on, at most `most`: their number, and a key that tells chains
 * apart, also where code objects died and others were born at their address.
 */
uint32_t lh_python_chain(struct lh_python_call *ret, uint32_t most, uint64_t *ret_key);
/* Adds a call to a key. */
uint64_t lh_python_join(uint64_t key, const struct lh_python_call *call);

int lh_python_line(const struct lh_python_call *call);
int lh_python_first_line(const void *code);
/* str objects: for lh_python_utf8() and lh_python_is(). */
const void *lh_python_file(const void *code);
const void *lh_python_name(const void *code); /* qualified where the version has that */
const void *lh_python_short_name(const void *code);

/* Is it a method, whose name does not say of which class? Then its local 0 is the object. */
bool lh_python_lacks_class(const struct lh_python_call *call);
const char *lh_python_class_of(const void *object);

/* A str object's characters as UTF-8, cut to fit; returns the bytes used, with the NUL. */
size_t lh_python_utf8(char *to, size_t size, const void *text);
/* Is it this text, or does it end with it? Of ASCII strings only. */
bool lh_python_is(const void *text, const char *expected);
bool lh_python_ends_with(const void *text, const char *end);
/* The last eight characters as they lie in memory: to rule out most texts. 0: not so many, or no
 * ASCII string. */
uint64_t lh_python_last(const void *text);

/* A function's argument or variable; NULL: unset, or it has not so many. */
const void *lh_python_local(const struct lh_python_call *call, int number);
/* The value of a small int object that is not negative; else 0. */
uint64_t lh_python_small_int(const void *object);
bool lh_python_is_true(const void *object);
bool lh_python_is_none(const void *object);
/* Is it an instance of a class of this name, which is not the interpreter's own, or below it? */
bool lh_python_is_a(const void *object, const char *class_name);
/* The code of a function or a bound method, up to 3.9, which make no name of it; else NULL. */
const void *lh_python_code_of(const void *object);
/* What is known of its class by name, or else of the next one above; NULL: nothing of any. */
const void *lh_python_class(const void *object, const void *(*known)(const char *name));

/* What the instruction of a call says about the lock that is tried: enum lh_attempt_flags. */
uint32_t lh_python_flags_of(const struct lh_python_call *call);

#endif
