/*
 * Two static variables, each of which uses the other one while it is initialized. One thread that
 * comes to both is told by the C++ runtime; two threads that come from both sides wait for each
 * other.
 *
 * Expected: with CROSSWISE it hangs, and that is a deadlock; else nothing.
 */
#include <atomic>
#include <cstdio>
#include <thread>

#include <unistd.h>

static std::atomic<int> begun{0};

static void meet()
{
#ifdef CROSSWISE
    begun++;
    while (begun < 2)
        std::this_thread::yield();
#endif
}

struct Config {
    Config();
    int level = 1;
};
struct Log {
    Log();
    int lines = 0;
};

static Config &config();
static Log &log_of_program();

static Config &config()
{
    static Config instance; /* @config */
    return instance;
}

static Log &log_of_program()
{
    static Log instance; /* @log */
    return instance;
}

Config::Config()
{
    meet();
    log_of_program().lines++;
}

Log::Log()
{
    meet();
#ifdef CROSSWISE
    lines = config().level;
#endif
}

int main()
{
#ifdef CROSSWISE
    std::printf("pid %d\n", static_cast<int>(getpid()));
    std::fflush(stdout);
#endif
    std::thread other([] { config(); });
    log_of_program();
    other.join();
    std::puts("both are there");
    return 0;
}
