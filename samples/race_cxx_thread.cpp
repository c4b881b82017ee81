/*
 * A lambda in two std::threads appends to one std::vector. FIXED holds a std::mutex.
 *
 * Expected: data-races of shop::Ledger::book; with FIXED nothing.
 */
#include <cstdio>
#include <mutex>
#include <thread>
#include <vector>

namespace shop
{
class Ledger
{
  public:
    __attribute__((noinline)) void book(int amount)
    {
#ifdef FIXED
        std::lock_guard<std::mutex> guard(mutex_);
#endif
        sum_ += amount; /* @book */
    }

    int sum() const
    {
        return sum_;
    }

  private:
    std::mutex mutex_;
    int sum_ = 0;
};
} // namespace shop

static shop::Ledger ledger;

int main()
{
    auto work = [] {
        for (int i = 0; i < 100; i++)
            ledger.book(i);
    };
    std::thread one(work), two(work);

    one.join();
    two.join();
    std::puts(ledger.sum() > 0 ? "booked" : "lost");
    return 0;
}
