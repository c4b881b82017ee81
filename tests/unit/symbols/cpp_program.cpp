// What the symbolizer must get right in C++. Prints its own addresses; see facts.h.
#include "facts.h"

#include <array>
#include <mutex>
#include <shared_mutex>

namespace bank
{

struct Named {
    long id = 0;
    std::mutex name_lock;
};

struct Account : Named {
    int balance = 0;
    std::mutex lock;
    std::shared_mutex readers;
    static std::recursive_mutex all;
};

NEXT_LINE(accounts);
Account accounts[4];
NEXT_LINE(fixed);
std::array<Account, 3> fixed;
std::recursive_mutex Account::all;

template <class T> struct Store {
    T items[2];
    static std::mutex guard;

    __attribute__((noinline)) void put(const T &item)
    {
        items[0] = item;
        capture("put", __LINE__);
        NO_TAIL_CALL();
    }
};

template <class T> std::mutex Store<T>::guard;

template <class F> inline __attribute__((always_inline)) void apply(F f)
{
    print_line("apply", __LINE__ + 1);
    f(7);
    NO_TAIL_CALL();
}

__attribute__((noinline)) std::mutex &next()
{
    NEXT_LINE(next);
    static std::mutex lock;

    print_data("next", &lock, line_of_next);
    return lock;
}

namespace
{
NEXT_LINE(hidden);
std::mutex hidden;

__attribute__((noinline)) int twice(int n)
{
    capture("twice", __LINE__);
    NO_TAIL_CALL();
    return 2 * n;
}
} // namespace

} // namespace bank

template <class T> __attribute__((noinline)) T returns(T value)
{
    capture("returns", __LINE__);
    NO_TAIL_CALL();
    return value;
}

static void print_variables()
{
    print_data("accounts_2_lock", &bank::accounts[2].lock, bank::line_of_accounts);
    print_data("base_lock", &bank::accounts[1].name_lock, bank::line_of_accounts);
    print_data("readers", &bank::accounts[3].readers, bank::line_of_accounts);
    print_data("fixed_1_lock", &bank::fixed[1].lock, bank::line_of_fixed);
    print_data("all", &bank::Account::all, 0); // compilers differ: the line in the class, or this
    print_data("guard", &bank::Store<int>::guard, 0);
    print_data("hidden", &bank::hidden, bank::line_of_hidden);
    bank::next();
}

int main(int argc, char **)
{
    bank::Store<int> store;

    print_modules();
    print_variables();
    store.put(argc);
    print_line("call_of_apply", __LINE__ + 1);
    bank::apply([](int n) __attribute__((always_inline)) {
        capture("lambda", __LINE__);
        NO_TAIL_CALL();
        return n;
    });
    return bank::twice(argc) + returns(argc) == 0;
}
