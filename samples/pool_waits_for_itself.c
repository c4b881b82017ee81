/*
 * A pool whose tasks hand the pool a smaller task each and wait until it is done. With as many
 * workers as there are such tasks, all workers wait and none is left for the smaller ones.
 *
 * Expected, with WORKERS=2: it hangs, and that is a stall. With WORKERS=3: nothing.
 */
#include <unistd.h>

#include "handshake.h"

enum { BIG_TASKS = 2, ROOM = 16 };

struct task {
    void (*run)(void);
    int is_done;
};

static pthread_mutex_t pool = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_came = PTHREAD_COND_INITIALIZER;
static pthread_cond_t task_done = PTHREAD_COND_INITIALIZER;
static struct task *queue[ROOM];
static int first, last, is_over;
static int big_tasks_begun;

static void submit(struct task *task)
{
    pthread_mutex_lock(&pool);
    queue[last++] = task;
    pthread_cond_signal(&work_came);
    pthread_mutex_unlock(&pool);
}

static void await_task(struct task *task)
{
    pthread_mutex_lock(&pool);
    while (!task->is_done)
        pthread_cond_wait(&task_done, &pool); /* @await */
    pthread_mutex_unlock(&pool);
}

static void small_task(void)
{
}

static void big_task(void)
{
    struct task part = {small_task, 0};

    join_stage(&big_tasks_begun);
    await_stage(&big_tasks_begun, BIG_TASKS);
    submit(&part);
    await_task(&part); /* @part */
}

static struct task *next_task(void)
{
    struct task *task = NULL;

    pthread_mutex_lock(&pool);
    while (first == last && !is_over)
        pthread_cond_wait(&work_came, &pool);
    if (first < last)
        task = queue[first++];
    pthread_mutex_unlock(&pool);
    return task;
}

static void *worker(void *unused)
{
    struct task *task;

    (void)unused;
    while ((task = next_task())) {
        task->run();
        pthread_mutex_lock(&pool);
        task->is_done = 1;
        pthread_cond_broadcast(&task_done);
        pthread_mutex_unlock(&pool);
    }
    return NULL;
}

static void close_pool(void)
{
    pthread_mutex_lock(&pool);
    is_over = 1;
    pthread_cond_broadcast(&work_came);
    pthread_mutex_unlock(&pool);
}

int main(void)
{
    struct task tasks[BIG_TASKS] = {{big_task, 0}, {big_task, 0}};
    pthread_t threads[WORKERS];

    if (WORKERS <= BIG_TASKS) {
        printf("pid %d\n", (int)getpid());
        fflush(stdout);
    }
    for (int i = 0; i < WORKERS; i++)
        threads[i] = start_thread(worker, NULL);
    for (int i = 0; i < BIG_TASKS; i++)
        submit(&tasks[i]);
    for (int i = 0; i < BIG_TASKS; i++)
        await_task(&tasks[i]);
    close_pool();
    for (int i = 0; i < WORKERS; i++)
        finish_thread(threads[i]);
    puts("all done");
    return 0;
}
