/*
 * Findings: what the analyses say and the reports print. DESIGN.md section 7 fixes the kinds and
 * the JSON names. A finding refers to the model by numbers; the model must outlive it.
 */
#ifndef LH_ANALYZER_FINDING_H
#define LH_ANALYZER_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model.h"

enum lh_kind {
#define KIND(name, text, help) LH_KIND_##name,
#include "kinds.def"
#undef KIND
    LH_KINDS,
};

enum lh_severity {
    LH_NOTE,    /* worth a look */
    LH_WARNING, /* can happen */
    LH_ERROR,   /* happened, or cannot be right */
    LH_SEVERITIES,
};

/* Why something is not reported. */
enum lh_filter {
#define FILTER(name, text, help) LH_FILTER_##name,
#include "filters.def"
#undef FILTER
    LH_FILTERS,
    LH_FILTER_NONE = LH_FILTERS,
    LH_CYCLE_FILTERS = LH_FILTER_CREATE_JOIN + 1, /* the first so many are about lock cycles */
};

/* The memory that the two accesses of a race have in common. */
struct lh_memory {
    uint64_t addr, size;
    const char *text; /* "account.balance (bank.c:12)", or which part of which block; never NULL */
    /* A variable; NULL: it is none that is known. */
    const char *name;   /* "accounts[3].balance" */
    const char *family; /* "accounts[].balance" */
    const char *file;   /* where the variable is declared; NULL when unknown */
    int line;
    const char *function; /* on a thread's stack, in the frame of this function; else NULL */
    const struct lh_block *block; /* NULL: in no heap block that is known */
    uint32_t guard;               /* lock that most accesses hold; LH_NO_LOCK: none is, or it has ended */
    const char *guarded;          /* "41,200 of 41,203 writes hold m (bank.c:3)"; NULL: no guard */
    const struct lh_race *race;   /* the counts */
};

#define LH_PIDS_MOST 1000

/* What a baseline says of a finding. */
enum lh_baseline_state {
    LH_BASELINE_NONE, /* there is no baseline */
    LH_BASELINE_NEW,
    LH_BASELINE_KNOWN,
};

/* One thread's part: in a cycle, participant i wants a lock that participant i+1 holds. */
struct lh_participant {
    uint32_t thread;       /* uid */
    uint32_t pid;          /* of the process that it was seen in; 0: that of the finding */
    struct lh_held *holds; /* oldest first */
    size_t n_holds;
    bool has_wants;
    struct lh_held wants;  /* without has_wants only `stack` counts: where it is */
    const char *want_verb; /* what it does to the lock; NULL: it wants it */
    uint32_t joins;        /* uid of the thread that it joins, LH_NO_THREAD: none */
    const char *why;       /* one line: why its wait does not end; NULL: nothing to say */
    /* Index in holds of the lock that the thread before wants; n_holds: it wants none of them. */
    uint32_t cycle_hold;
    const struct lh_access *access; /* what it does to the memory of a race; NULL: there is none */
};

struct lh_finding {
    enum lh_kind kind;
    enum lh_severity severity;
    const struct lh_process *process;
    char fingerprint[17]; /* 16 hexadecimal digits and NUL */
    const char *message;  /* one line, names the locks by class */
    const char *remedy; /* one line: what to change and where; NULL when there is nothing to say */
    struct lh_participant *participants;
    size_t n_participants;
    size_t n_roots;  /* stall and its like: the first so many wait for nobody who waits too */
    uint32_t *locks; /* lock indexes involved, in cycle order, no lock twice */
    size_t n_locks;
    const struct lh_memory *memory; /* that a race is about; NULL for other kinds */
    uint64_t places;    /* of a race: hash of the lines, which are not in the fingerprint; else 0 */
    uint64_t similar;   /* further cycles of the same classes and sites, in any process */
    size_t n_processes; /* in which it was seen; 0: in its own */
    const uint32_t *pids;  /* theirs, its own first: LH_PIDS_MOST of them at most; NULL: its own */
    bool across;           /* no single process showed all of it */
    bool timed;            /* a wait in it gives up after a while: it would pass, late */
    enum lh_filter filter; /* why it was filtered, LH_FILTER_NONE when it is a real finding */
    enum lh_baseline_state baseline;
    const char *reason;     /* why a known one may stay, as the baseline has it; NULL: not said */
    const char *suppressed; /* the suppression that took it out: "race:foo (x.supp:3)"; else NULL */
    bool fails;             /* it makes the exit status 66 */
};

/* A finding that only a file of ours tells of: a baseline, an earlier report. */
struct lh_known_finding {
    char fingerprint[17];
    enum lh_kind kind;
    enum lh_severity severity;
    const char *message; /* never NULL */
    const char *reason;  /* NULL: none was written */
};

struct lh_findings {
    struct lh_finding *items; /* worst severity first, shortest cycle first */
    size_t n_items, capacity;
    struct lh_finding *filtered; /* an example of each, for --all */
    size_t n_filtered, filtered_capacity;
    uint64_t filtered_count[LH_FILTERS]; /* how many were removed, by reason */
    struct lh_finding *suppressed;       /* what suppressions took out of items; in the pool */
    size_t n_suppressed;
    const char **unused_suppressions; /* "race:foo (x.supp:3)"; in the pool */
    size_t n_unused_suppressions;
    struct lh_known_finding *vanished; /* in the baseline, but not found; in the pool */
    size_t n_vanished;
    bool cut;             /* a bound ended the search: there may be more */
    const char *cut_text; /* one line saying which bound; NULL when not cut */
    struct lh_pool *pool; /* owns participants, messages, ... */
};

struct lh_findings *lh_findings_new(void);
void lh_findings_free(struct lh_findings *findings);

/* Append an empty finding. It is valid until the next one is added. NULL: out of memory. */
struct lh_finding *lh_findings_add(struct lh_findings *findings);
/*
 * The finding added last is filled in. One that tells the same of the same process as an earlier
 * one (at the same lines, if it is a race) is counted there as similar and taken out. -ENOMEM, and
 * it is taken out, when it has no message.
 */
int lh_findings_finish(struct lh_findings *findings);
struct lh_finding *lh_findings_add_filtered(struct lh_findings *findings, enum lh_filter filter);
/* The finding added last is filled in, and none for this reason. 0 or -ENOMEM. */
int lh_findings_filter_last(struct lh_findings *findings, enum lh_filter filter);

/* The names that the outside knows. */
const char *lh_kind_name(enum lh_kind kind);             /* "lock-order-inversion" */
const char *lh_kind_help(enum lh_kind kind);             /* one sentence */
int lh_kind_from_name(const char *name);                 /* -1: no such kind */
const char *lh_severity_name(enum lh_severity severity); /* "warning" */
const char *lh_filter_name(enum lh_filter filter);       /* "gate-lock" */
const char *lh_filter_help(enum lh_filter filter);       /* one sentence */

#endif
