/*
 * opposite_order in C++: std::thread, std::mutex and std::lock_guard.
 *
 * Expected: one lock-order-inversion, with demangled names.
 */
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

namespace band
{
class Player
{
  public:
    void play(std::mutex &mine, std::mutex &yours)
    {
        std::lock_guard<std::mutex> first(mine);   /* @mine */
        std::lock_guard<std::mutex> second(yours); /* @yours */
        played++;
    }

    int played = 0;
};

std::mutex drum, sticks;
} // namespace band

static std::atomic<bool> boy_is_done{false};

int main()
{
    band::Player boy, girl;

    std::thread one([&] {
        boy.play(band::drum, band::sticks);
        boy_is_done.store(true, std::memory_order_release);
    });
    std::thread other([&] {
        while (!boy_is_done.load(std::memory_order_acquire))
            std::this_thread::yield();
        girl.play(band::sticks, band::drum);
    });
    one.join();
    other.join();
    std::printf("%d and %d played\n", boy.played, girl.played);
    return 0;
}
