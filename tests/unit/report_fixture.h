/*
 * A model and findings made by hand, for the tests of reports. Names are kept as given: they must
 * outlive the fixture. Running out of memory or of room aborts the test.
 */
#ifndef LH_TESTS_REPORT_FIXTURE_H
#define LH_TESTS_REPORT_FIXTURE_H

#include <stdint.h>

#include "finding.h"
#include "model.h"
#include "report.h"

struct fixture {
    struct lh_model *model;
    struct lh_findings *findings;
    struct lh_process *process; /* the one that things are added to */
    struct lh_report report;    /* of the model and the findings */
    size_t room;                /* of each table of a process */
};

/* One process: pid 123, argv {"./bank"}, with room for `room` of everything. */
struct fixture *fixture_new(size_t room);
void fixture_free(struct fixture *fixture);
/* Another process; what follows is added to it. */
void fixture_process(struct fixture *fixture, uint32_t pid, const char *program);

struct lh_frame fixture_frame(const char *function, const char *file, int line);
/* A copy of the frames, innermost first. */
uint32_t fixture_stack(struct fixture *fixture, const struct lh_frame *frames, size_t n);
/* A stack of `function` at /src/bank.c:line, called by worker(), started by libc. */
uint32_t fixture_site(struct fixture *fixture, const char *function, int line);

uint32_t fixture_class(struct fixture *fixture, const char *name, uint8_t kind);
uint32_t fixture_lock(struct fixture *fixture, uint32_t class, const char *name);
/* A class with one lock of the same name; returns the lock. */
uint32_t fixture_mutex(struct fixture *fixture, const char *name);
void fixture_thread(struct fixture *fixture, uint32_t uid, uint32_t tid, const char *name);

/* A dependency that occurred `count` times; returns it, to be changed. */
struct lh_dep *fixture_dep(struct fixture *fixture, uint32_t held, uint32_t held_stack,
                           uint32_t wanted, uint32_t wanted_stack, uint64_t count);

/*
 * A cycle through n locks as an inversion: thread i+1 holds locks[i] and wants locks[i+1]. With
 * `filter` it goes to the filtered ones. Returns it, to be changed.
 */
struct lh_finding *fixture_cycle(struct fixture *fixture, const uint32_t *locks, size_t n,
                                 const uint32_t *stacks, enum lh_filter filter);
/* `n` times the same cycle of two mutexes, "a" and "b", filtered. */
void fixture_filtered(struct fixture *fixture, enum lh_filter filter, size_t n);
/* Two mutexes, two threads, both orders: "first" and "second", as a model and as a finding. */
struct lh_finding *fixture_inversion(struct fixture *fixture);

/*
 * Two threads that write 8 bytes of the variable `name` at once: thread 2 in withdraw without a
 * lock, thread 1 in deposit under the mutex "first", which is the guard.
 */
struct lh_finding *fixture_race(struct fixture *fixture, const char *name);

/*
 * A run that was ended after 2.5 s: the thread `waiter` (uid 2) holds `held` and waits for
 * `wanted`, thread 3 is in read(), and tid 99 is not recorded. Lives as long as the fixture.
 */
void fixture_timeout(struct fixture *fixture, uint32_t held, uint32_t wanted);

/* What a baseline and a list of suppressions leave; all must outlive the fixture. */
void fixture_gated(struct fixture *fixture, struct lh_finding *suppressed,
                   struct lh_known_finding *vanished, const char **unused);

/* What an output returns when the disk is full; 1: there is no /dev/full. */
int fixture_on_full_disk(int (*write)(const struct lh_report *report, FILE *out));

/* What an output writes; malloced. */
char *fixture_written(const struct fixture *fixture,
                      int (*write)(const struct lh_report *report, FILE *out));

#endif
