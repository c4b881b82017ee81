#include "fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyses.h"
#include "memory.h"
#include "plain_name.h"
#include "site.h"

#define FNV_PRIME UINT64_C(0x100000001b3) /* FNV-1a, 64 bits */

uint64_t lh_hash_bytes(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

/* With the NUL, so that "ab","c" differs from "a","bc". */
uint64_t lh_hash_text(uint64_t hash, const char *text)
{
    return lh_hash_bytes(hash, text ? text : "?", text ? strlen(text) + 1 : 2);
}

uint64_t lh_hash_number(uint64_t hash, uint64_t number)
{
    for (int shift = 0; shift < 64; shift += 8)
        hash = (hash ^ ((number >> shift) & 0xff)) * FNV_PRIME;
    return hash;
}

/* Where the lexicographically smallest rotation begins (two candidates race, linear time). */
static size_t smallest_rotation(const uint64_t *elements, size_t n)
{
    size_t one = 0, other = 1, same = 0;

    while (one < n && other < n && same < n) {
        uint64_t a = elements[(one + same) % n], b = elements[(other + same) % n];
        if (a == b) {
            same++;
            continue;
        }
        if (a > b)
            one += same + 1;
        else
            other += same + 1;
        if (one == other)
            other++;
        same = 0;
    }
    return one < other ? one : other;
}

/* The shortest sequence of which this one is a repetition. */
static size_t primitive_length(const uint64_t *elements, size_t n)
{
    for (size_t period = 1; period <= n / 2; period++) {
        size_t i = period;
        if (n % period)
            continue;
        while (i < n && elements[i] == elements[i - period])
            i++;
        if (i == n)
            return period;
    }
    return n;
}

uint64_t lh_hash_cycle(const uint64_t *elements, size_t n)
{
    uint64_t hash = LH_HASH_START;
    size_t length = primitive_length(elements, n);
    size_t first = n ? smallest_rotation(elements, length) : 0;

    for (size_t i = 0; i < length; i++)
        hash = lh_hash_number(hash, elements[(first + i) % length]);
    return hash;
}

/* Where no function is known, the module stands for it. */
static uint64_t hash_function(uint64_t hash, const struct lh_process *process, uint32_t stack)
{
    const struct lh_frame *frame = lh_site_frame(process, stack);
    const char *function = lh_site_function(process, stack);
    bool named = !frame || frame->function || !frame->module;
    char *plain = named ? lh_plain_name(function) : lh_plain_module(frame->module);

    hash = lh_hash_text(hash, plain && *plain ? plain : function);
    free(plain);
    return hash;
}

/* A lock that is known by its first use is of the class of who came first: a matter of timing. */
static uint64_t hash_class(uint64_t hash, const struct lh_process *process, uint32_t lock)
{
    const struct lh_class *class = lh_process_class(process, lock);

    return class->first_used ? lh_hash_number(hash, class->kind) : lh_hash_text(hash, class->key);
}

static uint64_t hash_place(uint64_t hash, const struct lh_process *process,
                           const struct lh_held *held)
{
    hash = hash_class(hash, process, held->lock);
    return hash_function(hash, process, held->stack);
}

static bool is_cyclic(const struct lh_finding *finding)
{
    return finding->kind == LH_KIND_DEADLOCK || finding->kind == LH_KIND_LOCK_ORDER_INVERSION;
}

static uint64_t hash_access(const struct lh_finding *finding, const struct lh_access *access)
{
    const struct lh_frame *frame = lh_site_frame(finding->process, access->stack);
    const char *function = lh_site_function(finding->process, access->stack);

    if (frame && !frame->function && frame->module)
        return hash_function(LH_HASH_START, finding->process, access->stack);
    return lh_hash_bytes(LH_HASH_START, function, lh_site_name_length(function));
}

/* In a cycle the one hold that closes it counts; elsewhere all that is held. */
static uint64_t hash_participant(const struct lh_finding *finding,
                                 const struct lh_participant *participant)
{
    uint64_t hash = LH_HASH_START;
    bool one = is_cyclic(finding) && participant->cycle_hold < participant->n_holds;

    if (participant->access) /* of a race: locks come and go, the place stays */
        return hash_access(finding, participant->access);
    for (size_t i = 0; i < participant->n_holds; i++)
        if (!one || i == participant->cycle_hold)
            hash = hash_place(hash, finding->process, &participant->holds[i]);
    hash = lh_hash_text(hash, "wants");
    if (participant->has_wants)
        hash = hash_place(hash, finding->process, &participant->wants);
    else if (participant->joins != LH_NO_THREAD)
        hash = hash_function(hash, finding->process, participant->wants.stack);
    return hash;
}

static int compare_numbers(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static uint64_t hash_participants(const struct lh_finding *finding)
{
    size_t n = finding->n_participants;
    uint64_t hash = LH_HASH_START, *parts = calloc(n ? n : 1, sizeof(*parts));

    if (!parts)
        return 0;
    for (size_t i = 0; i < n; i++)
        parts[i] = hash_participant(finding, &finding->participants[i]);
    if (is_cyclic(finding)) {
        hash = lh_hash_cycle(parts, n);
    } else {
        qsort(parts, n, sizeof(*parts), compare_numbers);
        for (size_t i = 0; i < n; i++)
            hash = lh_hash_number(hash, parts[i]);
    }
    free(parts);
    return hash;
}

/* Of what stands still only what keeps it so counts, each place once: how many threads have come
 * to it, and which others wait behind them, is a matter of timing. */
static uint64_t hash_roots(const struct lh_finding *finding)
{
    size_t n = finding->n_roots;
    uint64_t hash = LH_HASH_START, *parts = calloc(n, sizeof(*parts));

    if (!parts)
        return 0;
    for (size_t i = 0; i < n; i++)
        parts[i] = hash_place(LH_HASH_START, finding->process, &finding->participants[i].wants);
    qsort(parts, n, sizeof(*parts), compare_numbers);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || parts[i] != parts[i - 1])
            hash = lh_hash_number(hash, parts[i]);
    free(parts);
    return hash;
}

void lh_fingerprint(const struct lh_finding *finding, char ret[17])
{
    uint64_t hash = lh_hash_text(LH_HASH_START, lh_kind_name(finding->kind));

    hash =
        lh_hash_number(hash, finding->n_roots ? hash_roots(finding) : hash_participants(finding));
    if (finding->memory)
        hash = lh_memory_hash(hash, finding->process, finding->memory);
    if (finding->n_participants == 0)
        for (size_t i = 0; i < finding->n_locks; i++)
            hash = hash_class(hash, finding->process, finding->locks[i]);
    snprintf(ret, 17, "%016llx", (unsigned long long)hash);
}

uint64_t lh_class_cycle(const struct lh_finding *finding)
{
    uint64_t hash, *classes = calloc(finding->n_locks ? finding->n_locks : 1, sizeof(*classes));

    if (!classes)
        return 0;
    for (size_t i = 0; i < finding->n_locks; i++)
        classes[i] =
            lh_hash_text(LH_HASH_START, lh_process_class(finding->process, finding->locks[i])->key);
    hash = lh_hash_cycle(classes, finding->n_locks);
    free(classes);
    return hash;
}
