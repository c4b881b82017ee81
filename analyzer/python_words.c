#include "python_words.h"

#include <string.h>

#include "site.h"

static const struct lh_python_words lock_words = {
    "release it", "ever released", "releases any more", "released by others", NULL, "release", NULL,
};
static const struct lh_python_words object_words = {
    "wake it", "ever woke", "wakes any more", NULL, "nobody woke it", NULL, NULL,
};
static const struct lh_python_words condition_words = {
    "notify it", "ever notified", "notifies any more", "notified", NULL, "notify", NULL,
};
static const struct lh_python_words event_words = {
    "set it", "ever set", "sets any more", "set", NULL, "set", NULL,
};
static const struct lh_python_words semaphore_words = {
    "release it", "ever released", "releases any more", "released", NULL, "release", NULL,
};
static const struct lh_python_words future_words = {
    "finish it",
    "finishes",
    "finishes",
    NULL,
    "no thread is left to run the task that it stands for",
    NULL,
    "let no task wait for another task of the same pool, or give the pool more threads than tasks "
    "that wait",
};
static const struct lh_python_words get_words = {
    "put an item into it",
    "puts an item into",
    "puts an item into any more",
    NULL,
    "it is empty",
    NULL,
    NULL,
};
static const struct lh_python_words put_words = {
    "get an item from it",
    "gets an item from",
    "gets an item from any more",
    NULL,
    "it is full",
    NULL,
    NULL,
};
static const struct lh_python_words join_words = {
    "call its task_done()",
    "calls task_done() of",
    "calls task_done() of any more",
    NULL,
    "task_done() was called less often than put()",
    NULL,
    NULL,
};

/* The outermost method of the library that the wait is in, without its class: "get". */
static const char *method_of(const struct lh_process *process, uint32_t id)
{
    const struct lh_stack *stack = lh_process_stack(process, id);
    const char *name = "";

    for (size_t i = 0; i < stack->n_frames && lh_site_is_runtime(&stack->frames[i]); i++)
        if (stack->frames[i].function)
            name = stack->frames[i].function;
    return strrchr(name, '.') ? strrchr(name, '.') + 1 : name;
}

static const struct lh_python_words *queue_words(const char *method)
{
    if (strncmp(method, "put", 3) == 0)
        return &put_words;
    return strcmp(method, "join") == 0 ? &join_words : &get_words;
}

const struct lh_python_words *lh_python_words(const struct lh_process *process,
                                              const struct lh_thread *waiter)
{
    switch (lh_process_lock(process, waiter->wait_lock)->python) {
    case LH_PYTHON_LOCK:
    case LH_PYTHON_RLOCK:
        return &lock_words;
    case LH_PYTHON_CONDITION:
        return &condition_words;
    case LH_PYTHON_EVENT:
        return &event_words;
    case LH_PYTHON_SEMAPHORE:
    case LH_PYTHON_BOUNDED_SEMAPHORE:
        return &semaphore_words;
    case LH_PYTHON_QUEUE:
        return queue_words(method_of(process, waiter->wait_stack));
    case LH_PYTHON_FUTURE:
        return &future_words;
    case LH_PYTHON_WAITER:
    case LH_PYTHON_INTERNAL:
        return &object_words;
    default:
        return NULL;
    }
}

const char *lh_python_class_word(uint8_t class)
{
    static const char *const words[LH_PYTHON_CLASSES] = {
        [LH_PYTHON_RLOCK] = "RLock",
        [LH_PYTHON_CONDITION] = "Condition",
        [LH_PYTHON_EVENT] = "Event",
        [LH_PYTHON_SEMAPHORE] = "Semaphore",
        [LH_PYTHON_BOUNDED_SEMAPHORE] = "BoundedSemaphore",
        [LH_PYTHON_BARRIER] = "Barrier",
        [LH_PYTHON_QUEUE] = "Queue",
        [LH_PYTHON_FUTURE] = "Future",
        [LH_PYTHON_THREAD_END] = "Thread",
        [LH_PYTHON_INTERNAL] = "object",
    };

    return class < LH_PYTHON_CLASSES && words[class] ? words[class] : "Lock";
}
