/* What the symbolizer must get right in C. Prints its own addresses; see facts.h. */
#include "facts.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

typedef pthread_mutex_t guard_t;

struct account {
    int id;
    pthread_mutex_t lock;
    union {
        char raw[16];
        struct {
            long unused;
            pthread_spinlock_t spin;
        } parts;
    } either;
    struct {
        guard_t unnamed_inside;
    };
};

struct row {
    char name[12];
    sem_t cells[3];
};

struct inner {
    int _hidden;
    struct {
        volatile guard_t guard;
    } _private;
};

NEXT_LINE(accounts);
static struct account accounts[8];
NEXT_LINE(queue_lock);
pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
NEXT_LINE(grid);
static struct row grid[4][2];
NEXT_LINE(inner);
static struct inner inner;
static char arena[4096];
NEXT_LINE(storage);
static char storage[sizeof(pthread_mutex_t)] __attribute__((aligned(8)));
NEXT_LINE(plain_number);
static const volatile int plain_number = 7;
static __thread pthread_mutex_t per_thread;

static inline __attribute__((always_inline)) void innermost(void)
{
    capture("innermost", __LINE__);
    NO_TAIL_CALL();
}

static inline __attribute__((always_inline)) void middle(int n)
{
    if (n > 0) {
        int twice = n * 2; /* a block of its own */

        print_line("middle", __LINE__ + 1);
        innermost();
        NO_TAIL_CALL();
        (void)twice;
    }
}

__attribute__((noinline)) static void outermost(int n)
{
    print_line("outermost", __LINE__ + 1);
    middle(n);
    NO_TAIL_CALL();
}

__attribute__((noinline, noreturn)) static void capture_and_exit(const char *name, int line)
{
    print_pc(name, __builtin_return_address(0), line);
    exit(0);
}

/* The call is the last instruction: the return address is already behind the function. */
__attribute__((noinline, noreturn)) static void leaves(void)
{
    capture_and_exit("leaves", __LINE__);
}

__attribute__((noinline)) static void static_owner(void)
{
    NEXT_LINE(once_lock);
    static pthread_mutex_t once_lock;

    print_data("static_owner", &once_lock, line_of_once_lock);
}

static void print_variables(void)
{
    void *heap = malloc(100);

    print_data("accounts_3_lock", &accounts[3].lock, line_of_accounts);
    print_data("accounts_0_lock", &accounts[0].lock, line_of_accounts);
    print_data("accounts_5_spin", (const void *)&accounts[5].either.parts.spin, line_of_accounts);
    print_data("accounts_7_unnamed", &accounts[7].unnamed_inside, line_of_accounts);
    print_data("queue_lock", &queue_lock, line_of_queue_lock);
    print_data("grid_2_1_cell_2", &grid[2][1].cells[2], line_of_grid);
    print_data("hidden_guard", (const void *)&inner._private.guard, line_of_inner);
    print_data("storage", storage, line_of_storage);
    print_data("plain_number", (const void *)&plain_number, line_of_plain_number);
    print_data("arena", &arena[1024], 0);
    print_data("per_thread", &per_thread, 0);
    print_data("heap", heap, 0);
    static_owner();
    free(heap);
}

int main(int argc, char **argv)
{
    (void)argv;
    print_modules();
    print_variables();
    outermost(argc);
    print_code("outermost", (uintptr_t)outermost);
    print_code("leaves", (uintptr_t)leaves);
    print_code("qsort", (uintptr_t)qsort);
    leaves();
}
