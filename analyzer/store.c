#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "intern.h"

/* Each takes up to four descriptors (two of them libdebuginfod's); the usual limit is 1024. */
#define OPEN_MAX_OBJECTS 64

struct lh_store {
    unsigned int users;
    struct lh_pool *pool;
    struct lh_strings *strings;
    struct lh_map *by_file;  /* path, NUL, build-id: struct lh_object */
    struct lh_map *by_place; /* struct lh_place by its key */
    struct lh_object **objects;
    size_t n_objects, objects_capacity;
    struct lh_object *open[OPEN_MAX_OBJECTS]; /* used last comes first */
    size_t n_open;
    struct lh_place **waiting; /* to be resolved */
    size_t n_waiting, waiting_capacity;
};

struct lh_store *lh_store_new(struct lh_pool *pool)
{
    struct lh_store *store = calloc(1, sizeof(*store));

    if (!store)
        return NULL;
    store->users = 1;
    store->pool = pool;
    store->strings = lh_strings_new(pool);
    store->by_file = lh_map_new();
    store->by_place = lh_map_new();
    if (!store->strings || !store->by_file || !store->by_place) {
        lh_store_unref(store);
        return NULL;
    }
    return store;
}

struct lh_store *lh_store_ref(struct lh_store *store)
{
    store->users++;
    return store;
}

void lh_store_unref(struct lh_store *store)
{
    if (!store || --store->users > 0)
        return;
    for (size_t i = 0; i < store->n_objects; i++)
        lh_object_free(store->objects[i]);
    free(store->objects);
    free(store->waiting);
    lh_map_free(store->by_file);
    lh_map_free(store->by_place);
    lh_strings_free(store->strings);
    free(store);
}

/* ---- objects ---- */

static struct lh_object *add_object(struct lh_store *store, const struct lh_module *module,
                                    const char *key, size_t size)
{
    struct lh_object *object;

    if (lh_grow(&store->objects, &store->objects_capacity, store->n_objects + 1,
                sizeof(struct lh_object *)) < 0)
        return NULL;
    object = lh_object_new(store->strings, key, module->build_id, module->build_id_size);
    if (!object)
        return NULL;
    store->objects[store->n_objects++] = object;
    return lh_map_put(store->by_file, key, size, object) < 0 ? NULL : object;
}

struct lh_object *lh_store_object(struct lh_store *store, const struct lh_module *module)
{
    const char *path = module->path ? module->path : "";
    size_t path_size = strlen(path) + 1, size = path_size + module->build_id_size;
    char *key = lh_pool_alloc(store->pool, size);
    struct lh_object *object;

    if (!key)
        return NULL;
    memcpy(key, path, path_size);
    if (module->build_id_size)
        memcpy(key + path_size, module->build_id, module->build_id_size);
    object = lh_map_get(store->by_file, key, size);
    return object ? object : add_object(store, module, key, size);
}

static size_t position(const struct lh_store *store, const struct lh_object *object)
{
    size_t i = 0;

    while (i < store->n_open && store->open[i] != object)
        i++;
    return i;
}

void lh_store_use(struct lh_store *store, struct lh_object *object)
{
    size_t at = position(store, object);

    if (at == store->n_open) {
        if (store->n_open == OPEN_MAX_OBJECTS)
            lh_object_close(store->open[--store->n_open]);
        lh_object_open(object);
        if (object->unusable)
            return;
        at = store->n_open++;
    }
    memmove(&store->open[1], &store->open[0], at * sizeof(struct lh_object *));
    store->open[0] = object;
}

/* ---- places ---- */

static struct lh_place *add_place(struct lh_store *store, const struct lh_place *key)
{
    struct lh_place *place = lh_pool_copy(store->pool, key, sizeof(*key));

    if (!place || lh_grow(&store->waiting, &store->waiting_capacity, store->n_waiting + 1,
                          sizeof(struct lh_place *)) < 0)
        return NULL;
    if (lh_map_put(store->by_place, &place->key, sizeof(place->key), place) < 0)
        return NULL;
    store->waiting[store->n_waiting++] = place;
    return place;
}

struct lh_place *lh_store_place(struct lh_store *store, struct lh_object *object, uint64_t address)
{
    struct lh_place key = {.key = {object, address}};
    struct lh_place *place = lh_map_get(store->by_place, &key.key, sizeof(key.key));

    return place ? place : add_place(store, &key);
}

static int resolve(struct lh_store *store, struct lh_place *place)
{
    struct lh_frame *frames;
    size_t n;
    int r;

    lh_store_use(store, place->key.object);
    r = lh_object_frames(place->key.object, place->key.address, &frames, &n);
    if (r < 0)
        return r;
    place->frames = lh_pool_copy(store->pool, frames, n * sizeof(*frames));
    place->n = place->frames ? n : 0;
    free(frames);
    return place->frames ? 0 : -ENOMEM;
}

static int by_object_and_address(const void *a, const void *b)
{
    const struct lh_place *x = *(struct lh_place *const *)a, *y = *(struct lh_place *const *)b;

    if (x->key.object != y->key.object)
        return (uintptr_t)x->key.object < (uintptr_t)y->key.object ? -1 : 1;
    return (x->key.address > y->key.address) - (x->key.address < y->key.address);
}

int lh_store_resolve(struct lh_store *store)
{
    int r = 0;

    if (store->n_waiting)
        qsort(store->waiting, store->n_waiting, sizeof(*store->waiting), by_object_and_address);
    while (store->n_waiting > 0 && r == 0) {
        r = resolve(store, store->waiting[store->n_waiting - 1]);
        if (r == 0)
            store->n_waiting--;
    }
    return r;
}
