// What C++ has for threads, all of it correct: mutexes, conditions, call_once, futures, exceptions.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <future>
#include <mutex>
#include <numeric>
#include <shared_mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace
{
class Queue
{
  public:
    void push(int value)
    {
        {
            std::lock_guard<std::mutex> guard(mutex_);
            values_.push_back(value);
        }
        filled_.notify_one();
    }

    int pop()
    {
        std::unique_lock<std::mutex> guard(mutex_);
        filled_.wait(guard, [this] { return !values_.empty(); });
        int value = values_.front();
        values_.pop_front();
        return value;
    }

    bool pop_until(std::chrono::steady_clock::time_point end, int &value)
    {
        std::unique_lock<std::mutex> guard(mutex_);
        if (!filled_.wait_until(guard, end, [this] { return !values_.empty(); }))
            return false;
        value = values_.front();
        values_.pop_front();
        return true;
    }

  private:
    std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<int> values_;
};

long produce_and_consume()
{
    Queue queue;
    std::atomic<long> sum{0};
    std::vector<std::thread> threads;

    for (int i = 0; i < 4; i++) {
        threads.emplace_back([&queue] {
            for (int value = 1; value <= 500; value++)
                queue.push(value);
        });
        threads.emplace_back([&queue, &sum] {
            for (int taken = 0; taken < 500; taken++)
                sum += queue.pop();
        });
    }
    for (auto &thread : threads)
        thread.join();
    int value;
    if (queue.pop_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(1), value))
        return -1;
    return sum;
}

long read_and_write()
{
    std::shared_mutex mutex;
    std::vector<int> table(16);
    std::vector<std::thread> threads;

    for (int i = 0; i < 4; i++)
        threads.emplace_back([&, i] {
            for (int round = 0; round < 200; round++) {
                if (i % 2) {
                    std::unique_lock<std::shared_mutex> writing(mutex);
                    table[static_cast<size_t>(round) % table.size()]++;
                } else {
                    std::shared_lock<std::shared_mutex> reading(mutex);
                    if (std::accumulate(table.begin(), table.end(), 0) < 0)
                        std::abort();
                }
            }
        });
    for (auto &thread : threads)
        thread.join();
    return std::accumulate(table.begin(), table.end(), 0L);
}

long throw_out_of_locks()
{
    std::recursive_mutex recursive;
    std::timed_mutex timed;
    long caught = 0;

    for (int i = 0; i < 100; i++) {
        try {
            std::lock_guard<std::recursive_mutex> once(recursive);
            std::lock_guard<std::recursive_mutex> twice(recursive);
            std::unique_lock<std::timed_mutex> guard(timed, std::chrono::seconds(10));
            if (!guard.owns_lock())
                return -1;
            throw std::runtime_error("out");
        } catch (const std::runtime_error &) {
            caught++;
        }
    }
    return caught;
}

long call_once_and_futures()
{
    std::once_flag flag;
    std::atomic<long> calls{0};
    std::vector<std::future<long>> results;
    long sum = 0;

    for (long i = 0; i < 8; i++)
        results.push_back(std::async(std::launch::async, [&, i] {
            std::call_once(flag, [&] { calls++; });
            return i;
        }));
    for (auto &result : results)
        sum += result.get();
    return sum * 10 + calls;
}
} // namespace

int main()
{
    std::printf("queue %ld\n", produce_and_consume());
    std::printf("table %ld\n", read_and_write());
    std::printf("caught %ld\n", throw_out_of_locks());
    std::printf("once %ld\n", call_once_and_futures());
    return 0;
}
