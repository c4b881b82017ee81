/*
 * Builds valid traces in memory, for tests that read them as they are or damage them first.
 * Runs out of memory by aborting: it is for tests only.
 */
#ifndef LH_TESTS_TRACE_BUILDER_H
#define LH_TESTS_TRACE_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "trace.h"

struct lh_builder;

struct lh_builder *lh_builder_new(void);
void lh_builder_free(struct lh_builder *builder);

/* All of these return the number by which the trace knows the new thing. */
uint32_t lh_build_stack(struct lh_builder *builder, uint32_t epoch, const uint64_t *pcs,
                        uint32_t count);
uint32_t lh_build_lock(struct lh_builder *builder, enum lh_lock_kind kind, uint32_t flags,
                       uint64_t addr, uint32_t birth_stack);
uint32_t lh_build_thread(struct lh_builder *builder, const char *name, enum lh_thread_state state);
uint32_t lh_build_segment(struct lh_builder *builder, uint32_t thread, const uint32_t *parents,
                          uint32_t count);
uint32_t lh_build_dep(struct lh_builder *builder, uint32_t lock, uint32_t stack,
                      const struct lh_trace_dep_held *held, uint16_t count);

uint32_t lh_build_lockset(struct lh_builder *builder, const struct lh_trace_dep_held *held,
                          uint32_t count);
uint32_t lh_build_block(struct lh_builder *builder, uint64_t addr, uint64_t size, uint32_t stack);

void lh_build_race(struct lh_builder *builder, const struct lh_trace_race *race);
void lh_build_seen(struct lh_builder *builder, uint32_t dep, uint32_t segment, uint64_t count);
void lh_build_thread_info(struct lh_builder *builder, uint32_t uid, const char *name,
                          uint64_t start_routine);
void lh_build_module(struct lh_builder *builder, uint32_t epoch, uint64_t start, uint64_t end,
                     const char *path);
void lh_build_unload(struct lh_builder *builder, uint32_t epoch, uint64_t start);
void lh_build_name(struct lh_builder *builder, uint32_t lock, const char *name);

/* Append a record with any content; body is what follows the record's header. Returns its offset.
 */
size_t lh_build_record(struct lh_builder *builder, uint8_t type, const void *body, size_t size);
/* Append an extent of any type and number of units. Returns its offset. */
size_t lh_build_extent(struct lh_builder *builder, uint16_t type, uint32_t units);

/* The thread's slot, the lock's slot: valid until the next lh_build_*(). */
struct lh_trace_thread *lh_builder_thread(struct lh_builder *builder, uint32_t uid);
struct lh_trace_lock *lh_builder_lock(struct lh_builder *builder, uint32_t index);
struct lh_trace_header *lh_builder_header(struct lh_builder *builder);
unsigned char *lh_builder_data(struct lh_builder *builder, size_t *ret_size);

/*
 * Two threads that took two mutexes in opposite order, with stacks, segments, a module and names:
 * everything that a small real trace has.
 */
struct lh_builder *lh_builder_inversion(void);

/* Write size bytes into a new temporary file and return its malloced path. */
char *lh_write_temporary(const void *data, size_t size);

#endif
