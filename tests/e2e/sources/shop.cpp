/* Templates, lambdas, operators, unnamed namespaces: whose names no two compilers spell alike. */
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

namespace shop
{
namespace
{
template <class T> struct shelf {
    std::mutex door;
    T what{};
};
shelf<int> left;
shelf<double> right;

template <class A, class B> int move(A &from, B &to)
{
    std::lock_guard<std::mutex> one(from.door);
    std::lock_guard<std::mutex> other(to.door);
    return static_cast<int>(from.what) + static_cast<int>(to.what);
}
} // namespace

struct clerk {
    std::mutex desk, till;

    template <class F> auto at_desk(F action) -> decltype(action())
    {
        std::lock_guard<std::mutex> sitting(desk);
        return action();
    }
    int operator()(int amount)
    {
        std::lock_guard<std::mutex> paying(till);
        std::lock_guard<std::mutex> sitting(desk);
        return amount;
    }
};
} // namespace shop

static std::atomic<int> turn{0};

static void wait_for(int wanted)
{
    while (turn.load(std::memory_order_acquire) != wanted)
        std::this_thread::yield();
}

int main(int argc, char **)
{
    auto clerk = std::make_unique<shop::clerk>();
    std::mutex hall, cellar;
    int first = argc > 1; /* who of the two begins, and makes first use of the locks */
    std::thread one([&] {
        wait_for(first);
        shop::move(shop::left, shop::right);
        clerk->at_desk([&] {
            std::lock_guard<std::mutex> paying(clerk->till);
            return 1;
        });
        std::lock_guard<std::mutex> above(hall);
        std::lock_guard<std::mutex> below(cellar);
        turn.store(1 - first, std::memory_order_release);
    });
    std::thread other([&] {
        wait_for(1 - first);
        {
            shop::move(shop::right, shop::left);
            (*clerk)(3);
            std::lock_guard<std::mutex> below(cellar);
            std::lock_guard<std::mutex> above(hall);
        }
        turn.store(first, std::memory_order_release);
    });
    one.join();
    other.join();
}
