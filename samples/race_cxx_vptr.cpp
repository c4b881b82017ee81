/*
 * An object starts a thread in its base class: the thread calls a virtual function while the
 * derived class sets the pointer to its own functions.
 *
 * Expected: one data-race of the pointer to the virtual functions, with the advice to hand the
 * object out when it is complete.
 */
#include <cstdio>
#include <thread>

class Base
{
  public:
    Base() : thread_([this] { run(); })
    {
    }
    virtual ~Base() = default;
    virtual int work()
    {
        return 1;
    }
    void join()
    {
        thread_.join();
    }

  private:
    void run()
    {
        result_ = work(); /* @call */
    }
    int result_ = 0;
    std::thread thread_;
};

class Derived : public Base
{
  public:
    Derived()
    {
    }
    int work() override
    {
        return 2;
    }
};

int main()
{
    Derived object;

    object.join();
    std::puts("worked");
    return 0;
}
