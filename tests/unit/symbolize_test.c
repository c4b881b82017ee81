#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyses.h"
#include "symbols/facts_model.h"

static const char *programs; /* the directory */

static const char *base(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? slash + 1 : path ? path : "(null)";
}

static const struct lh_stack *stack_of(const struct facts *facts, const char *pc)
{
    return &facts->process->stacks[facts_find(facts, "pc", pc)->stack];
}

static int line_of(const struct facts *facts, const char *name)
{
    return facts_find(facts, "line", name)->line;
}

static void assert_frame(const struct lh_frame *frame, const char *function, const char *file,
                         int line, bool inlined)
{
    assert_non_null(frame->function);
    assert_string_equal(frame->function, function);
    assert_non_null(frame->file);
    assert_int_equal(frame->file[0], '/');
    assert_null(strstr(frame->file, "/../"));
    assert_string_equal(base(frame->file), file);
    assert_int_equal(frame->line, line);
    assert_int_equal(frame->inlined, inlined);
}

/* ---- frames ---- */

static void assert_c_frames(const char *program)
{
    struct facts *facts = facts_run(programs, program);
    const struct lh_stack *stack = stack_of(facts, "innermost");
    int call = facts_find(facts, "pc", "innermost")->line;

    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(stack->n_frames, 3);
    assert_frame(&stack->frames[0], "innermost", "c_program.c", call, true);
    assert_frame(&stack->frames[1], "middle", "c_program.c", line_of(facts, "middle"), true);
    assert_frame(&stack->frames[2], "outermost", "c_program.c", line_of(facts, "outermost"), false);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(base(stack->frames[i].module), program);
        assert_int_equal(stack->frames[i].offset,
                         stack->pcs[0] - 1 - facts->process->modules[0].bias);
    }
    facts_free(facts);
}

static void inlined_functions_are_frames_of_their_own(void **state)
{
    (void)state;
    assert_c_frames("c_debug");
}

static void dwarf_4_is_read_like_dwarf_5(void **state)
{
    (void)state;
    assert_c_frames("c_dwarf4");
}

static void split_dwarf_is_followed_to_the_dwo_file(void **state)
{
    (void)state;
    assert_c_frames("c_split");
}

static void a_program_at_a_fixed_address_has_no_bias(void **state)
{
    (void)state;
    assert_c_frames("c_fixed");
}

static void a_stripped_program_is_explained_by_its_debug_file(void **state)
{
    (void)state;
    assert_c_frames("c_stripped");
}

static void a_call_that_ends_its_function_belongs_to_it(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");
    const struct lh_stack *stack = stack_of(facts, "leaves");

    (void)state;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(stack->n_frames, 1);
    assert_frame(&stack->frames[0], "leaves", "c_program.c",
                 facts_find(facts, "pc", "leaves")->line, false);
    facts_free(facts);
}

static void without_debug_data_the_symbol_table_names_functions(void **state)
{
    struct facts *facts = facts_run(programs, "c_symbols");
    const struct lh_stack *stack = stack_of(facts, "innermost");

    (void)state;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(stack->n_frames, 1);
    assert_string_equal(stack->frames[0].function, "outermost");
    assert_null(stack->frames[0].file);
    assert_int_equal(stack->frames[0].line, 0);
    facts_free(facts);
}

static void functions_are_found_by_any_address_in_them(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");
    uint64_t outermost = facts_find(facts, "code", "outermost")->address;
    uint64_t sort = facts_find(facts, "code", "qsort")->address;

    (void)state;
    assert_string_equal(lh_symbolize_function(facts->model, facts->process, outermost, 0),
                        "outermost");
    assert_string_equal(lh_symbolize_function(facts->model, facts->process, sort, 0), "qsort");
    assert_null(lh_symbolize_function(facts->model, facts->process, 16, 0));
    facts_free(facts);
}

static struct facts *cpp_facts(void)
{
    if (!facts_exist(programs, "cpp_debug"))
        skip();
    return facts_run(programs, "cpp_debug");
}

static void cpp_names_are_demangled(void **state)
{
    struct facts *facts = cpp_facts();

    (void)state;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_frame(&stack_of(facts, "put")->frames[0], "bank::Store<int>::put(int const&)",
                 "cpp_program.cpp", facts_find(facts, "pc", "put")->line, false);
    assert_frame(&stack_of(facts, "twice")->frames[0], "bank::(anonymous namespace)::twice(int)",
                 "cpp_program.cpp", facts_find(facts, "pc", "twice")->line, false);
    assert_frame(&stack_of(facts, "returns")->frames[0], "returns<int>(int)", "cpp_program.cpp",
                 facts_find(facts, "pc", "returns")->line, false);
    facts_free(facts);
}

static void a_lambda_inlined_through_a_template_is_unfolded(void **state)
{
    struct facts *facts = cpp_facts();
    const struct lh_stack *stack = stack_of(facts, "lambda");

    (void)state;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(stack->n_frames, 3);
    assert_int_equal(stack->frames[0].line, facts_find(facts, "pc", "lambda")->line);
    assert_true(stack->frames[0].inlined);
    assert_int_equal(strncmp(stack->frames[1].function, "bank::apply<", 12), 0);
    assert_int_equal(stack->frames[1].line, line_of(facts, "apply"));
    assert_frame(&stack->frames[2], "main", "cpp_program.cpp", line_of(facts, "call_of_apply"),
                 false);
    facts_free(facts);
}

/* ---- variables ---- */

static void assert_variable(struct facts *facts, const char *fact, const char *name,
                            const char *family)
{
    const struct fact *data = facts_find(facts, "data", fact);
    struct lh_symbol symbol;

    assert_true(lh_symbolize_data(facts->model, facts->process, data->address, 0, &symbol));
    assert_string_equal(symbol.name, name);
    assert_string_equal(symbol.family, family);
    if (data->line) {
        assert_int_equal(symbol.line, data->line);
        assert_int_equal(strncmp(base(symbol.file), "c", 1), 0);
        assert_int_equal(symbol.file[0], '/');
    }
}

static void assert_no_variable(struct facts *facts, const char *fact)
{
    struct lh_symbol symbol;

    assert_false(lh_symbolize_data(facts->model, facts->process,
                                   facts_find(facts, "data", fact)->address, 0, &symbol));
}

static void assert_c_variables(const char *program)
{
    struct facts *facts = facts_run(programs, program);

    assert_variable(facts, "accounts_3_lock", "accounts[3].lock", "accounts[].lock");
    assert_variable(facts, "accounts_0_lock", "accounts[0].lock", "accounts[].lock");
    assert_variable(facts, "accounts_5_spin", "accounts[5].either.parts.spin",
                    "accounts[].either.parts.spin");
    assert_variable(facts, "accounts_7_unnamed", "accounts[7].unnamed_inside",
                    "accounts[].unnamed_inside");
    assert_variable(facts, "queue_lock", "queue_lock", "queue_lock");
    assert_variable(facts, "grid_2_1_cell_2", "grid[2][1].cells[2]", "grid[][].cells[]");
    assert_variable(facts, "hidden_guard", "inner.guard", "inner.guard");
    assert_variable(facts, "storage", "storage", "storage");
    assert_variable(facts, "plain_number", "plain_number", "plain_number");
    assert_variable(facts, "static_owner", "static_owner::once_lock", "static_owner::once_lock");
    facts_free(facts);
}

static void what_the_linker_optimized_is_traced_to_its_source(void **state)
{
    (void)state;
    if (!facts_exist(programs, "c_lto"))
        skip();
    assert_c_frames("c_lto");
    assert_c_variables("c_lto");
}

static void variables_are_named_to_the_member(void **state)
{
    (void)state;
    assert_c_variables("c_debug");
    assert_c_variables("c_dwarf4");
    assert_c_variables("c_split");
    assert_c_variables("c_fixed");
    assert_c_variables("c_stripped");
}

static void memory_that_is_handed_out_in_pieces_is_marked(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");
    struct lh_symbol symbol;

    (void)state;
    assert_true(lh_symbolize_data(facts->model, facts->process,
                                  facts_find(facts, "data", "arena")->address, 0, &symbol));
    assert_true(symbol.raw);
    assert_string_equal(symbol.family, "arena");
    assert_no_variable(facts, "heap");
    assert_no_variable(facts, "per_thread");
    facts_free(facts);
}

static void without_debug_data_a_variable_is_symbol_plus_offset(void **state)
{
    struct facts *facts = facts_run(programs, "c_symbols");
    const struct fact *data = facts_find(facts, "data", "accounts_3_lock");
    struct lh_symbol first, symbol;

    (void)state;
    assert_true(lh_symbolize_data(facts->model, facts->process, data->address, 0, &symbol));
    assert_int_equal(strncmp(symbol.name, "accounts+0x", 11), 0);
    assert_string_equal(symbol.family, "accounts");
    assert_string_equal(symbol.file, "c_program.c");
    assert_int_equal(symbol.line, 0);
    data = facts_find(facts, "data", "queue_lock");
    assert_true(lh_symbolize_data(facts->model, facts->process, data->address, 0, &first));
    assert_string_equal(first.name, "queue_lock");
    assert_null(first.file);
    facts_free(facts);
}

static void cpp_variables_have_their_scope(void **state)
{
    struct facts *facts = cpp_facts();

    (void)state;
    assert_variable(facts, "accounts_2_lock", "bank::accounts[2].lock", "bank::accounts[].lock");
    assert_variable(facts, "base_lock", "bank::accounts[1].name_lock",
                    "bank::accounts[].name_lock");
    assert_variable(facts, "readers", "bank::accounts[3].readers", "bank::accounts[].readers");
    assert_variable(facts, "fixed_1_lock", "bank::fixed[1].lock", "bank::fixed[].lock");
    assert_variable(facts, "all", "bank::Account::all", "bank::Account::all");
    assert_variable(facts, "guard", "bank::Store<int>::guard", "bank::Store<int>::guard");
    assert_variable(facts, "hidden", "bank::(anonymous namespace)::hidden",
                    "bank::(anonymous namespace)::hidden");
    assert_variable(facts, "next", "bank::next()::lock", "bank::next()::lock");
    facts_free(facts);
}

/* ---- modules ---- */

static void a_rebuilt_file_is_not_believed(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");
    const struct lh_stack *stack = stack_of(facts, "innermost");
    uint8_t other[20] = {1, 2, 3};

    (void)state;
    facts->process->modules[0].build_id = other;
    facts->process->modules[0].build_id_size = sizeof(other);
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(stack->n_frames, 1);
    assert_null(stack->frames[0].function);
    assert_null(stack->frames[0].file);
    assert_string_equal(base(stack->frames[0].module), "c_debug");
    assert_int_equal(stack->frames[0].offset, stack->pcs[0] - 1 - facts->process->modules[0].bias);
    assert_no_variable(facts, "queue_lock");
    facts_free(facts);
}

static void a_trace_without_build_ids_is_symbolized_all_the_same(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");

    (void)state;
    facts->process->modules[0].build_id_size = 0;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_string_equal(stack_of(facts, "innermost")->frames[0].function, "innermost");
    facts_free(facts);
}

static void an_address_without_a_module_is_shown_as_it_is(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t far = facts_add_stack(facts, 0x1235, 0), null = facts_add_stack(facts, 0, 0);

    (void)state;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(facts->process->stacks[far].n_frames, 1);
    assert_null(facts->process->stacks[far].frames[0].module);
    assert_int_equal(facts->process->stacks[far].frames[0].offset, 0x1234);
    assert_int_equal(facts->process->stacks[null].frames[0].offset, 0);
    facts_free(facts);
}

/* A path of the temporary directory, filled by the caller. */
static char *temporary_file(const char *data, size_t size)
{
    static char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/garbage-XXXXXX", programs);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
    return path;
}

static void assert_nothing_known(const char *path)
{
    struct facts *facts = facts_empty();
    uint32_t stack = facts_add_stack(facts, 0x5001, 0);
    struct lh_symbol symbol;

    facts_add_module(facts, path, 0x4000, 0x8000, 0x4000);
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(facts->process->stacks[stack].n_frames, 1);
    assert_null(facts->process->stacks[stack].frames[0].function);
    assert_string_equal(facts->process->stacks[stack].frames[0].module, path);
    assert_int_equal(facts->process->stacks[stack].frames[0].offset, 0x1000);
    assert_false(lh_symbolize_data(facts->model, facts->process, 0x6000, 0, &symbol));
    assert_null(lh_symbolize_function(facts->model, facts->process, 0x5000, 0));
    facts_free(facts);
}

static void what_is_no_program_file_is_shown_by_name_and_offset(void **state)
{
    static const char elf[] = "\177ELF\2\1\1 and then something else entirely";
    char fifo[PATH_MAX];
    char *garbage;

    (void)state;
    assert_nothing_known("linux-vdso.so.1");
    assert_nothing_known("");
    assert_nothing_known("/nonexistent/lib.so");
    assert_nothing_known("/");
    assert_nothing_known("/dev/zero");
    garbage = temporary_file("", 0);
    assert_nothing_known(garbage);
    unlink(garbage);
    garbage = temporary_file(elf, sizeof(elf));
    assert_nothing_known(garbage);
    unlink(garbage);
    snprintf(fifo, sizeof(fifo), "%s/fifo-%d", programs, (int)getpid());
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_nothing_known(fifo);
    unlink(fifo);
}

static char *read_program(const char *name, size_t *ret_size)
{
    char path[PATH_MAX];
    struct stat status;
    char *data;
    int fd;

    snprintf(path, sizeof(path), "%s/%s", programs, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    data = malloc((size_t)status.st_size);
    assert_non_null(data);
    assert_int_equal(read(fd, data, (size_t)status.st_size), status.st_size);
    close(fd);
    *ret_size = (size_t)status.st_size;
    return data;
}

static void ask_everything(const char *path, uint64_t size)
{
    struct facts *facts = facts_empty();
    struct lh_symbol symbol;

    facts_add_module(facts, path, 0x10000, 0x10000 + size, 0x10000);
    for (uint64_t at = 0x1000; at < 0x2000; at += 64) {
        if (facts->process->n_stacks < 60)
            facts_add_stack(facts, 0x10000 + at, 0);
    }
    assert_int_equal(lh_symbolize(facts->model), 0);
    for (uint64_t at = 0; at < size; at += 64) {
        lh_symbolize_function(facts->model, facts->process, 0x10000 + at, 0);
        if (lh_symbolize_data(facts->model, facts->process, 0x10000 + at, 0, &symbol)) {
            assert_non_null(symbol.name);
            assert_non_null(symbol.family);
        }
    }
    facts_free(facts);
}

/* Every answer is as good as any, as long as there is one. */
static void a_damaged_file_never_ends_the_analysis(void **state)
{
    size_t size;
    char *data = read_program("c_debug", &size);
    uint32_t random = 12345;

    (void)state;
    for (int round = 0; round < 24; round++) {
        char *copy = malloc(size), *path;
        size_t kept = round % 4 == 0 ? size * (size_t)(round + 1) / 25 : size;

        assert_non_null(copy);
        memcpy(copy, data, size);
        for (int i = 0; i < (round % 4) * 40; i++) {
            random = random * 1664525 + 1013904223;
            copy[4096 + random % (size - 4096)] ^= (char)(1 << (random >> 28) % 8);
        }
        path = temporary_file(copy, kept);
        ask_everything(path, 0x6000);
        unlink(path);
        free(copy);
    }
    free(data);
}

/* ---- epochs ---- */

static void set_epochs(struct lh_module *module, uint32_t from, uint32_t to)
{
    module->epoch = from;
    module->epoch_end = to;
}

static const char *module_in(struct facts *facts, uint32_t stack)
{
    return facts->process->stacks[stack].frames[0].module;
}

static void an_address_belongs_to_the_module_of_its_epoch(void **state)
{
    struct facts *facts = facts_empty();
    uint32_t stacks[7];

    (void)state;
    set_epochs(facts_add_module(facts, "first", 0x4000, 0x8000, 0), 1, 3);
    set_epochs(facts_add_module(facts, "second", 0x4000, 0x6000, 0), 5, 6);
    set_epochs(facts_add_module(facts, "wide", 0x2000, 0x9000, 0), 6, UINT32_MAX);
    for (uint32_t epoch = 0; epoch < 7; epoch++)
        stacks[epoch] = facts_add_stack(facts, 0x5000, epoch);
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_string_equal(module_in(facts, stacks[1]), "first");
    assert_string_equal(module_in(facts, stacks[2]), "first");
    assert_string_equal(module_in(facts, stacks[5]), "second");
    assert_string_equal(module_in(facts, stacks[6]), "wide");
    /* A constructor runs before the load is noted: the next one loaded there. */
    assert_string_equal(module_in(facts, stacks[0]), "first");
    assert_string_equal(module_in(facts, stacks[4]), "second");
    facts_free(facts);
}

static void many_loads_at_one_address_are_told_apart(void **state)
{
    struct facts *facts = facts_empty();
    char name[16];

    (void)state;
    for (uint32_t i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "plugin%u", i);
        set_epochs(facts_add_module(facts, name, 0x4000, 0x8000, 0), 2 * i, 2 * i + 1);
    }
    for (uint32_t i = 0; i < 50; i++)
        facts_add_stack(facts, 0x5000, 2 * i);
    assert_int_equal(lh_symbolize(facts->model), 0);
    for (uint32_t i = 0; i < 50; i++) {
        snprintf(name, sizeof(name), "plugin%u", i);
        assert_string_equal(module_in(facts, i + 1), name);
    }
    facts_free(facts);
}

#define FILES 150

static size_t open_descriptors(void)
{
    size_t n = 0;

    for (int fd = 0; fd < 1024; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Links to one program under many names: each is a file of its own to the symbolizer. */
static void any_number_of_files_is_read_with_few_open(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");
    const struct lh_module *program = &facts->process->modules[0];
    uint64_t size = program->end - program->start, start = 0x10000000;
    uint64_t pc = facts_find(facts, "pc", "innermost")->address - program->bias;
    uint64_t data = facts_find(facts, "data", "queue_lock")->address - program->bias;
    size_t descriptors = open_descriptors();
    uint32_t stacks[FILES];
    char path[PATH_MAX];

    (void)state;
    for (uint32_t i = 0; i < FILES; i++) {
        snprintf(path, sizeof(path), "%s/link-%d-%u", programs, (int)getpid(), i);
        assert_int_equal(link(program->path, path), 0);
        facts_add_module(facts, path, start + i * 0x100000, start + i * 0x100000 + size,
                         start + i * 0x100000);
        stacks[i] = facts_add_stack(facts, start + i * 0x100000 + pc, 0);
    }
    assert_int_equal(lh_symbolize(facts->model), 0);
    for (uint32_t i = 0; i < FILES; i++) {
        struct lh_symbol symbol;

        assert_string_equal(facts->process->stacks[stacks[i]].frames[0].function, "innermost");
        assert_true(lh_symbolize_data(facts->model, facts->process, start + i * 0x100000 + data, 0,
                                      &symbol));
        assert_string_equal(symbol.name, "queue_lock");
    }
    assert_true(open_descriptors() < descriptors + 300);
    for (uint32_t i = 0; i < FILES; i++)
        unlink(facts->process->modules[facts->process->n_modules - FILES + i].path);
    facts_free(facts);
}

static void processes_share_the_files_they_both_loaded(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");
    struct lh_process second = *facts->process, *processes[] = {facts->process, &second};
    struct lh_stack stacks[2] = {{0}, *stack_of(facts, "innermost")};

    (void)state;
    second.stacks = stacks;
    second.n_stacks = 2;
    free(facts->model->processes);
    facts->model->processes = malloc(sizeof(processes));
    assert_non_null(facts->model->processes);
    memcpy(facts->model->processes, processes, sizeof(processes));
    facts->model->n_processes = 2;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_int_equal(stacks[1].n_frames, 3);
    assert_ptr_equal(stacks[1].frames[0].function,
                     stack_of(facts, "innermost")->frames[0].function);
    facts_free(facts);
}

static void symbolizing_twice_changes_nothing(void **state)
{
    struct facts *facts = facts_run(programs, "c_debug");
    const struct lh_stack *stack = stack_of(facts, "innermost");
    const struct lh_frame *frames;

    (void)state;
    assert_int_equal(lh_symbolize(facts->model), 0);
    frames = stack->frames;
    assert_int_equal(lh_symbolize(facts->model), 0);
    assert_ptr_equal(stack->frames, frames);
    assert_int_equal(stack->n_frames, 3);
    facts_free(facts);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inlined_functions_are_frames_of_their_own),
        cmocka_unit_test(dwarf_4_is_read_like_dwarf_5),
        cmocka_unit_test(split_dwarf_is_followed_to_the_dwo_file),
        cmocka_unit_test(a_program_at_a_fixed_address_has_no_bias),
        cmocka_unit_test(what_the_linker_optimized_is_traced_to_its_source),
        cmocka_unit_test(a_stripped_program_is_explained_by_its_debug_file),
        cmocka_unit_test(a_call_that_ends_its_function_belongs_to_it),
        cmocka_unit_test(without_debug_data_the_symbol_table_names_functions),
        cmocka_unit_test(functions_are_found_by_any_address_in_them),
        cmocka_unit_test(cpp_names_are_demangled),
        cmocka_unit_test(a_lambda_inlined_through_a_template_is_unfolded),
        cmocka_unit_test(variables_are_named_to_the_member),
        cmocka_unit_test(memory_that_is_handed_out_in_pieces_is_marked),
        cmocka_unit_test(without_debug_data_a_variable_is_symbol_plus_offset),
        cmocka_unit_test(cpp_variables_have_their_scope),
        cmocka_unit_test(a_rebuilt_file_is_not_believed),
        cmocka_unit_test(a_trace_without_build_ids_is_symbolized_all_the_same),
        cmocka_unit_test(an_address_without_a_module_is_shown_as_it_is),
        cmocka_unit_test(what_is_no_program_file_is_shown_by_name_and_offset),
        cmocka_unit_test(a_damaged_file_never_ends_the_analysis),
        cmocka_unit_test(an_address_belongs_to_the_module_of_its_epoch),
        cmocka_unit_test(many_loads_at_one_address_are_told_apart),
        cmocka_unit_test(any_number_of_files_is_read_with_few_open),
        cmocka_unit_test(processes_share_the_files_they_both_loaded),
        cmocka_unit_test(symbolizing_twice_changes_nothing),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: symbolize_test DIRECTORY-OF-PROGRAMS\n");
        return 2;
    }
    programs = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
