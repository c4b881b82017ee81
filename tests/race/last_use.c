/*
 * A thread counts, under a lock of its own kind, that it is done, and who has counted all of them
 * ends what they used together, without its lock. The order of the lock of the count is luck to who
 * looks on; but there is nobody left. Where somebody is, or what is used goes on elsewhere, it is
 * as it always was.
 * EXPECT doubted use_object end_object
 * EXPECT suspect use_first look_too_early
 * EXPECT suspect use_table look_and_grow
 */
#include "pair.h"

struct object {
    pthread_mutex_t lock;
    long uses, room;
};

static pthread_mutex_t done_lock = PTHREAD_MUTEX_INITIALIZER;
static int n_done;
static struct object *object, *first, *table;
long seen;

static struct object *new_object(void)
{
    struct object *made = calloc(1, sizeof *made);

    CHECK(made && pthread_mutex_init(&made->lock, NULL) == 0);
    return made;
}

RACY static void use_object(void)
{
    pthread_mutex_lock(&object->lock);
    object->uses++;
    pthread_mutex_unlock(&object->lock);
}

RACY static void use_first(void)
{
    pthread_mutex_lock(&first->lock);
    first->uses++;
    pthread_mutex_unlock(&first->lock);
}

RACY static void use_table(void)
{
    pthread_mutex_lock(&table->lock);
    table->uses++;
    pthread_mutex_unlock(&table->lock);
}

RACY static void end_object(void)
{
    seen += object->uses;
}

RACY static void look_too_early(void)
{
    seen += first->uses;
}

RACY static void look_and_grow(void)
{
    seen += table->uses;
}

static void say_done(void)
{
    pthread_mutex_lock(&done_lock);
    n_done++;
    pthread_mutex_unlock(&done_lock);
}

/* By luck after all who were here before. */
static void pass_by(void)
{
    pthread_mutex_lock(&done_lock);
    pthread_mutex_unlock(&done_lock);
}

static void await_done(int n)
{
    int now = 0;

    while (now < n) {
        sched_yield();
        pthread_mutex_lock(&done_lock);
        now = n_done;
        pthread_mutex_unlock(&done_lock);
    }
}

static void use_all(void)
{
    for (int i = 0; i < 30; i++) {
        use_object();
        use_first();
        use_table();
    }
}

/* Relaxed, as all stages are: it orders nothing. */
static void *work(void *unused)
{
    use_all();
    say_done();
    await(1);
    pass_by();
    use_first();
    say_done();
    await(2);
    return unused;
}

int main(void)
{
    pthread_t one, other;

    object = new_object();
    first = new_object();
    table = new_object();
    CHECK(pthread_create(&one, NULL, work, NULL) == 0);
    CHECK(pthread_create(&other, NULL, work, NULL) == 0);
    await_done(2);
    end_object();
    free(object);
    look_too_early();
    look_and_grow();
    table = realloc(table, 100000);
    CHECK(table != NULL);
    pass_by();
    reach(1);
    await_done(4);
    free(first);
    reach(2);
    CHECK(pthread_join(one, NULL) == 0);
    CHECK(pthread_join(other, NULL) == 0);
    free(table);
    return 0;
}
