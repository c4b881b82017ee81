/*
 * Reader and writer in opposite order in C++: std::shared_lock held, std::unique_lock wanted.
 *
 * Expected: one lock-order-inversion.
 */
#include <atomic>
#include <cstdio>
#include <mutex>
#include <shared_mutex>
#include <thread>

static std::shared_mutex map, journal;
static std::atomic<bool> written{false};

static void write_journal()
{
    std::shared_lock<std::shared_mutex> reading(map);     /* @write-map */
    std::unique_lock<std::shared_mutex> writing(journal); /* @write-journal */
}

static void update_map()
{
    std::shared_lock<std::shared_mutex> reading(journal); /* @update-journal */
    std::unique_lock<std::shared_mutex> writing(map);     /* @update-map */
}

int main()
{
    std::thread one([] {
        write_journal();
        written.store(true, std::memory_order_release);
    });
    std::thread other([] {
        while (!written.load(std::memory_order_acquire))
            std::this_thread::yield();
        update_map();
    });
    one.join();
    other.join();
    std::puts("done");
    return 0;
}
