/*
 * C++: exceptions through instrumented frames, statics, virtual functions, threads of the library.
 * EXPECT proven set_after_throws get_after_throws
 * EXPECT proven pass_block use_block
 */
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <queue>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "pair.h"

int value, thrown;

RACY static void throw_deep(int depth)
{
    if (depth == 0)
        throw std::runtime_error("as meant");
    std::string keep(50, 'x');
    throw_deep(depth - 1);
    value += (int)keep.size();
}

RACY static void throw_often()
{
    for (int i = 0; i < 200; i++) {
        try {
            throw_deep(10);
        } catch (const std::exception &) {
        }
    }
}

RACY static void set_after_throws()
{
    thrown = 1;
}

RACY static void get_after_throws()
{
    CHECK(thrown >= 0);
}

/* Nobody writes it but who it was passed to. */
static std::atomic<long *> block;

RACY static void pass_block()
{
    block.store(new long, std::memory_order_relaxed);
}

RACY static void use_block()
{
    *block.load(std::memory_order_relaxed) = 1;
}

static void first()
{
    throw_often();
    pass_block();
    set_after_throws();
}

static void second()
{
    get_after_throws();
    use_block();
}

struct Heavy {
    std::vector<int> values;
    Heavy() : values(1000, 7)
    {
    }
};

RACY static Heavy &instance()
{
    static Heavy heavy;
    return heavy;
}

struct Base {
    virtual ~Base() = default;
    virtual int number() const
    {
        return 1;
    }
};

struct Derived : Base {
    int kept = 2;
    int number() const override
    {
        return kept;
    }
};

/* A queue as it is usually written. */
class Queue
{
    std::mutex mutex;
    std::condition_variable filled;
    std::queue<std::unique_ptr<Base>> items;

  public:
    void push(std::unique_ptr<Base> item)
    {
        {
            std::lock_guard<std::mutex> lock(mutex);
            items.push(std::move(item));
        }
        filled.notify_one();
    }

    std::unique_ptr<Base> pop()
    {
        std::unique_lock<std::mutex> lock(mutex);
        filled.wait(lock, [this] { return !items.empty(); });
        std::unique_ptr<Base> item = std::move(items.front());
        items.pop();
        return item;
    }
};

int main()
{
    Queue queue;
    std::atomic<long> sum{0};
    std::shared_ptr<std::string> text = std::make_shared<std::string>("shared");
    std::vector<std::thread> threads;

    for (int i = 0; i < 4; i++)
        threads.emplace_back([&queue, &sum, text] {
            for (int k = 0; k < 200; k++)
                sum.fetch_add(queue.pop()->number(), std::memory_order_relaxed);
            sum += instance().values[999] + (long)text->size();
        });
    text.reset();
    for (int k = 0; k < 800; k++)
        queue.push(std::make_unique<Derived>());
    for (auto &thread : threads)
        thread.join();
    CHECK(sum == 800 * 2 + 4 * (7 + 6));
    pair(first, second);
    delete block.load();
    return 0;
}
