/*
 * `cxx_work COUNT`: a producer hands numbers to two workers through a queue; they find the prime
 * factors of each and count them in a map that a shared_mutex guards.
 */
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <queue>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace
{
class Queue
{
    std::mutex mutex;
    std::condition_variable filled, emptied;
    std::queue<unsigned> numbers;
    bool done = false;

  public:
    void put(unsigned number)
    {
        std::unique_lock<std::mutex> lock(mutex);
        emptied.wait(lock, [this] { return numbers.size() < 64; });
        numbers.push(number);
        filled.notify_one();
    }
    void finish()
    {
        std::lock_guard<std::mutex> lock(mutex);
        done = true;
        filled.notify_all();
    }
    bool get(unsigned &number)
    {
        std::unique_lock<std::mutex> lock(mutex);
        filled.wait(lock, [this] { return done || !numbers.empty(); });
        if (numbers.empty())
            return false;
        number = numbers.front();
        numbers.pop();
        emptied.notify_one();
        return true;
    }
};

class Counts
{
    std::shared_mutex mutex;
    std::map<unsigned, unsigned long> counts;

    unsigned long *find(unsigned factor)
    {
        auto found = counts.find(factor);
        return found == counts.end() ? nullptr : &found->second;
    }

  public:
    void add(unsigned factor)
    {
        {
            std::shared_lock<std::shared_mutex> lock(mutex);
            if (auto *count = find(factor)) {
                __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
                return;
            }
        }
        std::unique_lock<std::shared_mutex> lock(mutex);
        counts[factor]++;
    }
    size_t size()
    {
        std::shared_lock<std::shared_mutex> lock(mutex);
        return counts.size();
    }
};

void factorize(unsigned number, Counts &counts)
{
    for (unsigned factor = 2; factor * factor <= number; factor++)
        while (number % factor == 0) {
            counts.add(factor);
            number /= factor;
        }
    if (number > 1)
        counts.add(number % 1000);
}

void work(Queue &queue, Counts &counts)
{
    unsigned number;

    while (queue.get(number))
        factorize(number, counts);
}
} // namespace

int main(int argc, char **argv)
{
    Queue queue;
    Counts counts;
    std::vector<std::thread> workers;

    if (argc != 2)
        return 2;
    unsigned count = static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10));
    for (int i = 0; i < 2; i++)
        workers.emplace_back([&] { work(queue, counts); });
    for (unsigned i = 0; i < count; i++)
        queue.put(40000000 + i * 7);
    queue.finish();
    for (auto &worker : workers)
        worker.join();
    std::printf("%zu\n", counts.size());
    return 0;
}
