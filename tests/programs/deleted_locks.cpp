/*
 * Locks that operator delete ends, and others at the same addresses. One thread takes the old two
 * in one order, another the new two in the other: four locks, and so no circle. With the argument
 * "inverted" both threads then take two locks that stay in either order.
 */
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>
#include <utility>

#include <sched.h>

namespace
{
struct Object {
    std::mutex mutex;
    char rest[200];
};

enum Stage { START, USED, REPLACED, USED_AGAIN };

std::atomic<int> stage{START};
Object *low, *high; // by address
std::mutex first_stays, second_stays;

void await(int number)
{
    while (stage.load() < number)
        sched_yield();
}

void take(std::mutex &outer, std::mutex &inner)
{
    std::lock_guard<std::mutex> one(outer);
    std::lock_guard<std::mutex> other(inner);
}

void make()
{
    low = new Object;
    high = new Object;
    if (high < low)
        std::swap(low, high);
}

void replace()
{
    Object *old_low = low, *old_high = high;

    delete low;
    delete high;
    make();
    if (low != old_low || high != old_high) {
        std::fputs("the memory was not used again\n", stderr);
        std::_Exit(3);
    }
}
} // namespace

int main(int argc, char **argv)
{
    bool inverted = argc > 1 && std::strcmp(argv[1], "inverted") == 0;

    make();
    std::thread before([&] {
        take(low->mutex, high->mutex);
        if (inverted)
            take(first_stays, second_stays);
        stage = USED;
        await(USED_AGAIN);
    });
    std::thread after([&] {
        await(REPLACED);
        take(high->mutex, low->mutex);
        if (inverted)
            take(second_stays, first_stays);
        stage = USED_AGAIN;
    });
    await(USED);
    replace();
    stage = REPLACED;
    before.join();
    after.join();
    delete low;
    delete high;
    std::puts("done");
    return 0;
}
