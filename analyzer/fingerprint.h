/*
 * Numbers that name a cycle whichever participant comes first. Used by the fingerprints that people
 * keep in baselines, and to tell within one run whether two cycles say the same thing.
 */
#ifndef LH_ANALYZER_FINGERPRINT_H
#define LH_ANALYZER_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "finding.h"

uint64_t lh_hash_bytes(uint64_t hash, const void *data, size_t size);
uint64_t lh_hash_text(uint64_t hash, const char *text);
uint64_t lh_hash_number(uint64_t hash, uint64_t number);
#define LH_HASH_START UINT64_C(0xcbf29ce484222325)

/*
 * Hash of a cyclic sequence: the same for all rotations, and for one that only repeats a shorter
 * one (five philosophers or three, the fault is the same).
 */
uint64_t lh_hash_cycle(const uint64_t *elements, size_t n);

/* Hash of the cyclic sequence of lock classes alone, without places. */
uint64_t lh_class_cycle(const struct lh_finding *finding);

#endif
