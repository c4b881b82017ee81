/*
 * Two objects whose methods hold the object's own recursive mutex and call the other object's.
 * Inside one object that is fine, as the mutex is recursive; between two it is a cycle.
 *
 * Expected: one lock-order-inversion.
 */
#include "handshake.h"

struct object {
    pthread_mutex_t lock;
    struct object *peer;
    int touched;
};

static struct object model, view;
static int model_is_done;

static void object_init(struct object *object, struct object *peer)
{
    pthread_mutexattr_t recursive;

    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&object->lock, &recursive);
    pthread_mutexattr_destroy(&recursive);
    object->peer = peer;
}

static void object_touch(struct object *object)
{
    pthread_mutex_lock(&object->lock); /* @touch */
    object->touched++;
    pthread_mutex_unlock(&object->lock);
}

static void object_change(struct object *object)
{
    pthread_mutex_lock(&object->lock); /* @change */
    object_touch(object);              /* once more the same lock */
    object_touch(object->peer);        /* and the other one inside it */
    pthread_mutex_unlock(&object->lock);
}

static void *change_model(void *unused)
{
    (void)unused;
    object_change(&model);
    reach_stage(&model_is_done, 1);
    return NULL;
}

static void *change_view(void *unused)
{
    (void)unused;
    await_stage(&model_is_done, 1);
    object_change(&view);
    return NULL;
}

int main(void)
{
    object_init(&model, &view);
    object_init(&view, &model);
    run_both(change_model, change_view);
    printf("model %d, view %d\n", model.touched, view.touched);
    return 0;
}
