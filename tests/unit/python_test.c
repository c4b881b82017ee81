/* What a trace says of Python code: loaded, symbolized, and named from its source. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "analyses.h"
#include "built_model.h"
#include "python_locks.h"
#include "python_words.h"
#include "symbolize.h"

struct code_body {
    uint32_t id, line, file_size, name_size;
    char text[48];
};

static void build_code(uint32_t id, const char *file, const char *name)
{
    struct code_body body = {.id = id, .line = 1};

    body.file_size = (uint32_t)strlen(file) + 1;
    body.name_size = (uint32_t)strlen(name) + 1;
    memcpy(body.text, file, body.file_size);
    memcpy(body.text + body.file_size, name, body.name_size);
    lh_build_record(builder, LH_RECORD_CODE, &body, sizeof body);
}

static const struct lh_process *load(void)
{
    const struct lh_process *process = load_built();

    assert_int_equal(lh_symbolize(model), 0);
    return process;
}

static void frames_are_of_the_code(void **state)
{
    uint64_t pcs[] = {LH_PYTHON_PC(2, 12), LH_PYTHON_PC(1, 40)};
    uint32_t stack = lh_build_stack(builder, 1, pcs, 2);

    (void)state;
    build_code(1, "/src/app.py", "<module>");
    build_code(2, "/src/bank.py", "Account.draw");
    const struct lh_stack *loaded = lh_process_stack(load(), stack);
    assert_int_equal(loaded->n_frames, 2);
    assert_string_equal(loaded->frames[0].function, "Account.draw");
    assert_string_equal(loaded->frames[0].file, "/src/bank.py");
    assert_int_equal(loaded->frames[0].line, 12);
    assert_string_equal(loaded->frames[0].module, LH_PYTHON_MODULE);
    assert_string_equal(loaded->frames[1].function, "<module>");
    assert_int_equal(loaded->frames[1].line, 40);
}

static void code_that_is_not_there_has_no_name(void **state)
{
    uint64_t pcs[] = {LH_PYTHON_PC(7, 12), LH_PYTHON_PC(UINT32_MAX, 1), LH_PYTHON_PC(0, 0)};
    uint32_t stack = lh_build_stack(builder, 1, pcs, 3);

    (void)state;
    build_code(1, "/src/app.py", "work");
    const struct lh_stack *loaded = lh_process_stack(load(), stack);
    assert_int_equal(loaded->n_frames, 3);
    for (size_t i = 0; i < 3; i++)
        assert_null(loaded->frames[i].function);
}

static void hostile_code_is_left_out(void **state)
{
    struct code_body bodies[] = {
        {.id = 1, .file_size = UINT32_MAX, .name_size = UINT32_MAX},
        {.id = 2, .file_size = 4000, .name_size = 1},
        {.id = 0, .file_size = 2, .name_size = 2, .text = "a"},
        {.id = UINT32_MAX, .file_size = 2, .name_size = 2, .text = "a"},
        {.id = 3, .file_size = 0, .name_size = 0},
        {.id = 4, .file_size = 24, .name_size = 24},
    };
    uint64_t pcs[] = {LH_PYTHON_PC(1, 1), LH_PYTHON_PC(2, 1), LH_PYTHON_PC(3, 1),
                      LH_PYTHON_PC(4, 1)};
    uint32_t stack = lh_build_stack(builder, 1, pcs, 4);

    (void)state;
    memset(bodies[5].text, 'x', sizeof bodies[5].text); /* without an end */
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        lh_build_record(builder, LH_RECORD_CODE, &bodies[i], sizeof bodies[i]);
    const struct lh_stack *loaded = lh_process_stack(load(), stack);
    assert_int_equal(loaded->n_frames, 4);
    assert_null(loaded->frames[0].function);
    assert_null(loaded->frames[1].function);
    assert_string_equal(loaded->frames[2].function, "");
    assert_int_equal(strlen(loaded->frames[3].function), 24);
}

static void unknown_class_of_python_is_none(void **state)
{
    uint32_t lock = lh_build_lock(builder, LH_LOCK_SEMAPHORE, LH_LOCK_PYTHON, 0x5000, 0);

    (void)state;
    lh_builder_lock(builder, lock)->python = 200;
    assert_int_equal(lh_process_lock(load(), lock)->python, 0);
    assert_string_equal(lh_python_class_word(200), "Lock");
}

/* ---- names ---- */

static const char *find_name(const char *source, const char *function, bool is_use)
{
    char *path = lh_write_temporary(source, strlen(source));
    struct lh_frame frame = {.function = function, .file = path, .line = 2};
    const char *name = is_use ? lh_python_lock_used(model->pool, &frame)
                              : lh_python_lock_variable(model->pool, &frame, "Lock");

    unlink(path);
    free(path);
    return name;
}

static const char *name_in(const char *source, const char *function)
{
    return find_name(source, function, false);
}

static const char *name_used_in(const char *source, const char *function)
{
    return find_name(source, function, true);
}

static void names_come_from_the_line(void **state)
{
    (void)state;
    assert_string_equal(name_in("\nlock = Lock()\n", "<module>"), "lock");
    assert_string_equal(name_in("\n    self.lock = Lock()", "Account.__init__"), "Account.lock");
    assert_string_equal(name_in("\n\tself.a.b = Lock()", "Account.__init__"), "Account.a.b");
    assert_string_equal(name_in("\nlock: Lock = Lock()", "<module>"), "lock");
    assert_string_equal(name_in("\nsperre_ä = Lock()", "<module>"), "sperre_ä");
    assert_string_equal(name_in("\nself.lock = Lock()", "make"), "self.lock");
}

static void lines_with_several_locks_name_them_all(void **state)
{
    (void)state;
    assert_string_equal(name_in("\na, b = Lock(), Lock()\n", "f"), "a or b");
    assert_string_equal(name_in("\na = Lock(); b = Lock()\n", "f"), "a or b");
    assert_string_equal(name_in("\nn = 1; a = Lock(); c = Event()\n", "f"), "a");
    assert_string_equal(name_in("\nn = 1; a = make()\n", "f"), "n or a");
    assert_string_equal(
        name_in("\n def __init__(self, n): self.n = n; self.lock = Lock()\n", "A.__init__"),
        "A.lock");
    assert_null(name_in("\na, b, c, d, e = map(Lock, range(5))\n", "f"));
}

static void lines_without_a_name_give_none(void **state)
{
    (void)state;
    assert_null(name_in("\nreturn Lock()\n", "make"));
    assert_null(name_in("\nlocks.append(Lock())\n", "make"));
    assert_null(name_in("\nif x == Lock():\n", "make"));
    assert_null(name_in("\nx == Lock()\n", "make"));
    assert_null(name_in("\n", "make"));
    assert_null(name_in("", "make"));
}

static void names_come_from_the_first_use_of_what_was_made_elsewhere(void **state)
{
    (void)state;
    assert_string_equal(name_used_in("\n    with lock:\n", "f"), "lock");
    assert_string_equal(name_used_in("\n\twith store.lock :\n", "f"), "store.lock");
    assert_string_equal(name_used_in("\nwith self.lock: pass\n", "Account.add"), "Account.lock");
    assert_string_equal(name_used_in("\nstore.lock.acquire()\n", "f"), "store.lock");
    assert_string_equal(name_used_in("\nself.lock.acquire(timeout=1)\n", "A.f"), "A.lock");
    assert_null(name_used_in("\nwith locks[0]:\n", "f"));
    assert_null(name_used_in("\nwith lock_of(self):\n", "f"));
    assert_null(name_used_in("\nwith lock", "f"));
    assert_null(name_used_in("\nif lock.acquire():\n", "f"));
    assert_null(name_used_in("\nacquire()\n", "f"));
    assert_null(name_used_in("\n", "f"));
}

static void missing_source_gives_no_name(void **state)
{
    struct lh_frame frame = {.function = "f", .file = "/nowhere/app.py", .line = 2};

    (void)state;
    assert_null(lh_python_lock_variable(model->pool, &frame, "Lock"));
    assert_null(lh_python_lock_used(model->pool, &frame));
    frame.file = NULL;
    assert_null(lh_python_lock_variable(model->pool, &frame, "Lock"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_are_of_the_code, begin_built, end_built),
        cmocka_unit_test_setup_teardown(code_that_is_not_there_has_no_name, begin_built, end_built),
        cmocka_unit_test_setup_teardown(hostile_code_is_left_out, begin_built, end_built),
        cmocka_unit_test_setup_teardown(unknown_class_of_python_is_none, begin_built, end_built),
        cmocka_unit_test_setup_teardown(names_come_from_the_line, begin_built, end_built),
        cmocka_unit_test_setup_teardown(lines_with_several_locks_name_them_all, begin_built,
                                        end_built),
        cmocka_unit_test_setup_teardown(lines_without_a_name_give_none, begin_built, end_built),
        cmocka_unit_test_setup_teardown(names_come_from_the_first_use_of_what_was_made_elsewhere,
                                        begin_built, end_built),
        cmocka_unit_test_setup_teardown(missing_source_gives_no_name, begin_built, end_built),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
