/*
 * The count in a shared_ptr is safe, the shared_ptr itself is an object like any other: one thread
 * replaces it, another copies it. FIXED uses the atomic functions.
 *
 * Expected: data-races of `current`; with FIXED nothing.
 */
#include <cstdio>
#include <memory>
#include <thread>

static std::shared_ptr<int> current = std::make_shared<int>(1);

static void replace()
{
    auto fresh = std::make_shared<int>(2);
#ifdef FIXED
    std::atomic_store(&current, fresh);
#else
    current = fresh;                     /* @replace */
#endif
}

static void copy(int *to)
{
#ifdef FIXED
    std::shared_ptr<int> mine = std::atomic_load(&current);
#else
    std::shared_ptr<int> mine = current; /* @copy */
#endif
    *to = *mine;
}

int main()
{
    int seen = 0;
    std::thread one(replace), two(copy, &seen);

    one.join();
    two.join();
    std::puts(seen > 0 ? "seen" : "nothing");
    return 0;
}
