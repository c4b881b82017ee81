/*
 * What C++ orders by itself: atomics with release and acquire, futures, condition variables, the
 * initialization of local statics, and the counts of shared_ptr copies.
 *
 * Expected: nothing.
 */
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

static std::atomic<std::string *> published{nullptr};

struct Settings {
    std::string name = "a name that does not fit into the string itself";
    int uses = 3;
};

static const Settings &settings()
{
    static Settings only;
    return only;
}

static size_t by_atomic()
{
    size_t length = 0;
    std::thread writer(
        [] { published.store(new std::string("hello"), std::memory_order_release); });
    std::thread reader([&] {
        std::string *seen;
        while (!(seen = published.load(std::memory_order_acquire)))
            std::this_thread::yield();
        length = seen->size();
        delete seen;
    });

    writer.join();
    reader.join();
    return length;
}

static int by_future()
{
    std::promise<int> promise;
    std::future<int> future = promise.get_future();
    int side = 0;
    std::thread worker([&] {
        side = 1;
        promise.set_value(2);
    });
    int sum = future.get() + side;

    worker.join();
    return sum + std::async(std::launch::async, [] { return settings().uses; }).get();
}

static int by_condition()
{
    std::mutex mutex;
    std::condition_variable changed;
    bool ready = false;
    int value = 0;
    std::thread worker([&] {
        value = 7;
        std::lock_guard<std::mutex> guard(mutex);
        ready = true;
        changed.notify_one();
    });
    std::unique_lock<std::mutex> lock(mutex);

    changed.wait(lock, [&] { return ready; });
    lock.unlock();
    int seen = value;
    worker.join();
    return seen;
}

static size_t by_shared_ptr()
{
    auto shared = std::make_shared<Settings>();
    std::atomic<size_t> sum{0};
    auto use = [copy = shared, &sum] { sum += copy->name.size() + settings().name.size(); };
    std::thread one(use), two(use);

    shared.reset();
    one.join();
    two.join();
    return sum;
}

int main()
{
    std::printf("%zu %d %d %zu\n", by_atomic(), by_future(), by_condition(), by_shared_ptr());
    return 0;
}
