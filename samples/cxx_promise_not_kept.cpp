/*
 * A worker that finds nothing to do leaves without setting the value that it has promised.
 *
 * Expected: without KEPT it hangs, and that is a stall; with KEPT nothing.
 */
#include <cstdio>
#include <future>
#include <thread>

#include <unistd.h>

static std::promise<int> answer;

static void work(bool has_work)
{
#ifdef KEPT
    if (!has_work) {
        answer.set_value(0);
        return;
    }
#endif
    if (has_work)
        answer.set_value(42);
}

int main()
{
#ifndef KEPT
    std::printf("pid %d\n", static_cast<int>(getpid()));
    std::fflush(stdout);
#endif
    std::thread worker(work, false);
    worker.join();
    int value = answer.get_future().get(); /* @get */
    std::printf("the answer is %d\n", value);
    return 0;
}
