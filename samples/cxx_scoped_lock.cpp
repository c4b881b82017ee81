/*
 * cxx_mutex, put right: std::scoped_lock takes one mutex and tries for the others, and backs off.
 *
 * Expected: nothing; one cycle is filtered as trylock.
 */
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

static std::mutex drum, sticks;
static std::atomic<bool> boy_is_done{false};

int main()
{
    std::thread boy([] {
        std::scoped_lock both(drum, sticks);
        boy_is_done.store(true, std::memory_order_release);
    });
    std::thread girl([] {
        while (!boy_is_done.load(std::memory_order_acquire))
            std::this_thread::yield();
        std::scoped_lock both(sticks, drum);
    });
    boy.join();
    girl.join();
    std::puts("both played");
    return 0;
}
