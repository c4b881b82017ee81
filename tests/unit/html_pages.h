/*
 * Models for the tests of the HTML report: what is hostile, and what is big. The caller frees the
 * fixture.
 */
#ifndef LH_TESTS_HTML_PAGES_H
#define LH_TESTS_HTML_PAGES_H

#include "report_fixture.h"

/* Every name in it tries to get out of where it is put. */
struct fixture *page_of_hostile_names(void);
/* n inversions of n + 1 locks, between places of their own under a dozen common callers. */
struct fixture *page_of_findings(size_t n);
/* n lock classes in a graph with some inversions. */
struct fixture *page_of_classes(size_t n);
/* Stalls and misuse: threads that hold nothing, wait for no lock, join each other. */
struct fixture *page_of_odd_findings(void);
/* A run that was ended, with a baseline, suppressions, a stall, and an inversion across runs. */
struct fixture *page_of_a_judged_run(void);

#endif
