/* What threads counted beside the SEEN records, in COUNTS extents. */
#include <errno.h>
#include <stdlib.h>

#include "load.h"

struct pass {
    struct lh_counts *counts;
    size_t n, room; /* of a process that runs there may be more by the second pass */
};

static int each_count(struct lh_loader *loader, const struct lh_extent *extent, void *data)
{
    struct pass *pass = data;
    const uint64_t *seen;
    size_t lines;
    const struct lh_trace_counts *line = lh_reader_counts(extent, &lines, &seen);

    if (!line) {
        lh_reader_note(loader->reader, "the counts at byte %ju are cut off",
                       (uintmax_t)extent->offset);
        return 0;
    }
    for (size_t i = 0; i < lines * 4; i++) {
        uint64_t count = line[i / 4].counts[i % 4];
        if (!seen[i] || !count)
            continue;
        if (pass->counts->list && pass->n == pass->room)
            return 0;
        if (pass->counts->list)
            pass->counts->list[pass->n] = (struct lh_count){seen[i], count};
        pass->n++;
    }
    return 0;
}

static int by_key(const void *a, const void *b)
{
    uint64_t first = ((const struct lh_count *)a)->key, second = ((const struct lh_count *)b)->key;

    return (first > second) - (first < second);
}

/* Each key once. */
static void add_up(struct lh_counts *counts)
{
    size_t kept = 0;

    for (size_t i = 0; i < counts->n; i++) {
        if (kept > 0 && counts->list[kept - 1].key == counts->list[i].key)
            counts->list[kept - 1].count += counts->list[i].count;
        else
            counts->list[kept++] = counts->list[i];
    }
    counts->n = kept;
}

int lh_load_counts(struct lh_loader *loader, struct lh_counts *ret)
{
    struct pass pass = {.counts = ret};
    void *list;
    int r;

    *ret = (struct lh_counts){0};
    lh_load_each_extent(loader, LH_EXTENT_COUNTS, each_count, &pass);
    r = lh_load_array(loader, pass.n, sizeof(*ret->list), &list);
    if (r < 0 || pass.n == 0)
        return r;
    ret->list = list;
    pass.room = pass.n;
    pass.n = 0;
    lh_load_each_extent(loader, LH_EXTENT_COUNTS, each_count, &pass);
    ret->n = pass.n;
    qsort(ret->list, ret->n, sizeof(*ret->list), by_key);
    add_up(ret);
    return 0;
}

uint64_t lh_count_of(const struct lh_counts *counts, uint64_t key)
{
    const struct lh_count wanted = {.key = key}, *found;

    found = counts->n ? bsearch(&wanted, counts->list, counts->n, sizeof(wanted), by_key) : NULL;
    return found ? found->count : 0;
}
