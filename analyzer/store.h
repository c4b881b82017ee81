/*
 * The files behind the modules of all processes of a model, and what was found in them. Holds a
 * limited number of files open, the ones used last. The symbolizer's own, like object.h.
 */
#ifndef LH_ANALYZER_STORE_H
#define LH_ANALYZER_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "object.h"
#include "pool.h"

struct lh_store;

/* What lies at an address of an object. The same few addresses are in many stacks. */
struct lh_place {
    struct {
        struct lh_object *object;
        uint64_t address;
    } key;
    size_t n; /* at least 1 once it is resolved */
    struct lh_frame *frames;
};

/* Names and places are put into the pool. Shared by counting: as many unrefs as new and refs. */
struct lh_store *lh_store_new(struct lh_pool *pool);
struct lh_store *lh_store_ref(struct lh_store *store);
void lh_store_unref(struct lh_store *store);

/* The object of a module, not open yet. NULL: out of memory. */
struct lh_object *lh_store_object(struct lh_store *store, const struct lh_module *module);
/* Open the object, at the price of another one if too many are open. */
void lh_store_use(struct lh_store *store, struct lh_object *object);

/* The place, perhaps one that waits to be resolved. NULL: out of memory. */
struct lh_place *lh_store_place(struct lh_store *store, struct lh_object *object, uint64_t address);
/* Find the frames of all places that wait. Returns 0 or -ENOMEM. */
int lh_store_resolve(struct lh_store *store);

#endif
